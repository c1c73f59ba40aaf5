import type { ByteString } from '../../src/base/byte-string.ts';
import type { Prng } from '../../src/base/prng.ts';

/** The few keys that random commands fall on. */
export const randomKeys: readonly ByteString[] = ['a', 'b', 'lock:1', '', '\x00\xff\r\n"', 'KEY'];

const values: readonly ByteString[] = [
  '',
  'x',
  '0',
  '1',
  '-1',
  '41',
  '9999',
  '10000',
  '9007199254740993',
  '9223372036854775806',
  '-9223372036854775808',
  '9223372036854775808',
  '\x00\x01\xfe\xff',
  'owner',
  'o'.repeat(44),
  'o'.repeat(45),
  'long'.repeat(300),
  '3.5',
  ' 7',
];

/** No small positive numbers: as a time they would let keys expire in the middle of a run. */
const junk: readonly ByteString[] = [
  '',
  '0',
  '-1',
  '-5',
  '+1',
  '-0',
  '007',
  ' 8',
  '1e3',
  'abc',
  '9223372036854775807',
  '9223372036854775808',
  '-9223372036854775808',
  '-9223372036854775809',
  '99999999999999999999',
  'NX',
  'xx',
  'Ex',
  'PX',
  'KEEPTTL',
  'GET',
  'PERSIST',
  'GT',
  'LT',
  'ASYNC',
  'string',
  '\xff\xfe',
];

/**
 * Random commands that redis-server 7.0 knows as well. Times lie far apart from each other and far
 * in the future (or in the past), so that the speed of either server does not matter.
 */
export class RandomCommands {
  readonly #prng: Prng;
  readonly #wallMs: number;
  #timeCount = 0;

  constructor(prng: Prng, wallMs: number) {
    this.#prng = prng;
    this.#wallMs = wallMs;
  }

