import { describeDotnet } from './describe-dotnet.ts';

describeDotnet(
  { id: 'StackExchangeRedis1', packageName: 'StackExchange.Redis', protocol: 2 },
  import.meta.url,
);
