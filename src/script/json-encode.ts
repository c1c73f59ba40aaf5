import type { LuaError } from './errors.ts';
import type { Machine } from './machine.ts';
import { formatGeneral } from './number-format.ts';
import { writeNumberSteps } from './operations.ts';
import { LuaTable } from './table.ts';
import { LightUserdata, type LuaValue, typeName } from './value.ts';

/** A table that is being written: its fields still to come, and what closes it. */
interface Open {
  readonly table: LuaTable;
  readonly depth: number;
  /** The number of the last array element; undefined for an object. */
  readonly lastIndex: number | undefined;
  at: number;
  isFirst: boolean;
}

/**
 * `cjson.encode` as lua-cjson 2.1 does it: a table whose keys are all positive integers is an
 * array, unless too sparse; any other is an object. Walks with a stack of its own.
 *
 * @throws LuaError
 */
export function encodeJson(machine: Machine, value: LuaValue): string {
  const writer = new JsonWriter(machine);
  writer.write(value);
  return writer.text;
}

/** Steps of a value, of a whole number beside that, and of an escape. */
const valueSteps = 6;
const integerSteps = 30;
const escapeSteps = 6;

class JsonWriter {
  readonly #machine: Machine;
  readonly #parts: string[] = [];
  readonly #open: Open[] = [];

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  get text(): string {
    return this.#parts.join('');
  }

  write(value: LuaValue): void {
    this.#writeValue(value);
    for (let open = this.#open.at(-1); open !== undefined; open = this.#open.at(-1)) {
      if (open.lastIndex === undefined) this.#writeField(open);
      else this.#writeElement(open, open.lastIndex);
    }
  }

  #writeElement(open: Open, lastIndex: number): void {
    if (open.at >= lastIndex) {
      this.#put(']');
      this.#open.pop();
      return;
    }
    if (open.at > 0) this.#put(',');
    open.at += 1;
    this.#writeValue(open.table.get(open.at));
  }

  #writeField(open: Open): void {
    open.at = open.table.nextPosition(open.at);
    if (open.at === 0) {
      this.#put('}');
      this.#open.pop();
      return;
    }
    if (!open.isFirst) this.#put(',');
    open.isFirst = false;
    const key = open.table.keyAt(open.at);
    if (typeof key === 'number') {
      this.#put(`"${this.#number(key)}":`);
    } else if (typeof key === 'string') {
      this.#put(`${this.#quoted(key)}:`);
    } else {
      throw this.#fault(key, 'table key must be a number or string');
    }
    this.#writeValue(open.table.valueAt(open.at));
  }

  #writeValue(value: LuaValue): void {
    this.#machine.step(valueSteps);
    if (value === undefined || value instanceof LightUserdata) this.#put('null');
    else if (typeof value === 'boolean') this.#put(value ? 'true' : 'false');
    else if (typeof value === 'number') this.#put(this.#number(value));
    else if (typeof value === 'string') this.#put(this.#quoted(value));
    else if (value instanceof LuaTable) this.#openTable(value);
    else throw this.#fault(value, 'type not supported');
  }

  #openTable(table: LuaTable): void {
    const depth = this.#open.length + 1;
    if (depth > this.#machine.json.encodeDepthMax) {
      throw this.#machine.errorHere(`Cannot serialise, excessive nesting (${depth})`);
    }
    const lastIndex = this.#arrayLength(table);
    this.#put(lastIndex === undefined ? '{' : '[');
    this.#open.push({ table, depth, lastIndex, at: 0, isFirst: true });
  }

  /** The length of the array that a table is; undefined for an object and for an empty table. */
  #arrayLength(table: LuaTable): number | undefined {
    const { sparseRatio, sparseSafe, sparseConvert } = this.#machine.json;
    this.#machine.step(table.placeCount);
    let largest = 0;
    let count = 0;
    for (let at = table.nextPosition(0); at !== 0; at = table.nextPosition(at)) {
      const key = table.keyAt(at);
      if (typeof key !== 'number' || key < 1 || !Number.isInteger(key)) return undefined;
      if (key > largest) largest = key;
      count += 1;
    }
    if (sparseRatio > 0 && largest > count * sparseRatio && largest > sparseSafe) {
      if (sparseConvert) return undefined;
      throw this.#fault(table, 'excessively sparse array');
    }
    return largest === 0 ? undefined : largest;
  }

  #number(value: number): string {
    if (!Number.isFinite(value)) {
      const allowed = this.#machine.json.encodeInvalidNumbers;
      if (allowed === false) throw this.#fault(value, 'must not be NaN or Inf');
      if (allowed === 'null') return 'null';
    }
    this.#machine.step(Number.isSafeInteger(value) ? integerSteps : writeNumberSteps);
    return formatGeneral(value, this.#machine.json.numberPrecision, false);
  }

  #quoted(value: string): string {
    this.#machine.stepBytes(value.length);
    return `"${value.replace(escaped, (symbol) => this.#escape(symbol))}"`;
  }

  #escape(symbol: string): string {
    this.#machine.step(escapeSteps);
    return escapes.get(symbol) ?? unicode(symbol);
  }

  #put(text: string): void {
    this.#machine.allocate(text.length);
    this.#parts.push(text);
  }

  #fault(value: LuaValue, reason: string): LuaError {
    return this.#machine.errorHere(`Cannot serialise ${typeName(value)}: ${reason}`);
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON escapes exactly these.
const escaped = /[\0-\x1f"\\/\x7f]/g;

const escapes: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['/', '\\/'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

function unicode(symbol: string): string {
  return `\\u${symbol.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
