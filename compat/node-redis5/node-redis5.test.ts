import { describeLockClient } from '../contract-suite.ts';
import { nodeRedis5 } from './adapter.ts';

describeLockClient(nodeRedis5, import.meta.url);
