import { describeConnection } from '../connection-contract.ts';
import { describeLockClient } from '../contract-suite.ts';
import { nodeRedis5 } from './adapter.ts';
import { nodeRedis5Connection } from './connection.ts';

describeLockClient(nodeRedis5, import.meta.url);
describeConnection(nodeRedis5Connection);
