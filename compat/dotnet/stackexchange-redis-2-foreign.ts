import { describeDotnet } from './describe-dotnet.ts';

describeDotnet(
  {
    id: 'StackExchangeRedis2',
    packageName: 'StackExchange.Redis',
    protocol: 2,
    otherProtocol: 3,
    choosesByVersion: true,
    isConnection: true,
  },
  import.meta.url,
);
