import { describeDotnet } from './describe-dotnet.ts';

describeDotnet(
  {
    id: 'RedLockNet',
    packageName: 'RedLock.net',
    protocol: 2,
    extendsByItself: true,
    storedKey: (name) => `redlock:${name}`,
  },
  import.meta.url,
);
