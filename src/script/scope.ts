import type { Capture, LocalVariable } from './syntax.ts';

/** What a name means where it stands. */
export type Resolved =
  | { readonly kind: 'local'; readonly variable: LocalVariable }
  | { readonly kind: 'upvalue'; readonly index: number }
  | { readonly kind: 'global' };

/** Lua 5.1 limits (luaconf.h: LUAI_MAXVARS, LUAI_MAXUPVALUES). */
export const localCountMax = 200;
export const upvalueCountMax = 60;

/** The names of one function while it is read. */
export class FunctionScope {
  readonly parent: FunctionScope | undefined;
  readonly line: number;
  readonly isVararg: boolean;
  usesVararg = false;
  loopDepth = 0;
  readonly captures: Capture[] = [];
  readonly #captureNames: string[] = [];
  /** The variables in scope; a variable's slot is its place here, hidden ones included. */
  #active: LocalVariable[] = [];

  constructor(parent: FunctionScope | undefined, line: number, isVararg: boolean) {
    this.parent = parent;
    this.line = line;
    this.isVararg = isVararg;
  }

  get activeCount(): number {
    return this.#active.length;
  }

  /** A variable for the slot after those in scope; `activate` makes it visible. */
  variable(name: string, offset = 0): LocalVariable {
    return { name, slot: this.#active.length + offset, captured: false };
  }

  /** Brings variables into scope; false if these are too many. */
  activate(variables: readonly LocalVariable[]): boolean {
    this.#active.push(...variables);
    return this.#active.length <= localCountMax;
  }

  /** Ends a block: only the first `count` variables stay in scope. */
  closeTo(count: number): void {
    this.#active = this.#active.slice(0, count);
  }

  resolve(name: string): Resolved {
    const variable = this.#findLocal(name);
    if (variable !== undefined) return { kind: 'local', variable };
    const index = this.#findUpvalue(name);
    return index === undefined ? { kind: 'global' } : { kind: 'upvalue', index };
  }

  #findLocal(name: string): LocalVariable | undefined {
    for (let slot = this.#active.length - 1; slot >= 0; slot -= 1) {
      const variable = this.#active[slot];
      if (variable?.name === name) return variable;
    }
    return undefined;
  }

  /**
   * The index among this function's upvalues; a variable further out is passed through. Nothing
   * comes into scope around a function while it is read, so a name that it captured before means
   * the same variable again.
   */
  #findUpvalue(name: string): number | undefined {
    const known = this.#captureNames.indexOf(name);
    if (known >= 0) return known;
    if (this.parent === undefined) return undefined;
    const outer = this.parent.resolve(name);
    if (outer.kind === 'global') return undefined;
    if (outer.kind === 'local') outer.variable.captured = true;
    const capture: Capture =
      outer.kind === 'local'
        ? { from: 'local', index: outer.variable.slot }
        : { from: 'upvalue', index: outer.index };
    this.captures.push(capture);
    this.#captureNames.push(name);
    return this.captures.length - 1;
  }
}
