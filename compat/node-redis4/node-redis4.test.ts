import { describeConnection } from '../connection-contract.ts';
import { describeLockClient } from '../contract-suite.ts';
import { nodeRedis4 } from './adapter.ts';
import { nodeRedis4Connection } from './connection.ts';

describeLockClient(nodeRedis4, import.meta.url);
describeConnection(nodeRedis4Connection);
