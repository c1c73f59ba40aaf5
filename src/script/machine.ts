import { type ByteString, bytesOf } from '../base/byte-string.ts';
import { type Code, TAIL_CALL } from './code.ts';
import type { Globals } from './emitter.ts';
import { LimitReached, LuaError } from './errors.ts';
import { Frame } from './frame.ts';
import type { ScriptHost, ScriptLimits } from './host.ts';
import { JsonSettings } from './json-settings.ts';
import { Lrand48 } from './lrand48.ts';
import { liveBytes } from './memory.ts';
import { chunkOf, type Site } from './site.ts';
import { arrayPlaceBytes, LuaTable, tableBytes } from './table.ts';
import { Cell, type LuaFunction, type LuaValue, NOTHING } from './value.ts';

export interface MachineOptions {
  readonly host: ScriptHost;
  readonly limits: ScriptLimits;
  readonly protocol: 2 | 3;
  readonly keys: readonly ByteString[];
  readonly argv: readonly ByteString[];
  readonly environment: Environment;
}

/** What all runs share; a script can change none of it. */
export interface Environment {
  readonly globals: Globals;
  /** The metatable of all strings. */
  readonly stringMetatable: LuaTable;
  readonly makeRedisTable: (machine: Machine) => LuaTable;
  /** Makes `_G` for one run. */
  readonly makeGlobalTable: (machine: Machine) => LuaTable;
}

/** A place on the stack to which a caught error returns. */
export interface StackMark {
  readonly frame: Frame | undefined;
  readonly depth: number;
  readonly stackUnits: number;
}

/**
 * How many closures may nest on JavaScript's stack. Its default size is 984 KiB and a closure
 * takes up to some 200 bytes of it; measured by test/script/stack.test.ts.
 */
const stackUnitsMax = 2_600;

/** What a function of ours that calls back takes of JavaScript's stack, in closures. */
const nativeStackUnits = 8;

/** Where a function of ours is while it calls back; errors of what it calls say so. */
const nativeSite: Site = { chunk: chunkOf('=[C]'), line: -1, callee: undefined };

/** Steps of an error that is caught, of a metamethod, of a closure to unwind, of a call by ours. */
const caughtErrorSteps = 120;
const metamethodSteps = 4;
const unwoundUnitSteps = 12;
const nativeFrameSteps = 6;

/** Steps of writing an address. */
const addressSteps = 8;

/** V8 shares the bytes of parts from this length on (`SlicedString::kMinLength`). */
const sharedPartBytesMin = 13;
/** Steps of the copy of a part, beside those of its bytes. */
const copySteps = 14;

/** Arguments beyond this count are copied at a counted price. */
export const manyValues = 16;

/** Estimates of what V8 allocates, in bytes. */
export const stringBytes = 24;
export const functionBytes = 64;
const addressBytes = 64;

/**
 * One run of one script: its counters, its stack of frames, and the state of the libraries that
 * a script can change. Nothing of it survives the run.
 */
export class Machine {
  readonly host: ScriptHost;
  readonly limits: ScriptLimits;
  readonly keys: LuaTable;
  readonly argv: LuaTable;
  readonly environment: Environment;
  readonly random = new Lrand48();
  readonly json = new JsonSettings();
  protocol: 2 | 3;
  stepCount = 0;
  readonly stepCountMax: number;
  /** Bytes allocated since the start; what of them is still held is found out by `memory`. */
  allocatedBytes = 0;
  /** Bytes held outside the script's values: the reply that is being made, addresses. */
  retainedBytes = 0;
  frame: Frame | undefined = undefined;
  /** The function and the arguments of a pending tail call. */
  tailFunction: LuaFunction | undefined = undefined;
  tailArguments: LuaValue[] = NOTHING;
  #globalTable: LuaTable | undefined = undefined;
  readonly #addresses = new Map<object, number>();
  #collectAtBytes: number;
  #depth = 0;
  #stackUnits = 0;

  constructor(options: MachineOptions) {
    this.host = options.host;
    this.limits = options.limits;
    this.protocol = options.protocol;
    this.stepCountMax = options.limits.stepCountMax;
    this.#collectAtBytes = options.limits.bytesMax;
    this.keys = LuaTable.of(options.keys);
    this.argv = LuaTable.of(options.argv);
    this.environment = options.environment;
  }

