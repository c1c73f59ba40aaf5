import { describeLockClient } from '../contract-suite.ts';
import { nodeRedis4 } from './adapter.ts';

describeLockClient(nodeRedis4, import.meta.url);
