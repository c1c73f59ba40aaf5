import type { Machine } from './machine.ts';
import type { Site } from './site.ts';
import type { Cell, LuaValue } from './value.ts';

/** One activation of a function of the script, or of a function of ours while it calls back. */
export class Frame {
  readonly machine: Machine;
  readonly parent: Frame | undefined;
  readonly locals: LuaValue[];
  /** Captured locals, by slot. */
  readonly cells: Cell[] = [];
  readonly varargs: LuaValue[];
  readonly upvalues: readonly Cell[];
  /** Where it is; undefined for an operation that a function of ours does itself. */
  site: Site | undefined;
  /** How many frames tail calls put away below this one. */
  lostFrameCount = 0;
  /** What the run had allocated when this frame began its statement, and when it was entered. */
  statementBytes: number;
  readonly entryBytes: number;

  constructor(
    machine: Machine,
    site: Site | undefined,
    locals: LuaValue[],
    varargs: LuaValue[],
    upvalues: readonly Cell[],
  ) {
    this.machine = machine;
    this.parent = machine.frame;
    this.site = site;
    this.locals = locals;
    this.varargs = varargs;
    this.upvalues = upvalues;
    this.statementBytes = machine.allocatedBytes;
    this.entryBytes = machine.allocatedBytes;
  }
}
