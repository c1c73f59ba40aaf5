import { describeLockClient } from '../contract-suite.ts';
import { microfleetIoredisLock } from './adapter.ts';

describeLockClient(microfleetIoredisLock, import.meta.url);
