import { describeLockClient } from '../contract-suite.ts';
import { nodeRedis6 } from './adapter.ts';

describeLockClient(nodeRedis6, import.meta.url);