  /**
   * Counts steps. A step stands for some 20 to 40 ns; whatever takes longer counts as more of
   * them, by constants that were measured and stand where they are used, for plain code in
   * `static-steps.ts`. So the limit of steps bounds the time of a script, whatever it spends it on.
   */
  step(count = 1): void {
    this.stepCount += count;
    if (this.stepCount > this.stepCountMax) {
      throw new LimitReached(`Script stopped: it used more than ${this.stepCountMax} steps`);
    }
  }

  /** Counts the work of one of our own loops over `bytes` bytes. */
  stepBytes(bytes: number): void {
    if (bytes >= 64) this.step(bytes >>> 6);
  }

  /**
   * Counts bytes that the script is about to hold, and the work of copying them: a string that
   * is put together of others is copied when somebody looks into it, which cannot be seen.
   */
  allocate(bytes: number): void {
    this.allocatedBytes += bytes;
    if (this.allocatedBytes > this.#collectAtBytes) this.#collect();
    if (bytes >= 64) this.step(bytes >>> 6);
  }

  /** Counts bytes that are held until the end, where the frames do not show them. */
  retain(bytes: number): void {
    this.retainedBytes += bytes;
    this.allocate(bytes);
  }

  /** A string of our making, counted. */
  text(value: string): string {
    this.allocate(stringBytes + value.length);
    return value;
  }

  /**
   * A part of a string, counted. V8 keeps the whole string alive for a part of it, so a script that
   * keeps short parts of long strings would hold what nobody counts: this one is a copy.
   */
  part(text: string, from: number, to: number): string {
    const part = this.text(text.slice(from, to));
    if (part.length < sharedPartBytesMin || part.length === text.length) return part;
    this.step(copySteps + (part.length >>> 6));
    return bytesOf(part).toString('latin1');
  }

  /** Begins a call that takes `units` closures of JavaScript's stack. */
  enter(units: number): void {
    this.#depth += 1;
    this.#stackUnits += units;
    if (this.#depth > this.limits.depthMax || this.#stackUnits > stackUnitsMax) {
      throw this.errorHere('stack overflow');
    }
  }

  /** Ends the call that `enter` began. */
  leave(units: number): void {
    this.#depth -= 1;
    this.#stackUnits -= units;
  }

  mark(): StackMark {
    return { frame: this.frame, depth: this.#depth, stackUnits: this.#stackUnits };
  }

  /** Returns to a mark after an error was caught, which JavaScript does slowly. */
  restore(mark: StackMark): void {
    const unwoundUnits = Math.max(0, this.#stackUnits - mark.stackUnits);
    this.frame = mark.frame;
    this.#depth = mark.depth;
    this.#stackUnits = mark.stackUnits;
    this.step(caughtErrorSteps + unwoundUnits * unwoundUnitSteps);
  }

  /** Calls a function for code of the script; `args` becomes the callee's. */
  invoke(callee: LuaFunction, args: LuaValue[]): LuaValue[] {
    if (callee.native !== undefined) {
      if (args.length > manyValues) this.step(args.length >>> 2);
      return callee.native(this, args);
    }
    const { code } = callee;
    return code === undefined ? NOTHING : this.#run(code, callee, args);
  }

  /** Calls back from a function of ours, which messages then know as the caller. */
  callBack(callee: LuaFunction, args: LuaValue[]): LuaValue[] {
    return this.#inNativeFrame(nativeSite, () => this.invoke(callee, args));
  }

  /**
   * Does an operation of the language for a function of ours. Its errors have no position in
   * their text, but count as raised where the script called the function.
   */
  asNative<Result>(run: () => Result): Result {
    return this.#inNativeFrame(undefined, run);
  }

  /** Calls a metamethod or an iterator from code of the script, at a place in it. */
  invokeCounted(callee: LuaFunction, args: LuaValue[]): LuaValue[] {
    this.step(metamethodSteps);
    this.enter(nativeStackUnits);
    const results = this.invoke(callee, args);
    this.leave(nativeStackUnits);
    return results;
  }

  /** `chunk:line: ` of the function `level` calls up; 1 is the one that called us. */
  where(level: number): string {
    let frame = this.frame;
    for (let rest = level - 1; rest > 0 && frame !== undefined; rest -= 1) {
      if (frame.lostFrameCount >= rest) return '';
      rest -= frame.lostFrameCount;
      frame = frame.parent;
    }
    const site = frame?.site;
    if (site === undefined || site.line < 0) return '';
    return `${site.chunk.label}:${site.line}: `;
  }

  /** An error with the position of the code of the script that runs. */
  errorHere(message: string): LuaError {
    const text = this.text(this.where(1) + message);
    if (this.frame !== undefined && this.frame.site === undefined) this.frame = this.frame.parent;
    return new LuaError(text);
  }

  /** `_G`: what the script sees as the table of all globals. */
  get globalTable(): LuaTable {
    this.#globalTable ??= this.environment.makeGlobalTable(this);
    return this.#globalTable;
  }

  /** The position of a key that a traversal goes on from. */
  positionIn(table: LuaTable, key: LuaValue): number {
    const position = table.positionOf(key);
    if (position === undefined) throw this.asNative(() => this.errorHere("invalid key to 'next'"));
    return position;
  }

  /** A number that stands for an object's address in `tostring`. */
  addressOf(object: object): string {
    const known = this.#addresses.get(object);
    this.step(addressSteps);
    const number = known ?? this.#addresses.size + 1;
    if (known === undefined) {
      this.retain(addressBytes);
      this.#addresses.set(object, number);
    }
    return `0x${(0x5580_0000_0000 + number * 32).toString(16)}`;
  }

  #inNativeFrame<Result>(site: Site | undefined, run: () => Result): Result {
    this.step(nativeFrameSteps);
    this.enter(nativeStackUnits);
    const caller = this.frame;
    this.frame = new Frame(this, site, NOTHING, NOTHING, []);
    const result = run();
    this.frame = caller;
    this.leave(nativeStackUnits);
    return result;
  }

  #run(code: Code, callee: LuaFunction, args: LuaValue[]): LuaValue[] {
    this.step();
    this.enter(code.stackUnits);
    const caller = this.frame;
    this.frame = this.#activate(code, callee, args);
    let running = code;
    let results = code.body(this.frame);
    while (results === TAIL_CALL && this.tailFunction?.code !== undefined) {
      const next = this.tailFunction;
      const lostFrameCount: number = this.frame.lostFrameCount + 1;
      this.frame = caller;
      this.leave(running.stackUnits);
      running = this.tailFunction.code;
      this.enter(running.stackUnits);
      this.frame = this.#activate(running, next, this.tailArguments);
      this.frame.lostFrameCount = lostFrameCount;
      results = running.body(this.frame);
    }
    this.frame = caller;
    this.leave(running.stackUnits);
    return results ?? NOTHING;
  }

  #activate(code: Code, callee: LuaFunction, args: LuaValue[]): Frame {
    const { parameterCount } = code;
    const varargs = code.isVararg ? args.slice(parameterCount) : NOTHING;
    if (args.length > manyValues) this.step(args.length >>> 2);
    args.length = parameterCount;
    const frame = new Frame(this, code.start, args, varargs, callee.upvalues);
    if (code.argSlot !== undefined) frame.locals[code.argSlot] = this.#argTable(varargs);
    if (code.capturedParameters.length > 0) captureParameters(frame, code.capturedParameters);
    return frame;
  }

  /** The table `arg` that functions with `...` see if they never say `...` (Lua 5.0 style). */
  #argTable(varargs: readonly LuaValue[]): LuaTable {
    this.allocate(tableBytes + varargs.length * arrayPlaceBytes);
    const table = LuaTable.of(varargs);
    table.set('n', varargs.length);
    return table;
  }

  /** Finds out what the script still holds, and stops it if that is too much. */
  #collect(): void {
    const { bytesMax } = this.limits;
    const held = liveBytes(this);
    if (held > bytesMax) {
      throw new LimitReached(`Script stopped: it held more than ${bytesMax} bytes`);
    }
    // Near the limit a share of it is granted at once, or the walks would come ever closer.
    this.#collectAtBytes = this.allocatedBytes + Math.max(bytesMax - held, bytesMax / 16);
  }
}

/** Moves parameters that closures capture into cells of their own. */
function captureParameters(frame: Frame, slots: readonly number[]): void {
  for (const slot of slots) frame.cells[slot] = new Cell(frame.locals[slot]);
}
