import { describeLockClient } from '../contract-suite.ts';
import { redisSemaphore } from './adapter.ts';

describeLockClient(redisSemaphore, import.meta.url);
