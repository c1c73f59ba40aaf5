import { describeLockClient } from '../contract-suite.ts';
import { ioredis6 } from './adapter.ts';

describeLockClient(ioredis6, import.meta.url);
