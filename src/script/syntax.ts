import type { ByteString } from '../base/byte-string.ts';

/** The tree of a script, its names resolved: what the parser hands to the compiler. */

/** A local variable. Its slot is its own while it is in scope. */
export interface LocalVariable {
  readonly name: string;
  readonly slot: number;
  /** A closure uses it; known when the function around it is read to its end. */
  captured: boolean;
}

/** How a closure finds a captured variable when it is made. */
export interface Capture {
  readonly from: 'local' | 'upvalue';
  /** The slot of the local, or the index of the upvalue, in the function around. */
  readonly index: number;
}

export interface FunctionBody {
  readonly parameters: readonly LocalVariable[];
  readonly isVararg: boolean;
  /** The hidden parameter `arg`, if the function has `...` and never uses it. */
  readonly arg: LocalVariable | undefined;
  readonly captures: readonly Capture[];
  readonly body: readonly Statement[];
  readonly line: number;
}

export type BinaryOperator =
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '^'
  | '=='
  | '~='
  | '<'
  | '<='
  | '>'
  | '>=';
export type UnaryOperator = '-' | 'not' | '#';

/** `depth`: how many levels of tree are below a node, itself included. */
interface Node {
  readonly line: number;
  readonly depth: number;
}

export type Expression = Node &
  (
    | { readonly kind: 'constant'; readonly value: undefined | boolean | number | ByteString }
    | { readonly kind: 'vararg' }
    | { readonly kind: 'local'; readonly variable: LocalVariable }
    | { readonly kind: 'upvalue'; readonly index: number; readonly name: string }
    | { readonly kind: 'global'; readonly name: string }
    | { readonly kind: 'index'; readonly object: Expression; readonly key: Expression }
    | { readonly kind: 'call'; readonly callee: Expression; readonly args: readonly Expression[] }
    | {
        readonly kind: 'method';
        readonly object: Expression;
        readonly name: string;
        readonly args: readonly Expression[];
      }
    | { readonly kind: 'function'; readonly body: FunctionBody }
    | {
        readonly kind: 'binary';
        readonly operator: BinaryOperator;
        readonly left: Expression;
        readonly right: Expression;
      }
    | {
        readonly kind: 'and' | 'or';
        readonly left: Expression;
        readonly right: Expression;
      }
    | { readonly kind: 'concat'; readonly operands: readonly Expression[] }
    | { readonly kind: 'unary'; readonly operator: UnaryOperator; readonly operand: Expression }
    /** Parentheses around a call or `...`: one value of many. */
    | { readonly kind: 'single'; readonly inner: Expression }
    | { readonly kind: 'table'; readonly fields: readonly TableField[] }
  );

/** One field of a constructor, in the order written; without a key it takes the next index. */
export interface TableField {
  readonly key: Expression | undefined;
  readonly value: Expression;
}

export type Assignable = Extract<Expression, { kind: 'local' | 'upvalue' | 'global' | 'index' }>;
export type CallExpression = Extract<Expression, { kind: 'call' | 'method' }>;

export interface IfClause {
  readonly condition: Expression;
  readonly body: readonly Statement[];
}

export type Statement = Node &
  (
    | {
        readonly kind: 'local-declaration';
        readonly variables: readonly LocalVariable[];
        readonly values: readonly Expression[];
      }
    | {
        readonly kind: 'local-function';
        readonly variable: LocalVariable;
        readonly value: Expression;
      }
    | {
        readonly kind: 'assignment';
        readonly targets: readonly Assignable[];
        readonly values: readonly Expression[];
      }
    | { readonly kind: 'call-statement'; readonly call: CallExpression }
    | { readonly kind: 'do'; readonly body: readonly Statement[] }
    | {
        readonly kind: 'while';
        readonly condition: Expression;
        readonly body: readonly Statement[];
      }
    | {
        readonly kind: 'repeat';
        readonly body: readonly Statement[];
        readonly condition: Expression;
      }
    | {
        readonly kind: 'if';
        readonly clauses: readonly IfClause[];
        readonly otherwise: readonly Statement[];
      }
    | {
        readonly kind: 'numeric-for';
        readonly variable: LocalVariable;
        readonly start: Expression;
        readonly limit: Expression;
        readonly step: Expression | undefined;
        readonly body: readonly Statement[];
      }
    | {
        readonly kind: 'generic-for';
        readonly variables: readonly LocalVariable[];
        /** The first of three slots that hold iterator, state and control during the loop. */
        readonly stateSlot: number;
        readonly values: readonly Expression[];
        readonly body: readonly Statement[];
      }
    | { readonly kind: 'return'; readonly values: readonly Expression[] }
    | { readonly kind: 'break' }
  );
