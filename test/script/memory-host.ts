import { createHash } from 'node:crypto';
import { bulk, bulks, error, integer, NULL, OK, type Reply, simple } from '../../src/resp/reply.ts';
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

const commands: ReadonlyMap<string, MemoryCommand> = new Map([
  [
    'ping',
    { least: 0, most: 1, run: (_, [text]) => (text === undefined ? simple('PONG') : bulk(text)) },
  ],
  ['echo', { least: 1, most: 1, run: (_, [text = '']) => bulk(text) }],
  ['get', { least: 1, most: 1, run: ({ values }, [key = '']) => valueReply(values.get(key)) }],
  ['set', { least: 2, most: any, run: set }],
  [
    'mget',
    {
      least: 1,
      most: any,
      run: ({ values }, keys) => {
        return { kind: 'array', items: keys.map((key) => valueReply(values.get(key))) };
      },
    },
  ],
  [
    'exists',
    {
      least: 1,
      most: any,
      run: ({ values }, keys) => {
        return integer(keys.filter((key) => values.has(key)).length);
      },
    },
  ],
  [
    'del',
    {
      least: 1,
      most: any,
      run: ({ values }, keys) => {
        return integer(keys.filter((key) => values.delete(key)).length);
      },
    },
  ],
  [
    'strlen',
    { least: 1, most: 1, run: ({ values }, [key = '']) => integer((values.get(key) ?? '').length) },
  ],
  ['incr', { least: 1, most: 1, run: increment }],
  [
    'type',
    {
      least: 1,
      most: 1,
      run: ({ values }, [key = '']) => simple(values.has(key) ? 'string' : 'none'),
    },
  ],
  ['keys', { least: 1, most: 1, run: ({ values }) => bulks([...values.keys()].sort()) }],
]);

function valueReply(value: string | undefined): Reply {
  return value === undefined ? NULL : bulk(value);
}

function set({ values }: MemoryHost, [key = '', value = '', ...options]: readonly string[]): Reply {
  const words = options.map((option) => option.toUpperCase());
  if (words.some((word) => word !== 'NX' && word !== 'XX')) return error('ERR syntax error');
  if (words.includes('NX') && values.has(key)) return NULL;
  if (words.includes('XX') && !values.has(key)) return NULL;
  values.set(key, value);
  return OK;
}

function increment({ values }: MemoryHost, [key = '']: readonly string[]): Reply {
  const value = values.get(key) ?? '0';
  if (!/^-?(?:0|[1-9]\d{0,17})$/.test(value)) {
    return error('ERR value is not an integer or out of range');
  }
  values.set(key, `${BigInt(value) + 1n}`);
  return integer(Number(value) + 1);
}
