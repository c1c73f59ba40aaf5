import type { Code, Evaluate, EvaluateAll } from './code.ts';
import type { Chunk, Site, ValueName } from './site.ts';
import type { Expression, FunctionBody, Statement } from './syntax.ts';
import type { LuaValue } from './value.ts';

/**
 * What the parts of the compiler share. They call each other in circles (an expression holds a
 * function, which holds statements, which hold expressions), so they meet here.
 */
export interface Emitter {
  readonly chunk: Chunk;
  /** The value that a global has in every script; undefined if that differs or it has none. */
  readonly globals: Globals;
  readonly one: (emitter: Emitter, expression: Expression) => Evaluate;
  readonly all: (emitter: Emitter, expression: Expression) => EvaluateAll;
  readonly list: (emitter: Emitter, expressions: readonly Expression[]) => EvaluateAll;
  readonly body: (emitter: Emitter, body: FunctionBody) => Code;
  readonly block: (emitter: Emitter, statements: readonly Statement[]) => Code['body'];
}

/** The globals that all scripts share, none of which a script can change. */
export interface Globals {
  find(name: string): LuaValue;
  /** A field of a shared table such as `redis`. */
  findField(tableName: string, fieldName: string): LuaValue;
}

export function siteAt(emitter: Emitter, line: number, callee?: ValueName): Site {
  return { chunk: emitter.chunk, line, callee };
}

/** What messages call the value of an expression (ldebug.c, `getobjname`). */
export function nameOf(expression: Expression): ValueName | undefined {
  switch (expression.kind) {
    case 'local':
      return { kind: 'local', name: expression.variable.name };
    case 'upvalue':
    case 'global':
      return { kind: expression.kind, name: expression.name };
    case 'index': {
      const { key } = expression;
      const isText = key.kind === 'constant' && typeof key.value === 'string';
      return { kind: 'field', name: isText ? `${key.value}` : '?' };
    }
    case 'single':
      return nameOf(expression.inner);
    case 'and':
      return truthOf(expression.left) === true ? nameOf(expression.right) : undefined;
    case 'or':
      return truthOf(expression.left) === false ? nameOf(expression.right) : undefined;
    default:
      return undefined;
  }
}

/** Whether an expression is true, if that is known without running it, as Lua 5.1 folds it. */
function truthOf(expression: Expression): boolean | undefined {
  switch (expression.kind) {
    case 'constant':
      return expression.value !== undefined && expression.value !== false;
    case 'single':
      return truthOf(expression.inner);
    case 'and':
      return truthOf(expression.left) === true
        ? truthOf(expression.right)
        : truthOf(expression.left);
    case 'or':
      return truthOf(expression.left) === false
        ? truthOf(expression.right)
        : truthOf(expression.left);
    default:
      return undefined;
  }
}

/** Whether an expression gives any number of values rather than one. */
export function isMultiple(expression: Expression): boolean {
  return expression.kind === 'call' || expression.kind === 'method' || expression.kind === 'vararg';
}
