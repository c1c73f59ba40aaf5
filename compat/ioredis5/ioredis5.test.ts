import { describeConnection } from '../connection-contract.ts';
import { describeLockClient } from '../contract-suite.ts';
import { ioredis5 } from './adapter.ts';
import { ioredis5Connection } from './connection.ts';

describeLockClient(ioredis5, import.meta.url);
describeConnection(ioredis5Connection);
