import { describeLockClient } from '../contract-suite.ts';
import { sesamecareRedlock } from './adapter.ts';

describeLockClient(sesamecareRedlock, import.meta.url);
