import { describeDotnet } from './describe-dotnet.ts';

describeDotnet(
  {
    id: 'DistributedLockRedis',
    packageName: 'DistributedLock.Redis',
    protocol: 2,
    extendsByItself: true,
  },
  import.meta.url,
);
