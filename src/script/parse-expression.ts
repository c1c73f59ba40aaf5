import { parseFunctionBody } from './parse-function.ts';
import type { Parser } from './parser.ts';
import type { BinaryOperator, Expression, TableField } from './syntax.ts';

/** How tightly an operator binds to the left and to the right (Lua 5.1 manual 2.5.6). */
const ranks: ReadonlyMap<string, readonly [left: number, right: number]> = new Map([
  ['or', [1, 1]],
  ['and', [2, 2]],
  ['<', [3, 3]],
  ['>', [3, 3]],
  ['<=', [3, 3]],
  ['>=', [3, 3]],
  ['~=', [3, 3]],
  ['==', [3, 3]],
  ['..', [5, 4]],
  ['+', [6, 6]],
  ['-', [6, 6]],
  ['*', [7, 7]],
  ['/', [7, 7]],
  ['%', [7, 7]],
  ['^', [10, 9]],
]);
const unaryRank = 8;

export function parseExpression(parser: Parser): Expression {
  return parseOperators(parser, 0);
}

/** One or more expressions with commas between them. */
export function parseExpressionList(parser: Parser): Expression[] {
  const list = [parseExpression(parser)];
  while (parser.accept(',')) list.push(parseExpression(parser));
  return list;
}

/** Reads operators that bind tighter to their left than `rank`, and their operands. */
function parseOperators(parser: Parser, rank: number): Expression {
  return parser.nested(() => {
    let left = parseUnary(parser);
    for (;;) {
      const operator = parser.token.kind;
      const ranksOf = ranks.get(operator);
      if (ranksOf === undefined || ranksOf[0] <= rank) return left;
      parser.next();
      const right = parseOperators(parser, ranksOf[1]);
      left = combine(parser, operator, left, right);
    }
  });
}

function combine(
  parser: Parser,
  operator: string,
  left: Expression,
  right: Expression,
): Expression {
  const node = { line: parser.lineBefore, depth: parser.depthOver([left, right]) };
  if (operator === 'and' || operator === 'or') return { ...node, kind: operator, left, right };
  if (operator === '..') {
    const rest = right.kind === 'concat' ? right.operands : [right];
    return { ...node, kind: 'concat', operands: [left, ...rest] };
  }
  // `as`: the ranks hold no operator but these and the three above.
  return { ...node, kind: 'binary', operator: operator as BinaryOperator, left, right };
}

function parseUnary(parser: Parser): Expression {
  const { kind } = parser.token;
  if (kind !== '-' && kind !== 'not' && kind !== '#') return parseSimple(parser);
  parser.next();
  const operand = parseOperators(parser, unaryRank);
  const line = parser.lineBefore;
  if (kind === '-' && operand.kind === 'constant' && typeof operand.value === 'number') {
    return { kind: 'constant', value: -operand.value, line, depth: 1 };
  }
  return { kind: 'unary', operator: kind, operand, line, depth: parser.depthOver([operand]) };
}

function parseSimple(parser: Parser): Expression {
  const { token } = parser;
  const node = { line: token.line, depth: 1 };
  const constant = (value: undefined | boolean | number | string): Expression => {
    parser.next();
    return { ...node, kind: 'constant', value };
  };
  switch (token.kind) {
    case '<number>':
      return constant(token.value);
    case '<string>':
      return constant(token.text);
    case 'nil':
      return constant(undefined);
    case 'true':
      return constant(true);
    case 'false':
      return constant(false);
    case '...':
      if (!parser.scope.isVararg) {
        throw parser.faultNear("cannot use '...' outside a vararg function");
      }
      parser.scope.usesVararg = true;
      parser.next();
      return { ...node, kind: 'vararg' };
    case '{':
      return parseTable(parser);
    case 'function':
      parser.next();
      return parseFunctionBody(parser, { line: node.line, isMethod: false });
    default:
      return parseSuffixed(parser);
  }
}

