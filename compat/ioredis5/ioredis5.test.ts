import { describeLockClient } from '../contract-suite.ts';
import { ioredis5 } from './adapter.ts';

describeLockClient(ioredis5, import.meta.url);
