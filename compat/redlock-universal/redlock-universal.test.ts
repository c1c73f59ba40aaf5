import { describeLockClient } from '../contract-suite.ts';
import { redlockUniversal } from './adapter.ts';

describeLockClient(redlockUniversal, import.meta.url);
