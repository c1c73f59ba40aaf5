import { describeLockClient } from '../contract-suite.ts';
import { nodeRedisWarlock } from './adapter.ts';

describeLockClient(nodeRedisWarlock, import.meta.url);
