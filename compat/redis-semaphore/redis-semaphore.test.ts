import { describeLockClient } from '../contract-suite.ts';
import { redisSemaphore, redisSemaphoreRefreshing } from './adapter.ts';

describeLockClient(redisSemaphore, import.meta.url);
describeLockClient(redisSemaphoreRefreshing, import.meta.url, {
  listing: 'refreshing-commands.txt',
});
