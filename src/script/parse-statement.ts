import { tokenize } from './lexer.ts';
import {
  parseExpression,
  parseExpressionList,
  parseSuffixed,
  resolveName,
} from './parse-expression.ts';
import { chunkBody, declare, parseFunctionBody } from './parse-function.ts';
import { Parser } from './parser.ts';
import { FunctionScope } from './scope.ts';
import type { Chunk } from './site.ts';
import type { Assignable, Expression, FunctionBody, IfClause, Statement } from './syntax.ts';

/**
 * Reads a chunk of Lua 5.1 (manual 8: the complete syntax) and resolves its names.
 *
 * @throws SyntaxFault
 */
export function parseChunk(source: string, chunk: Chunk): FunctionBody {
  const tokens = tokenize(source, chunk);
  const scope = new FunctionScope(undefined, 0, true);
  const parser = new Parser({ chunk, tokens, scope, parseBlock });
  const body = parseBlock(parser);
  if (!parser.is('<eof>')) throw parser.faultNear("'<eof>' expected");
  return chunkBody(body);
}

/** Reads statements up to the end of their block; what they declare ends there too. */
function parseBlock(parser: Parser): readonly Statement[] {
  const activeCount = parser.scope.activeCount;
  const statements = parseStatements(parser);
  parser.scope.closeTo(activeCount);
  return statements;
}

function parseStatements(parser: Parser): readonly Statement[] {
  return parser.nested(() => {
    const statements: Statement[] = [];
    while (!endsBlock(parser.token.kind)) {
      const statement = parseStatement(parser);
      statements.push(statement);
      parser.accept(';');
      if (statement.kind === 'return' || statement.kind === 'break') break;
    }
    return statements;
  });
}

function endsBlock(kind: string): boolean {
  return (
    kind === '<eof>' || kind === 'end' || kind === 'else' || kind === 'elseif' || kind === 'until'
  );
}

function parseStatement(parser: Parser): Statement {
  const { line } = parser.token;
  switch (parser.token.kind) {
    case 'if':
      return parseIf(parser, line);
    case 'while':
      return parseWhile(parser, line);
    case 'do': {
      parser.next();
      const body = parser.parseBlock(parser);
      parser.expectClosing('end', 'do', line);
      return { kind: 'do', body, line, depth: parser.depthOver(body) };
    }
    case 'for':
      return parseFor(parser, line);
    case 'repeat':
      return parseRepeat(parser, line);
    case 'function':
      return parseFunction(parser, line);
    case 'local':
      parser.next();
      return parser.accept('function')
        ? parseLocalFunction(parser, line)
        : parseLocal(parser, line);
    case 'return':
      return parseReturn(parser, line);
    case 'break':
      parser.next();
      if (parser.scope.loopDepth === 0) throw parser.faultNear('no loop to break');
      return { kind: 'break', line, depth: 1 };
    default:
      return parseAssignmentOrCall(parser, line);
  }
}

function parseIf(parser: Parser, line: number): Statement {
  const clauses: IfClause[] = [];
  let otherwise: readonly Statement[] = [];
  do {
    parser.next();
    const condition = parseExpression(parser);
    parser.expect('then');
    clauses.push({ condition, body: parser.parseBlock(parser) });
  } while (parser.is('elseif'));
  if (parser.accept('else')) otherwise = parser.parseBlock(parser);
  parser.expectClosing('end', 'if', line);
  const parts = clauses.flatMap(({ condition, body }) => [condition, ...body]);
  return {
    kind: 'if',
    clauses,
    otherwise,
    line,
    depth: parser.depthOver([...parts, ...otherwise], 2),
  };
}

function parseWhile(parser: Parser, line: number): Statement {
  parser.next();
  const condition = parseExpression(parser);
  parser.expect('do');
  const body = parseLoopBody(parser);
  parser.expectClosing('end', 'while', line);
  return { kind: 'while', condition, body, line, depth: parser.depthOver([condition, ...body], 2) };
}

/** The condition of `repeat` sees the locals of its body. */
function parseRepeat(parser: Parser, line: number): Statement {
  parser.next();
  const activeCount = parser.scope.activeCount;
  parser.scope.loopDepth += 1;
  const body = parseStatements(parser);
  parser.scope.loopDepth -= 1;
  parser.expectClosing('until', 'repeat', line);
  const condition = parseExpression(parser);
  parser.scope.closeTo(activeCount);
  return {
    kind: 'repeat',
    body,
    condition,
    line,
    depth: parser.depthOver([condition, ...body], 2),
  };
}

function parseLoopBody(parser: Parser): readonly Statement[] {
  parser.scope.loopDepth += 1;
  const body = parser.parseBlock(parser);
  parser.scope.loopDepth -= 1;
  return body;
}

