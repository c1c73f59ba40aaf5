import { describeDotnet } from './describe-dotnet.ts';

describeDotnet(
  {
    id: 'StackExchangeRedis3',
    packageName: 'StackExchange.Redis',
    protocol: 3,
    otherProtocol: 2,
    choosesByVersion: true,
    isConnection: true,
  },
  import.meta.url,
);
