import { describeLockClient } from '../contract-suite.ts';
import { redlock4 } from './adapter.ts';

describeLockClient(redlock4, import.meta.url);
