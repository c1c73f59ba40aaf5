import type { Prng } from '../../src/base/prng.ts';
import {
  anyCalls,
  formats,
  metamethods,
  numberCalls,
  numbers,
  patterns,
  statements,
  stringCalls,
  texts,
} from './generate-pieces.ts';

/**
 * Random scripts of Lua 5.1 that end by themselves: loops are bounded, nothing calls itself. Most
 * expressions have the type that their place wants; some do not, so that messages are compared
 * as well. Left out is what no script can rely on: the order of `pairs` over several keys,
 * addresses, the sequence of `math.random`.
 */
export function generateScript(prng: Prng): string {
  return new Generator(prng).script();
}

type Kind = 'number' | 'string' | 'boolean' | 'table' | 'function' | 'any';

/** The first letter of a variable tells what it usually holds. */
const kindByLetter: Readonly<Record<string, Kind>> = {
  n: 'number',
  s: 'string',
  b: 'boolean',
  t: 'table',
  f: 'function',
  a: 'any',
};
const letters = Object.keys(kindByLetter);

class Generator {
  readonly #prng: Prng;
  #scope: string[] = ['KEYS', 'ARGV'];
  #isVararg = true;
  #budget = 60;
  #loopCount = 0;

  constructor(prng: Prng) {
    this.#prng = prng;
  }

  script(): string {
    const lines: string[] = [];
    for (let left = this.#prng.between(2, 10); left > 0; left -= 1) {
      lines.push(`${this.#prng.oneIn(3) ? this.#statement(3) : this.#protected(3)};`);
    }
    const body = lines.join('\n');
    const result = this.#prng.oneIn(5) ? this.#expression('any', 2) : 'out';
    return `local out = {}\n${body}\nreturn ${result}`;
  }

  #statements(count: number, depth: number): string {
    const lines: string[] = [];
    for (let index = 0; index < count; index += 1) lines.push(`${this.#statement(depth)};`);
    return lines.join(this.#prng.oneIn(3) ? ' ' : '\n');
  }

