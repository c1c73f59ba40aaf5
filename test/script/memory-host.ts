import { createHash } from 'node:crypto';
import { bulk, error, integer, NULL, OK, type Reply, simple } from '../../src/resp/reply.ts';
import type { ScriptHost } from '../../src/script/host.ts';

export function sha1Hex(bytes: string): string {
  return createHash('sha1').update(Buffer.from(bytes, 'latin1')).digest('hex');
}

/**
 * A host over a map: just enough of Redis for scripts to work with, with the replies that Redis
 * 7.0 gives inside scripts.
 */
export class MemoryHost implements ScriptHost {
  readonly redisVersion = '7.0.15';
  readonly values = new Map<string, string>();
  readonly logged: (readonly [level: number, message: string])[] = [];
  protocol: 2 | 3 = 2;

  call(args: readonly string[]): Reply {
    const [name = '', ...rest] = args;
    const command = commands.get(name.toLowerCase());
    if (command === undefined) return error('ERR Unknown Redis command called from script');
    if (rest.length < command.least || rest.length > command.most) {
      return error('ERR Wrong number of args calling Redis command from script');
    }
    return command.run(this, rest);
  }

  sha1Hex(bytes: string): string {
    return sha1Hex(bytes);
  }

  log(level: number, message: string): void {
    this.logged.push([level, message]);
  }

  setProtocol(protocol: 2 | 3): void {
    this.protocol = protocol;
  }
}

interface MemoryCommand {
  readonly least: number;
  readonly most: number;
  readonly run: (host: MemoryHost, args: readonly string[]) => Reply;
}

const any = Number.POSITIVE_INFINITY;

type Run = MemoryCommand['run'];

function command(name: string, least: number, most: number, run: Run): [string, MemoryCommand] {
  return [name, { least, most, run }];
}

const notInteger = error('ERR value is not an integer or out of range');

/** Nothing ends here by itself, but a time of zero takes the key away at once. */
const expire: Run = ({ values }, [key = '', time = '']) => {
  if (!/^-?(?:0|[1-9]\d{0,17})$/.test(time)) return notInteger;
  if (!values.has(key)) return integer(0);
  if (Number(time) <= 0) values.delete(key);
  return integer(1);
};

const set: Run = ({ values }, [key = '', value = '', ...options]) => {
  const words = options.map((option) => option.toUpperCase());
  const time = words.indexOf('PX');
  const [, ms] = time < 0 ? [] : words.splice(time, 2);
  if (time >= 0 && ms === undefined) return error('ERR syntax error');
  if (words.some((word) => word !== 'NX' && word !== 'XX')) return error('ERR syntax error');
  if (ms !== undefined && !/^-?\d+$/.test(ms)) return notInteger;
  if (ms !== undefined && Number(ms) <= 0) return error("ERR invalid expire time in 'set' command");
  if (words.includes('NX') && values.has(key)) return NULL;
  if (words.includes('XX') && !values.has(key)) return NULL;
  values.set(key, value);
  return OK;
};

const setAll: Run = ({ values }, args) => {
  const pairs = args.flatMap((key, at) =>
    at % 2 === 0 ? [[key, args[at + 1] ?? ''] as const] : [],
  );
  if (pairs.some(([key]) => values.has(key))) return integer(0);
  for (const [key, value] of pairs) values.set(key, value);
  return integer(1);
};

const increment: Run = ({ values }, [key = '']) => {
  const value = values.get(key) ?? '0';
  if (!/^-?(?:0|[1-9]\d{0,17})$/.test(value)) return notInteger;
  values.set(key, `${BigInt(value) + 1n}`);
  return integer(Number(value) + 1);
};

const remove: Run = ({ values }, keys) => integer(keys.filter((key) => values.delete(key)).length);

const commands: ReadonlyMap<string, MemoryCommand> = new Map([
  command('ping', 0, 1, (_, [text]) => (text === undefined ? simple('PONG') : bulk(text))),
  command('echo', 1, 1, (_, [text = '']) => bulk(text)),
  command('get', 1, 1, ({ values }, [key = '']) => valueReply(values.get(key))),
  command('set', 2, any, set),
  command('setnx', 2, 2, ({ values }, [key = '', value = '']) => {
    if (values.has(key)) return integer(0);
    values.set(key, value);
    return integer(1);
  }),
  command('msetnx', 2, any, setAll),
  command('mget', 1, any, ({ values }, keys) => {
    return { kind: 'array', items: keys.map((key) => valueReply(values.get(key))) };
  }),
  command('exists', 1, any, ({ values }, keys) => {
    return integer(keys.filter((key) => values.has(key)).length);
  }),
  command('del', 1, any, remove),
  command('unlink', 1, any, remove),
  command('strlen', 1, 1, ({ values }, [key = '']) => integer((values.get(key) ?? '').length)),
  command('getrange', 3, 3, ({ values }, [key = '', from, to]) => {
    return bulk((values.get(key) ?? '').slice(Number(from), Number(to) + 1));
  }),
  command('incr', 1, 1, increment),
  command('type', 1, 1, ({ values }, [key = '']) => simple(values.has(key) ? 'string' : 'none')),
  command('ttl', 1, 1, () => integer(-1)),
  command('pexpire', 2, 2, expire),
  command('expire', 2, 2, expire),
  command('select', 1, 1, (_, [db = '']) => {
    return /^\d+$/.test(db) ? OK : error('ERR value is not an integer or out of range');
  }),
]);

function valueReply(value: string | undefined): Reply {
  return value === undefined ? NULL : bulk(value);
}