/** A name or an expression in parentheses, and all indexing and calling that follows it. */
export function parseSuffixed(parser: Parser): Expression {
  let expression = parsePrimary(parser);
  for (;;) {
    switch (parser.token.kind) {
      case '.': {
        parser.next();
        const { line } = parser.token;
        const name = parser.expectName();
        expression = indexOf(parser, expression, { kind: 'constant', value: name, line, depth: 1 });
        break;
      }
      case '[': {
        parser.next();
        const key = parseExpression(parser);
        parser.expect(']');
        expression = indexOf(parser, expression, key);
        break;
      }
      case ':': {
        parser.next();
        const name = parser.expectName();
        const { args, line } = parseArguments(parser);
        const depth = parser.depthOver([expression, ...args], 2);
        expression = { kind: 'method', object: expression, name, args, line, depth };
        break;
      }
      case '(':
      case '{':
      case '<string>': {
        const { args, line } = parseArguments(parser);
        const depth = parser.depthOver([expression, ...args], 2);
        expression = { kind: 'call', callee: expression, args, line, depth };
        break;
      }
      default:
        return expression;
    }
  }
}

function indexOf(parser: Parser, object: Expression, key: Expression): Expression {
  const depth = parser.depthOver([object, key]);
  return { kind: 'index', object, key, line: parser.lineBefore, depth };
}

function parsePrimary(parser: Parser): Expression {
  const { line } = parser.token;
  if (parser.is('<name>')) return resolveName(parser, parser.next().text, line);
  if (!parser.accept('(')) throw parser.faultNear('unexpected symbol');
  const inner = parseExpression(parser);
  parser.expectClosing(')', '(', line);
  if (inner.kind === 'constant') return inner;
  return { kind: 'single', inner, line, depth: parser.depthOver([inner]) };
}

/** The variable that a name means here. */
export function resolveName(
  parser: Parser,
  name: string,
  line: number,
): Extract<Expression, { kind: 'local' | 'upvalue' | 'global' }> {
  const resolved = parser.scope.resolve(name);
  switch (resolved.kind) {
    case 'local':
      return { kind: 'local', variable: resolved.variable, line, depth: 1 };
    case 'upvalue':
      return { kind: 'upvalue', index: resolved.index, name, line, depth: 1 };
    case 'global':
      return { kind: 'global', name, line, depth: 1 };
  }
}

function parseArguments(parser: Parser): {
  readonly args: readonly Expression[];
  readonly line: number;
} {
  const { line, kind, text } = parser.token;
  if (kind === '<string>') {
    parser.next();
    return { args: [{ kind: 'constant', value: text, line, depth: 1 }], line };
  }
  if (kind === '{') return { args: [parseTable(parser)], line };
  if (kind !== '(') throw parser.faultNear('function arguments expected');
  if (line !== parser.lineBefore) {
    throw parser.faultNear('ambiguous syntax (function call x new statement)');
  }
  parser.next();
  const args = parser.is(')') ? [] : parseExpressionList(parser);
  parser.expectClosing(')', '(', line);
  return { args, line };
}

function parseTable(parser: Parser): Expression {
  const { line } = parser.token;
  const fields: TableField[] = [];
  parser.expect('{');
  while (!parser.is('}')) {
    fields.push(parseField(parser));
    if (!parser.accept(',') && !parser.accept(';')) break;
  }
  parser.expectClosing('}', '{', line);
  const parts = fields.flatMap(({ key, value }) => (key === undefined ? [value] : [key, value]));
  return { kind: 'table', fields, line, depth: parser.depthOver(parts, 2) };
}

function parseField(parser: Parser): TableField {
  const { line } = parser.token;
  if (parser.is('<name>') && parser.following.kind === '=') {
    const key: Expression = { kind: 'constant', value: parser.next().text, line, depth: 1 };
    parser.expect('=');
    return { key, value: parseExpression(parser) };
  }
  if (!parser.accept('[')) return { key: undefined, value: parseExpression(parser) };
  const key = parseExpression(parser);
  parser.expect(']');
  parser.expect('=');
  return { key, value: parseExpression(parser) };
}
