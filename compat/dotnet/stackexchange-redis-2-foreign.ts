import { describeDotnet } from './describe-dotnet.ts';

describeDotnet(
  { id: 'StackExchangeRedis2', packageName: 'StackExchange.Redis', protocol: 2 },
  import.meta.url,
);
