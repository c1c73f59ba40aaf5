import { describeConnection } from '../connection-contract.ts';
import { describeLockClient } from '../contract-suite.ts';
import { ioredis6 } from './adapter.ts';
import { ioredis6Connection } from './connection.ts';

describeLockClient(ioredis6, import.meta.url);
describeConnection(ioredis6Connection);
