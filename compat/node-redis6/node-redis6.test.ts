import { describeConnection } from '../connection-contract.ts';
import { describeLockClient } from '../contract-suite.ts';
import { nodeRedis6 } from './adapter.ts';
import { nodeRedis6Connection } from './connection.ts';

describeLockClient(nodeRedis6, import.meta.url);
describeConnection(nodeRedis6Connection);
