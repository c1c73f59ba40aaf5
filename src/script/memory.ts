import type { Frame } from './frame.ts';
import { functionBytes, type Machine, stringBytes } from './machine.ts';
import { LuaTable } from './table.ts';
import { Cell, LuaFunction, type LuaValue } from './value.ts';

/**
 * How many bytes a run may still hold: everything that its frames reach, and everything that was
 * allocated while an expression that is not finished was evaluated, for such values are on
 * JavaScript's stack, where nobody sees them. What a frame's callees allocated after they were
 * entered cannot be among its own unfinished values; it counts with the callees.
 *
 * The walk itself is counted as steps, so that a script near its limit cannot use it to stall.
 */
export function liveBytes(machine: Machine): number {
  const walk = new Walk();
  walk.add(machine.keys);
  walk.add(machine.argv);
  let bytes = machine.retainedBytes;
  let endBytes = machine.allocatedBytes;
  for (let frame = machine.frame; frame !== undefined; frame = frame.parent) {
    bytes += endBytes - frame.statementBytes;
    endBytes = frame.entryBytes;
    walk.addFrame(frame);
  }
  bytes += walk.run();
  machine.step(walk.visitedCount * visitSteps);
  return bytes;
}

/** Steps of one value that the walk visits. */
const visitSteps = 8;

class Walk {
  readonly #seen = new Set<object>();
  readonly #waiting: (LuaTable | LuaFunction | Cell)[] = [];
  #bytes = 0;
  visitedCount = 0;

  /**
   * Strings cannot be told apart by identity, so one that is held in several places counts as
   * often: a script may be stopped too early for that, but never too late.
   */
  add(value: LuaValue | Cell): void {
    this.visitedCount += 1;
    if (typeof value === 'string') {
      this.#bytes += stringBytes + value.length;
    } else if (typeof value === 'object' && !this.#seen.has(value)) {
      this.#seen.add(value);
      if (value instanceof LuaTable || value instanceof LuaFunction || value instanceof Cell) {
        this.#waiting.push(value);
      }
    }
  }

  addFrame(frame: Frame): void {
    for (const value of frame.locals) this.add(value);
    for (const value of frame.varargs) this.add(value);
    for (const cell of frame.cells) if (cell !== undefined) this.add(cell);
    for (const cell of frame.upvalues) this.add(cell);
  }

  run(): number {
    for (let object = this.#waiting.pop(); object !== undefined; object = this.#waiting.pop()) {
      if (object instanceof LuaTable) this.#addTable(object);
      else this.#bytes += functionBytes;
      if (object instanceof Cell) this.add(object.value);
      if (object instanceof LuaFunction) for (const cell of object.upvalues) this.add(cell);
    }
    return this.#bytes;
  }

  #addTable(table: LuaTable): void {
    this.#bytes += table.bytes;
    this.visitedCount += table.placeCount;
    this.add(table.metatable);
    for (let at = table.nextPosition(0); at !== 0; at = table.nextPosition(at)) {
      this.add(table.keyAt(at));
      this.add(table.valueAt(at));
    }
  }
}
