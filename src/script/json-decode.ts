import { byteStringOfText } from '../base/byte-string.ts';
import type { LuaError } from './errors.ts';
import type { Machine } from './machine.ts';
import { numberOf } from './number-parse.ts';
import { LuaTable, tableBytes } from './table.ts';
import { type LuaValue, NULL_POINTER } from './value.ts';

type TokenKind =
  | 'T_OBJ_BEGIN'
  | 'T_OBJ_END'
  | 'T_ARR_BEGIN'
  | 'T_ARR_END'
  | 'T_STRING'
  | 'T_NUMBER'
  | 'T_BOOLEAN'
  | 'T_NULL'
  | 'T_COLON'
  | 'T_COMMA'
  | 'T_END'
  | 'T_ERROR';

interface JsonToken {
  readonly kind: TokenKind;
  readonly value: LuaValue;
  readonly start: number;
}

/** A table that is being read. */
interface Open {
  readonly table: LuaTable;
  readonly isArray: boolean;
  count: number;
  key: string;
}

/**
 * `cjson.decode` as lua-cjson 2.1 does it, with its messages. It takes more than JSON: numbers in
 * hexadecimal, `inf` and `nan`, raw control characters. Walks with a stack of its own.
 *
 * @throws LuaError
 */
export function decodeJson(machine: Machine, text: string): LuaValue {
  if (text.length >= 2 && text.lastIndexOf('\0', 1) >= 0) {
    throw machine.errorHere('JSON parser does not support UTF-16 or UTF-32');
  }
  const reader = new JsonReader(machine, text);
  return reader.read();
}

class JsonReader {
  readonly #machine: Machine;
  readonly #text: string;
  readonly #open: Open[] = [];
  #at = 0;

  constructor(machine: Machine, text: string) {
    this.#machine = machine;
    this.#text = text;
  }

  read(): LuaValue {
    let token = this.#next();
    for (;;) {
      let value = this.#begin(token);
      const opened = this.#open.at(-1);
      if (value instanceof LuaTable && opened !== undefined) {
        const first = this.#next();
        if (first.kind !== closingKind(opened)) {
          token = opened.isArray ? first : this.#readKey(opened, first);
          continue;
        }
        this.#open.pop();
      }
      for (;;) {
        const open = this.#open.at(-1);
        if (open === undefined) return this.#readEnd(value);
        this.#attach(open, value);
        const following = this.#next();
        if (following.kind === 'T_COMMA') {
          token = open.isArray ? this.#next() : this.#readKey(open, this.#next());
          break;
        }
        if (following.kind !== closingKind(open)) {
          const what = open.isArray ? 'comma or array end' : 'comma or object end';
          throw this.#expected(what, following);
        }
        this.#open.pop();
        value = open.table;
      }
    }
  }