  #block(depth: number): string {
    const { length } = this.#scope;
    const text = this.#statements(this.#prng.between(1, 3), depth);
    this.#scope.length = length;
    return text;
  }

  #statement(depth: number): string {
    switch (this.#prng.below(depth > 0 ? 16 : 8)) {
      case 0:
      case 1:
        return this.#local();
      case 2:
        return this.#assignment();
      case 3:
        return this.#fill(this.#prng.pick(statements), 1);
      case 4:
      case 5:
      case 6:
        return this.#note();
      case 7:
        return this.#multiple();
      case 8:
        return `if ${this.#expression('boolean', 2)} then ${this.#block(depth - 1)} end`;
      case 9:
        return this.#choice(depth);
      case 10:
        return this.#for(depth);
      case 11:
        return this.#while(depth);
      case 12:
        return `do ${this.#block(depth - 1)} end`;
      case 13:
        return this.#metatable();
      default:
        return this.#protected(depth);
    }
  }

  #choice(depth: number): string {
    const condition = this.#expression('any', 1);
    const [first, second] = [this.#block(depth - 1), this.#block(depth - 1)];
    return `if ${condition} then ${first} else ${second} end`;
  }

  /** Remembers a value for the reply. */
  #note(): string {
    const kind = this.#prng.pick(['number', 'string', 'any', 'boolean'] as const);
    const value = this.#expression(kind, 3);
    return kind === 'any' ? `out[#out + 1] = type(${value})` : `out[#out + 1] = tostring(${value})`;
  }

  /** An error inside ends neither the script nor the test of what follows. */
  #protected(depth: number): string {
    const outer = this.#isVararg;
    this.#isVararg = false;
    const body = this.#block(depth - 1);
    this.#isVararg = outer;
    const caught = 'out[#out + 1] = type(e) == "string" and e or type(e)';
    return `do local ok, e = pcall(function() ${body} end) ${caught} end`;
  }

  #local(): string {
    const letter = this.#prng.pick(letters);
    const name = letter + this.#prng.below(3);
    const value = this.#expression(kindByLetter[letter] ?? 'any', 3);
    this.#scope.push(name);
    return `local ${name} = ${value}`;
  }

  #assignment(): string {
    const name = this.#prng.pick(this.#scope);
    const kind = kindByLetter[name.charAt(0)] ?? 'any';
    if (kind === 'table') {
      const key = this.#prng.oneIn(2) ? '.k' : `[${this.#expression('number', 1)}]`;
      return `${name}${key} = ${this.#expression('any', 2)}`;
    }
    if (name === 'KEYS' || name === 'ARGV')
      return `${name}[${this.#prng.below(4)}] = ${this.#expression('string', 1)}`;
    return `${name} = ${this.#expression(kind, 2)}`;
  }

  #multiple(): string {
    const [first, second] = [this.#prng.pick(letters) + 3, this.#prng.pick(letters) + 4];
    const text = `local ${first}, ${second} = ${this.#list(2)}`;
    this.#scope.push(first, second);
    return `${text}; ${first}, ${second} = ${second}, ${first}`;
  }

  #for(depth: number): string {
    const heads = [
      'n9 = 1, 3',
      'n9 = 3, 1, -1',
      'n9 = 0, 1, 0.25',
      'n9 = "2", 4',
      'n9 = 1, 0',
      'n9, a9 in ipairs({N, S})',
      'n9, a9 in ipairs({A, A})',
      'a9, n9 in pairs({N})',
      's9 in (S):gmatch(P)',
      'a9, n9 in next, {N}',
      'n9 = N % 5, 3, 1',
    ];
    const head = this.#fill(this.#prng.pick(heads), 1);
    const { length } = this.#scope;
    this.#scope.push(...(head.match(/\b[a-z]9\b/g) ?? []));
    const body = this.#block(depth - 1);
    this.#scope.length = length;
    const exit = this.#prng.oneIn(5) ? ' if B then break end' : '';
    return `for ${head} do ${body}${this.#fill(exit, 1)} end`;
  }

  #while(depth: number): string {
    const body = this.#block(depth - 1);
    this.#loopCount += 1;
    const guard = `w${this.#loopCount}`;
    const step = `${guard} = ${guard} + 1`;
    const isEnough = `${guard} > 2 or ${this.#expression('boolean', 1)}`;
    return this.#prng.oneIn(2)
      ? `local ${guard} = 0; while ${guard} < 3 do ${step}; ${body} end`
      : `local ${guard} = 0; repeat ${step}; ${body} until ${isEnough}`;
  }

  #metatable(): string {
    const event = this.#prng.pick(metamethods);
    const handler = this.#prng.oneIn(4) ? this.#table(1) : this.#function(2);
    const text = `local t5 = setmetatable(${this.#table(1)}, {${event} = ${handler}})`;
    this.#scope.push('t5');
    return text;
  }

  #function(depth: number): string {
    const { length } = this.#scope;
    const outer = this.#isVararg;
    this.#isVararg = this.#prng.oneIn(2);
    const parameters = [`${this.#prng.pick(letters)}6`, `${this.#prng.pick(letters)}7`];
    this.#scope.push(...parameters);
    const body = depth > 1 ? this.#block(0) : '';
    const result = this.#list(this.#prng.between(0, 2));
    this.#scope.length = length;
    const list = [...parameters, ...(this.#isVararg ? ['...'] : [])].join(', ');
    this.#isVararg = outer;
    return `function(${list}) ${body} return ${result} end`;
  }

  #list(count: number): string {
    return this.#parts(count, 1).join(', ');
  }

  #parts(count: number, depth: number): string[] {
    const parts: string[] = [];
    for (let index = 0; index < count; index += 1) parts.push(this.#expression('any', depth));
    return parts;
  }

  #table(depth: number): string {
    const fields = this.#parts(this.#prng.below(4), depth);
    // One keyed field at most: the order of several is not promised.
    if (this.#prng.oneIn(3)) fields.unshift(`k = ${this.#expression('any', depth)}`);
    return `{${fields.join(', ')}}`;
  }

  /** Replaces the capital letters of a template by expressions of the kinds that they stand for. */
  #fill(template: string, depth: number): string {
    return template.replace(/\b[NSBTFAPXL]\b/g, (letter) => {
      switch (letter) {
        case 'P':
          return this.#prng.pick(patterns);
        case 'X':
          return this.#prng.pick(formats);
        case 'L':
          return this.#list(this.#prng.between(1, 2));
        case 'T':
          return `(${this.#expression('table', depth)})`;
        default:
          return `(${this.#expression(kindByLetter[letter.toLowerCase()] ?? 'any', depth)})`;
      }
    });
  }

  #expression(wanted: Kind, depth: number): string {
    this.#budget -= 1;
    const kind = this.#prng.oneIn(25) ? 'any' : wanted;
    const isLeaf = depth <= 0 || this.#budget < 0 || this.#prng.oneIn(4);
    if (this.#prng.oneIn(2) || (isLeaf && this.#prng.oneIn(2))) {
      const known = this.#scope.filter((name) => kindByLetter[name.charAt(0)] === kind);
      if (known.length > 0) return this.#prng.pick(known);
    }
    switch (kind) {
      case 'number':
        return isLeaf ? this.#prng.pick(numbers) : this.#number(depth - 1);
      case 'string':
        return isLeaf
          ? this.#prng.pick(texts)
          : this.#fill(this.#prng.pick(stringCalls), depth - 1);
      case 'boolean':
        return isLeaf ? this.#prng.pick(['true', 'false']) : this.#boolean(depth - 1);
      case 'table':
        return isLeaf
          ? this.#prng.pick(['{}', '{1, 2}', '{k = 5}', 'KEYS'])
          : this.#table(depth - 1);
      case 'function':
        return isLeaf
          ? this.#prng.pick(['tostring', 'type', 'string.upper'])
          : this.#function(depth - 1);
      case 'any':
        return isLeaf ? this.#leaf() : this.#any(depth - 1);
    }
  }

  #leaf(): string {
    const others = this.#isVararg ? ['nil', '...', 'true', 'ARGV'] : ['nil', 'false', 'cjson.null'];
    return this.#prng.pick([...others, this.#prng.pick(numbers), this.#prng.pick(texts)]);
  }

  #number(depth: number): string {
    if (this.#prng.oneIn(2)) return this.#fill(this.#prng.pick(numberCalls), depth);
    if (this.#prng.oneIn(6)) return this.#fill(this.#prng.pick(['N ^ 2', 'N ^ 0.5', '-N']), depth);
    return this.#fill(`N ${this.#prng.pick(['+', '-', '*', '/', '%'])} N`, depth);
  }

  #boolean(depth: number): string {
    const templates = [
      'N < N',
      'N <= N',
      'N > N',
      'N >= N',
      'S < S',
      'S <= S',
      'A == A',
      'A ~= A',
      'not A',
      'B and B',
      'B or A',
      'rawequal(A, A)',
      'A < A',
      'T == T',
    ];
    return this.#fill(this.#prng.pick(templates), depth);
  }

  #any(depth: number): string {
    const kinds: readonly Kind[] = ['number', 'string', 'boolean', 'table', 'function'];
    if (this.#prng.oneIn(3)) return this.#expression(this.#prng.pick(kinds), depth);
    return this.#fill(this.#prng.pick(anyCalls), depth);
  }
}
