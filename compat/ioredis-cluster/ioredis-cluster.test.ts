import { describeClusterClient } from '../cluster-suite.ts';
import { ioredisCluster } from './adapter.ts';

describeClusterClient(ioredisCluster);