  /** The value that a token begins; a table is left open. */
  #begin(token: JsonToken): LuaValue {
    this.#machine.step();
    switch (token.kind) {
      case 'T_STRING':
      case 'T_NUMBER':
      case 'T_BOOLEAN':
        return token.value;
      case 'T_NULL':
        return NULL_POINTER;
      case 'T_OBJ_BEGIN':
      case 'T_ARR_BEGIN':
        return this.#openTable(token.kind === 'T_ARR_BEGIN');
      default:
        throw this.#expected('value', token);
    }
  }

  #openTable(isArray: boolean): LuaTable {
    const depth = this.#open.length + 1;
    if (depth > this.#machine.json.decodeDepthMax) {
      throw this.#machine.errorHere(
        `Found too many nested data structures (${depth}) at character ${this.#at}`,
      );
    }
    this.#machine.allocate(tableBytes);
    const table = new LuaTable();
    this.#open.push({ table, isArray, count: 0, key: '' });
    return table;
  }

  #attach(open: Open, value: LuaValue): void {
    if (open.isArray) open.count += 1;
    const key = open.isArray ? open.count : open.key;
    this.#machine.allocate(open.table.set(key, value));
  }

  #readEnd(value: LuaValue): LuaValue {
    const token = this.#next();
    if (token.kind !== 'T_END') throw this.#expected('the end', token);
    return value;
  }

  /** Reads `"key":` and returns the token that begins the value. */
  #readKey(open: Open, token: JsonToken): JsonToken {
    if (token.kind !== 'T_STRING') throw this.#expected('object key string', token);
    open.key = `${token.value}`;
    const colon = this.#next();
    if (colon.kind !== 'T_COLON') throw this.#expected('colon', colon);
    return this.#next();
  }

  #next(): JsonToken {
    const before = this.#at;
    while (isSpace(this.#text.charCodeAt(this.#at))) this.#at += 1;
    const start = this.#at;
    this.#machine.step(tokenSteps + ((start - before) >>> 2));
    const symbol = this.#text.charAt(start);
    const punctuation = punctuationKinds.get(symbol);
    if (punctuation !== undefined) {
      this.#at += 1;
      return { kind: punctuation, value: undefined, start };
    }
    if (symbol === '' || symbol === '\0') return { kind: 'T_END', value: undefined, start };
    if (symbol === '"') return this.#readString(start);
    for (const [word, kind, value] of words) {
      if (this.#text.startsWith(word, start)) {
        this.#at += word.length;
        return { kind, value, start };
      }
    }
    const number = this.#readNumber();
    if (number === undefined) return errorToken('invalid token', start);
    if (number === 'invalid') return errorToken('invalid number', start);
    return { kind: 'T_NUMBER', value: number, start };
  }

  #readNumber(): number | 'invalid' | undefined {
    this.#machine.step(numberSteps);
    const rest = this.#text.slice(this.#at, this.#at + numberBytesMax);
    const match = numberShape.exec(rest);
    if (match === null) return /^[-+]/.test(rest) ? 'invalid' : undefined;
    const isLenient = this.#machine.json.decodeInvalidNumbers;
    if (!isLenient && lenientWord.test(match[0])) return undefined;
    if (!isLenient && lenientNumber.test(match[0])) {
      return 'invalid';
    }
    this.#at += match[0].length;
    return numberOf(match[0]);
  }

  #readString(start: number): JsonToken {
    const parts: string[] = [];
    let from = start + 1;
    let at = from;
    for (;;) {
      const symbol = this.#text.charAt(at);
      if (((at - start) & 15) === 15) this.#machine.step(stringStepsPer16Bytes);
      if (symbol === '') return errorToken('unexpected end of string', at);
      if (symbol === '"') break;
      if (symbol !== '\\') {
        at += 1;
        continue;
      }
      parts.push(this.#text.slice(from, at));
      this.#machine.step(escapeSteps);
      const escaped = this.#readEscape(at);
      if (typeof escaped === 'string') return errorToken(escaped, at);
      parts.push(escaped.text);
      at += escaped.length;
      from = at;
    }
    this.#at = at + 1;
    if (parts.length === 0) {
      return { kind: 'T_STRING', value: this.#machine.part(this.#text, from, at), start };
    }
    parts.push(this.#text.slice(from, at));
    return { kind: 'T_STRING', value: this.#machine.text(parts.join('')), start };
  }

  /** The bytes that an escape means, or what is wrong with it. */
  #readEscape(at: number): { readonly text: string; readonly length: number } | string {
    const letter = this.#text.charAt(at + 1);
    const simple = simpleEscapes.get(letter);
    if (simple !== undefined) return { text: simple, length: 2 };
    if (letter !== 'u') return 'invalid escape code';
    const first = this.#codeUnit(at);
    if (first === undefined) return 'invalid unicode escape code';
    if ((first & 0xf800) !== 0xd800) {
      return { text: byteStringOfText(String.fromCharCode(first)), length: 6 };
    }
    const second = this.#codeUnit(at + 6);
    if ((first & 0x400) !== 0 || second === undefined || (second & 0xfc00) !== 0xdc00) {
      return 'invalid unicode escape code';
    }
    return { text: byteStringOfText(String.fromCharCode(first, second)), length: 12 };
  }

  #codeUnit(at: number): number | undefined {
    const match = /^\\u([\da-fA-F]{4})/.exec(this.#text.slice(at, at + 6));
    return match?.[1] === undefined ? undefined : Number.parseInt(match[1], 16);
  }

  #expected(what: string, token: JsonToken): LuaError {
    const found = token.kind === 'T_ERROR' ? token.value : token.kind;
    return this.#machine.errorHere(
      `Expected ${what} but found ${found} at character ${token.start + 1}`,
    );
  }
}

/** Steps of a token, of a number beside that, of an escape, and of 16 bytes of a string. */
const tokenSteps = 6;
const numberSteps = 12;
const escapeSteps = 12;
const stringStepsPer16Bytes = 4;

const numberBytesMax = 400;
const hexadecimal = '0x[\\da-f]+(?:\\.[\\da-f]*)?(?:p[+-]?\\d+)?';
const decimal = '(?:\\d+\\.?\\d*|\\.\\d+)(?:e[+-]?\\d+)?';
const numberShape = new RegExp(
  `^(?=[-+\\din])[-+]?(?:${hexadecimal}|${decimal}|inf(?:inity)?|nan)`,
  'i',
);

/** Numbers that lua-cjson reads although JSON does not have them. */
const lenientNumber = /^(?:\+|-?(?:0[\dxX]|[iInN]))/;
const lenientWord = /^[iInN]/;

const punctuationKinds: ReadonlyMap<string, TokenKind> = new Map([
  ['{', 'T_OBJ_BEGIN'],
  ['}', 'T_OBJ_END'],
  ['[', 'T_ARR_BEGIN'],
  [']', 'T_ARR_END'],
  [':', 'T_COLON'],
  [',', 'T_COMMA'],
]);

const words: readonly (readonly [word: string, kind: TokenKind, value: LuaValue])[] = [
  ['true', 'T_BOOLEAN', true],
  ['false', 'T_BOOLEAN', false],
  ['null', 'T_NULL', undefined],
];

const simpleEscapes: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

/** A place in the text that is no token, and why; its reader says what it expected there. */
function errorToken(reason: string, start: number): JsonToken {
  return { kind: 'T_ERROR', value: reason, start };
}

function closingKind({ isArray }: Open): TokenKind {
  return isArray ? 'T_ARR_END' : 'T_OBJ_END';
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}
