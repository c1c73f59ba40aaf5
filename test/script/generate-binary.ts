import type { Prng } from '../../src/base/prng.ts';

/*
 * Random scripts for `struct` and `cmsgpack`. Traversal order is not that of Redis, so that maps
 * are packed with one key only, and shown with their keys sorted.
 */

/** Lua source of a value as text in which equal values look equal. */
export const showFunction = `local function show(v)
  if v ~= v then return 'nan' end
  if type(v) ~= 'table' then
    return type(v) == 'number' and ('%.17g'):format(v) or type(v) .. ':' .. tostring(v)
  end
  local parts = {}
  for key, item in pairs(v) do parts[#parts + 1] = show(key) .. '=' .. show(item) end
  table.sort(parts)
  return '{' .. table.concat(parts, ';') .. '}'
end
local function all(...)
  local parts = {select('#', ...)}
  for at = 1, select('#', ...) do parts[#parts + 1] = show((select(at, ...))) end
  return table.concat(parts, ' ')
end
`;

const integerLetters = ['b', 'B', 'h', 'H', 'l', 'L', 'T', 'i', 'I'];
const controls = ['<', '>', ' ', '!', '!1', '!2', '!4', '!8', '!16'];
const refused = ['z', '!3', 'i33', '?', '9', 'c99999999999', '!0'];

interface Field {
  readonly format: string;
  /** The argument that it packs, as source; undefined if it packs none. */
  readonly argument: string | undefined;
}

/** Packs a random format, tells its size, and unpacks the result from some offset on. */
export function structScript(prng: Prng): string {
  const fields = Array.from({ length: prng.below(8) }, () => field(prng));
  const format = `"${fields.map((each) => each.format).join('')}"`;
  const values = fields.flatMap(({ argument }) => argument ?? []);
  const packed = `struct.pack(${[format, ...values].join(', ')})`;
  const offset = prng.oneIn(3) ? `, ${prng.between(-3, 12)}` : '';
  switch (prng.below(4)) {
    case 0:
      return `return ${packed}`;
    case 1:
      return `return struct.size(${format})`;
    case 2:
      return `${showFunction}return all(struct.unpack(${format}, ${bytes(prng, 40)}${offset}))`;
    default:
      return `${showFunction}return all(struct.unpack(${format}, ${packed}${offset}))`;
  }
}

function field(prng: Prng): Field {
  if (prng.oneIn(30)) return { format: prng.pick(refused), argument: number(prng) };
  switch (prng.below(7)) {
    case 0:
      return { format: prng.pick(controls), argument: undefined };
    case 1:
      return { format: 'x', argument: undefined };
    case 2:
      return { format: prng.pick(['f', 'd']), argument: number(prng) };
    case 3:
      return { format: prng.pick(['s', 'c0', 'c', 'c3', 'c20']), argument: bytes(prng, 30) };
    case 4:
      return { format: `${prng.pick(['i', 'I'])}${prng.below(33)}`, argument: number(prng) };
    default:
      return { format: prng.pick(integerLetters), argument: number(prng) };
  }
}

function number(prng: Prng): string {
  switch (prng.below(7)) {
    case 0:
      return `${prng.between(-40, 300)}`;
    case 1:
      return `${prng.pick(['-', ''])}2^${prng.below(66)}${prng.pick(['', '+1', '-1', '+0.5'])}`;
    case 2:
      return `${prng.u32() - prng.u32()}`;
    case 3:
      return `${prng.u32() / (prng.below(1000) + 1)}`;
    case 4:
      return `${prng.between(-9, 9)}e${prng.between(-320, 308)}`;
    case 5:
      return prng.pick(['1/0', '-1/0', '"12"', '" 0x1f "', '0', '0.5', '0.1']);
    default:
      return prng.oneIn(10) ? prng.pick(['nil', '{}', '"x"', 'true']) : `${prng.below(128)}`;
  }
}

/** A string literal of random bytes, most of them small. */
function bytes(prng: Prng, countMax: number): string {
  const count = prng.below(countMax + 1);
  const code = () => (prng.oneIn(2) ? prng.below(256) : prng.below(4));
  return `"${Array.from({ length: count }, () => `\\${`${code()}`.padStart(3, '0')}`).join('')}"`;
}

/** Packs random values, or unpacks random bytes and packed values that were changed somewhere. */
export function messagePackScript(prng: Prng): string {
  const values = Array.from({ length: prng.between(1, 3) }, () => value(prng, 4)).join(', ');
  switch (prng.below(4)) {
    case 0:
      return `return cmsgpack.pack(${values})`;
    case 1:
      return `${showFunction}return all(cmsgpack.unpack(cmsgpack.pack(${values})))`;
    case 2: {
      const from = prng.below(30);
      const changed = `p:sub(1, ${from}) .. ${bytes(prng, 2)} .. p:sub(${from + prng.below(3)})`;
      return `${showFunction}local p = cmsgpack.pack(${values}) return ${unpacked(prng, changed)}`;
    }
    default:
      return `${showFunction}return ${unpacked(prng, heads(prng))}`;
  }
}

function unpacked(prng: Prng, data: string): string {
  const offset = prng.between(-1, 6);
  const calls = [
    `cmsgpack.unpack(${data})`,
    `cmsgpack.unpack_one(${data})`,
    `cmsgpack.unpack_one(${data}, ${offset})`,
    `cmsgpack.unpack_limit(${data}, ${prng.between(-1, 4)})`,
    `cmsgpack.unpack_limit(${data}, ${prng.between(-1, 4)}, ${offset})`,
  ];
  return `all(${prng.pick(calls)})`;
}

/** Bytes among which those are frequent that begin a value of a form of its own. */
function heads(prng: Prng): string {
  const code = () =>
    prng.pick([prng.between(0x80, 0x84), prng.between(0x90, 0x94), prng.between(0xc0, 0xdf), 0xa2]);
  const any = () => (prng.oneIn(2) ? code() : prng.below(prng.oneIn(3) ? 256 : 4));
  const count = prng.below(30);
  return `"${Array.from({ length: count }, () => `\\${`${any()}`.padStart(3, '0')}`).join('')}"`;
}

function value(prng: Prng, depth: number): string {
  const list = (count: number) =>
    Array.from({ length: count }, () => value(prng, depth - 1)).join(', ');
  switch (prng.below(depth > 0 ? 9 : 6)) {
    case 0:
      return prng.pick(['true', 'false', 'nil', 'cjson.null', 'tostring']);
    case 1:
      return bytes(prng, 40);
    case 2:
      return `("a"):rep(${prng.below(300)})`;
    case 3:
    case 4:
    case 5:
      return plainNumber(prng);
    case 6:
      return `{${list(prng.below(prng.oneIn(5) ? 20 : 4))}}`;
    case 7:
      return `{[${key(prng, depth - 1)}] = ${value(prng, depth - 1)}}`;
    default:
      return `{{${list(2)}}, {[${key(prng, depth - 1)}] = ${value(prng, depth - 1)}}}`;
  }
}

function plainNumber(prng: Prng): string {
  const text = number(prng);
  return /^[{"nt]/.test(text) ? '7' : text;
}

function key(prng: Prng, depth: number): string {
  const source = value(prng, depth);
  return source === 'nil' || source.includes('tostring') ? '"key"' : source;
}
