import { describeClusterClient } from '../cluster-suite.ts';
import { nodeRedisCluster } from './adapter.ts';

describeClusterClient(nodeRedisCluster);