  next(): readonly ByteString[] {
    const prng = this.#prng;
    let args = [...prng.pick(this.#shapes)()];
    if (prng.oneIn(12)) args = this.#spoil(args);
    if (prng.oneIn(4)) args[0] = this.#anyCase(args[0] ?? '');
    return args;
  }

  #spoil(args: readonly ByteString[]): ByteString[] {
    const prng = this.#prng;
    const at = prng.between(1, args.length);
    const kind = prng.below(3);
    if (kind === 0) return [...args.slice(0, at), ...args.slice(at + 1)];
    if (kind === 1) return [...args.slice(0, at), prng.pick(junk), ...args.slice(at)];
    return [...args.slice(0, at), prng.pick(junk), ...args.slice(at + 1)];
  }

  #anyCase(word: ByteString): ByteString {
    return [...word]
      .map((letter) => (this.#prng.oneIn(2) ? letter.toLowerCase() : letter.toUpperCase()))
      .join('');
  }

  #key = (): ByteString => this.#prng.pick(randomKeys);
  #value = (): ByteString => this.#prng.pick(values);

  /** Every time differs from all others by at least a quarter of an hour. */
  #far(): number {
    this.#timeCount += 1;
    return 10_000_000 + 1_000_000 * ((this.#timeCount * 7919) % 100_003);
  }

  /** A number for a relative time in ms or s, or now and then something else. */
  #relative = (): ByteString => (this.#prng.oneIn(8) ? this.#prng.pick(junk) : String(this.#far()));

  #absolute(msPerUnit: number): ByteString {
    const prng = this.#prng;
    if (prng.oneIn(8)) return prng.pick(junk);
    const ms = prng.oneIn(6) ? this.#wallMs - this.#far() : this.#wallMs + this.#far();
    return String(Math.floor(ms / msPerUnit));
  }

  #expiry(): readonly ByteString[] {
    const word = this.#prng.pick(['EX', 'PX', 'EXAT', 'PXAT', 'px', 'eX']);
    const absolute = word.endsWith('AT');
    const value = absolute ? this.#absolute(word === 'EXAT' ? 1000 : 1) : this.#relative();
    return [word, value];
  }

  #setOptions(): readonly ByteString[] {
    const prng = this.#prng;
    const parts: (readonly ByteString[])[] = [];
    if (prng.oneIn(2)) parts.push([prng.pick(['NX', 'XX', 'nx', 'Xx'])]);
    if (prng.oneIn(2)) parts.push(this.#expiry());
    if (prng.oneIn(4)) parts.push([prng.pick(['GET', 'get'])]);
    if (prng.oneIn(5)) parts.push(['KEEPTTL']);
    if (prng.oneIn(12)) parts.push(this.#expiry());
    if (prng.oneIn(20)) parts.push(['NX']);
    return parts.sort(() => prng.below(3) - 1).flat();
  }

  #expireOptions(): readonly ByteString[] {
    const prng = this.#prng;
    const count = prng.pick([0, 0, 0, 1, 1, 2]);
    return Array.from({ length: count }, () =>
      prng.pick(['NX', 'XX', 'GT', 'LT', 'gt', 'nX', 'foo']),
    );
  }

  #several(make: () => readonly ByteString[]): readonly ByteString[] {
    return Array.from({ length: this.#prng.between(1, 4) }, make).flat();
  }

  #withKey(...names: ByteString[]): (() => readonly ByteString[])[] {
    return names.map((name) => () => [name, this.#key()]);
  }

  #withKeys(...names: ByteString[]): (() => readonly ByteString[])[] {
    return names.map((name) => () => [name, ...this.#several(() => [this.#key()])]);
  }

  readonly #shapes: readonly (() => readonly ByteString[])[] = [
    () => ['SET', this.#key(), this.#value(), ...this.#setOptions()],
    () => ['SET', this.#key(), this.#value(), ...this.#setOptions()],
    () => ['SET', this.#key(), this.#value(), 'NX', 'PX', this.#relative()],
    () => ['SETNX', this.#key(), this.#value()],
    () => ['SETEX', this.#key(), this.#relative(), this.#value()],
    () => ['PSETEX', this.#key(), this.#relative(), this.#value()],
    () => ['GETSET', this.#key(), this.#value()],
    () => ['GETEX', this.#key(), ...this.#prng.pick([[], ['PERSIST'], this.#expiry()])],
    () => ['MSET', ...this.#several(() => [this.#key(), this.#value()])],
    () => ['MSETNX', ...this.#several(() => [this.#key(), this.#value()])],
    () => ['APPEND', this.#key(), this.#value()],
    () => ['GETRANGE', this.#key(), this.#offset(), this.#offset()],
    () => ['SUBSTR', this.#key(), this.#offset(), this.#offset()],
    () => ['INCRBY', this.#key(), this.#value()],
    () => ['DECRBY', this.#key(), this.#value()],
    () => ['RENAME', this.#key(), this.#key()],
    () => ['RENAMENX', this.#key(), this.#key()],
    () => ['EXPIRE', this.#key(), this.#relative(), ...this.#expireOptions()],
    () => ['PEXPIRE', this.#key(), this.#relative(), ...this.#expireOptions()],
    () => ['EXPIREAT', this.#key(), this.#absolute(1000), ...this.#expireOptions()],
    () => ['PEXPIREAT', this.#key(), this.#absolute(1), ...this.#expireOptions()],
    () => ['KEYS', this.#prng.pick(['*', 'a', '?', '[ab]', 'lock:*', '*K*', ''])],
    () => ['SCAN', this.#prng.pick(['0', '0', 'x', '-0', '']), ...this.#scanOptions()],
    () => [this.#prng.pick(['FLUSHDB', 'FLUSHALL']), ...this.#prng.pick([[], ['SYNC'], ['x']])],
    () => ['OBJECT', 'ENCODING', this.#key()],
    () => ['OBJECT', 'freq', this.#key()],
    () => ['OBJECT', this.#prng.pick(['IDLETIME', 'REFCOUNT']), this.#key()],
    () => ['MEMORY', 'USAGE', this.#key(), ...this.#prng.pick([[], ['SAMPLES', '0']])],
    () => [this.#prng.pick(['DBSIZE', 'RANDOMKEY'])],
    ...this.#withKey('GET', 'GETDEL', 'STRLEN', 'INCR', 'DECR', 'TTL', 'PTTL', 'GET', 'PERSIST'),
    ...this.#withKey('EXPIRETIME', 'PEXPIRETIME', 'TYPE', 'INCR'),
    ...this.#withKeys('MGET', 'DEL', 'UNLINK', 'EXISTS', 'TOUCH'),
  ];

  #offset = (): ByteString =>
    this.#prng.oneIn(10) ? this.#prng.pick(junk) : String(this.#prng.between(-50, 50));

  #scanOptions(): readonly ByteString[] {
    const prng = this.#prng;
    const options = [['COUNT', '1000']];
    if (prng.oneIn(3)) options.push(['match', prng.pick(['*', 'a*', 'lock:*'])]);
    if (prng.oneIn(3)) options.push(['TYPE', prng.pick(['string', 'STRING', 'list', 'x'])]);
    if (prng.oneIn(6)) options.push([prng.pick(['COUNT', 'FOO', 'MATCH'])]);
    if (prng.oneIn(8)) options.push(['count', prng.pick(['0', '-1', 'x'])]);
    return options.flat();
  }
}
