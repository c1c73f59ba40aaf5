import type { Parser } from './parser.ts';
import { FunctionScope, localCountMax, upvalueCountMax } from './scope.ts';
import type { Expression, FunctionBody, LocalVariable, Statement } from './syntax.ts';

/** Reads parameters and body of a function, whose `function` was read on `line`. */
export function parseFunctionBody(
  parser: Parser,
  { line, isMethod }: { readonly line: number; readonly isMethod: boolean },
): Expression {
  const { names, isVararg } = parseParameters(parser, isMethod);
  const outer = parser.scope;
  const scope = new FunctionScope(outer, line, isVararg);
  parser.scope = scope;
  const parameters = names.map((name, offset) => scope.variable(name, offset));
  declare(parser, parameters);
  const arg = isVararg ? scope.variable('arg') : undefined;
  if (arg !== undefined) declare(parser, [arg]);
  const statements = parser.parseBlock(parser);
  parser.expectClosing('end', 'function', line);
  checkUpvalues(parser);
  parser.scope = outer;
  const body = {
    parameters,
    isVararg,
    arg: scope.usesVararg ? undefined : arg,
    captures: scope.captures,
    body: statements,
    line,
  };
  return { kind: 'function', body, line, depth: parser.depthOver(statements) };
}

/** The tree of a whole chunk, which is a function with `...`. */
export function chunkBody(body: readonly Statement[]): FunctionBody {
  return { parameters: [], isVararg: true, arg: undefined, captures: [], body, line: 0 };
}

/** Brings variables into scope. */
export function declare(parser: Parser, variables: readonly LocalVariable[]): void {
  if (parser.scope.activate(variables)) return;
  throw tooMany(parser, localCountMax, 'local variables');
}

function parseParameters(
  parser: Parser,
  isMethod: boolean,
): { readonly names: readonly string[]; readonly isVararg: boolean } {
  const names = isMethod ? ['self'] : [];
  let isVararg = false;
  parser.expect('(');
  if (!parser.is(')')) {
    do {
      if (parser.accept('...')) {
        isVararg = true;
        break;
      }
      if (!parser.is('<name>')) throw parser.faultNear("<name> or '...' expected");
      names.push(parser.next().text);
    } while (parser.accept(','));
  }
  parser.expect(')');
  return { names, isVararg };
}

function checkUpvalues(parser: Parser): void {
  if (parser.scope.captures.length <= upvalueCountMax) return;
  throw tooMany(parser, upvalueCountMax, 'upvalues');
}

function tooMany(parser: Parser, limit: number, what: string): unknown {
  const { line } = parser.scope;
  const where = line === 0 ? 'main function' : `function at line ${line}`;
  return parser.fault(`${where} has more than ${limit} ${what}`);
}
