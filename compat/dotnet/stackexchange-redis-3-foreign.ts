import { describeDotnet } from './describe-dotnet.ts';

describeDotnet(
  { id: 'StackExchangeRedis3', packageName: 'StackExchange.Redis', protocol: 3 },
  import.meta.url,
);
