import { describeLockClient } from '../contract-suite.ts';
import { redlock5 } from './adapter.ts';

describeLockClient(redlock5, import.meta.url);