function parseFor(parser: Parser, line: number): Statement {
  parser.next();
  const first = parser.expectName();
  if (parser.is('=')) return parseNumericFor(parser, first, line);
  if (parser.is(',') || parser.is('in')) return parseGenericFor(parser, first, line);
  throw parser.faultNear("'=' or 'in' expected");
}

function parseNumericFor(parser: Parser, name: string, line: number): Statement {
  parser.next();
  const start = parseExpression(parser);
  parser.expect(',');
  const limit = parseExpression(parser);
  const step = parser.accept(',') ? parseExpression(parser) : undefined;
  parser.expect('do');
  const { scope } = parser;
  const activeCount = scope.activeCount;
  const variable = scope.variable(name);
  declare(parser, [variable]);
  const body = parseLoopBody(parser);
  scope.closeTo(activeCount);
  parser.expectClosing('end', 'for', line);
  const parts = [start, limit, ...(step === undefined ? [] : [step]), ...body];
  const depth = parser.depthOver(parts, 3);
  return { kind: 'numeric-for', variable, start, limit, step, body, line, depth };
}

function parseGenericFor(parser: Parser, firstName: string, line: number): Statement {
  const names = [firstName];
  while (parser.accept(',')) names.push(parser.expectName());
  parser.expect('in');
  const valuesLine = parser.token.line;
  const values = parseExpressionList(parser);
  parser.expect('do');
  const { scope } = parser;
  const activeCount = scope.activeCount;
  const hidden = ['(for generator)', '(for state)', '(for control)'];
  declare(
    parser,
    hidden.map((name, offset) => scope.variable(name, offset)),
  );
  const variables = names.map((name, offset) => scope.variable(name, offset));
  declare(parser, variables);
  const body = parseLoopBody(parser);
  scope.closeTo(activeCount);
  parser.expectClosing('end', 'for', line);
  const depth = parser.depthOver([...values, ...body], 5);
  const stateSlot = activeCount;
  return { kind: 'generic-for', variables, stateSlot, values, body, line: valuesLine, depth };
}

/** `function a.b:c() ... end` is an assignment of a function. */
function parseFunction(parser: Parser, line: number): Statement {
  parser.next();
  let target: Assignable = resolveName(parser, parser.expectName(), line);
  let isMethod = false;
  while (!isMethod && (parser.is('.') || parser.is(':'))) {
    isMethod = parser.next().kind === ':';
    const key: Expression = { kind: 'constant', value: parser.expectName(), line, depth: 1 };
    const depth = parser.depthOver([target]);
    target = { kind: 'index', object: target, key, line, depth };
  }
  const value = parseFunctionBody(parser, { line, isMethod });
  const depth = parser.depthOver([target, value]);
  return { kind: 'assignment', targets: [target], values: [value], line, depth };
}

/** The function sees its own name, unlike with `local f = function`. */
function parseLocalFunction(parser: Parser, line: number): Statement {
  const variable = parser.scope.variable(parser.expectName());
  declare(parser, [variable]);
  const value = parseFunctionBody(parser, { line, isMethod: false });
  return { kind: 'local-function', variable, value, line, depth: parser.depthOver([value]) };
}

function parseLocal(parser: Parser, line: number): Statement {
  const names = [parser.expectName()];
  while (parser.accept(',')) names.push(parser.expectName());
  const values = parser.accept('=') ? parseExpressionList(parser) : [];
  const variables = names.map((name, offset) => parser.scope.variable(name, offset));
  declare(parser, variables);
  const depth = parser.depthOver(values);
  return { kind: 'local-declaration', variables, values, line, depth };
}

function parseReturn(parser: Parser, line: number): Statement {
  parser.next();
  const isEmpty = endsBlock(parser.token.kind) || parser.is(';');
  const values = isEmpty ? [] : parseExpressionList(parser);
  return { kind: 'return', values, line, depth: parser.depthOver(values) };
}

function parseAssignmentOrCall(parser: Parser, line: number): Statement {
  const first = parseSuffixed(parser);
  if (first.kind === 'call' || first.kind === 'method') {
    return { kind: 'call-statement', call: first, line, depth: parser.depthOver([first]) };
  }
  const targets = [assignable(parser, first)];
  while (parser.accept(',')) targets.push(assignable(parser, parseSuffixed(parser)));
  parser.expect('=');
  const values = parseExpressionList(parser);
  const depth = parser.depthOver([...targets, ...values]);
  return { kind: 'assignment', targets, values, line: parser.lineBefore, depth };
}

function assignable(parser: Parser, expression: Expression): Assignable {
  switch (expression.kind) {
    case 'local':
    case 'upvalue':
    case 'global':
    case 'index':
      return expression;
    default:
      throw parser.faultNear('syntax error');
  }
}
