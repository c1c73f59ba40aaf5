/** One request as RESP sends it; each character is a byte. */
export function requestOf(args: readonly string[]): string {
  const bulks = args.map((argument) => `$${argument.length}\r\n${argument}\r\n`);
  return `*${args.length}\r\n${bulks.join('')}`;
}

/**
 * The compare-and-delete script that Redis' own page on distributed locks gives its readers, in
 * one of the spellings that lock libraries send.
 */
export const releaseScript =
  'if redis.call("get",KEYS[1]) == ARGV[1] then return redis.call("del",KEYS[1]) else return 0 end';
