import { SyntaxFault, type Token } from './lexer.ts';
import type { FunctionScope } from './scope.ts';
import type { Chunk } from './site.ts';
import type { Statement } from './syntax.ts';

/**
 * How deep blocks and expressions may nest, as Lua 5.1 (luaconf.h, LUAI_MAXCCALLS; Redis itself
 * takes a few of the 200).
 */
const nestingMax = 190;

/**
 * How deep the tree may become. Longer than the nesting because operators of the same rank pile
 * up to the left without nesting; the compiler recurses on the tree.
 */
const treeDepthMax = 600;

/** The place in the tokens, the function that is read, and how deep in it we are. */
export class Parser {
  readonly chunk: Chunk;
  readonly parseBlock: (parser: Parser) => readonly Statement[];
  scope: FunctionScope;
  readonly #tokens: readonly Token[];
  #position = 0;
  #nesting = 0;

  constructor(options: {
    readonly chunk: Chunk;
    readonly tokens: readonly Token[];
    readonly scope: FunctionScope;
    readonly parseBlock: (parser: Parser) => readonly Statement[];
  }) {
    this.chunk = options.chunk;
    this.#tokens = options.tokens;
    this.scope = options.scope;
    this.parseBlock = options.parseBlock;
  }

  get token(): Token {
    return this.#at(this.#position);
  }

  get following(): Token {
    return this.#at(this.#position + 1);
  }

  /** The line of the token read last. */
  get lineBefore(): number {
    return this.#at(Math.max(0, this.#position - 1)).line;
  }

  is(kind: string): boolean {
    return this.token.kind === kind;
  }

  next(): Token {
    const { token } = this;
    this.#position += 1;
    return token;
  }

  /** Reads the token if it is of this kind. */
  accept(kind: string): boolean {
    if (!this.is(kind)) return false;
    this.#position += 1;
    return true;
  }

  expect(kind: string): Token {
    if (!this.is(kind)) throw this.faultNear(`'${kind}' expected`);
    return this.next();
  }

  /** Reads what closes `opening`, which stood on `line`. */
  expectClosing(kind: string, opening: string, line: number): void {
    if (this.accept(kind)) return;
    if (line === this.token.line) throw this.faultNear(`'${kind}' expected`);
    throw this.faultNear(`'${kind}' expected (to close '${opening}' at line ${line})`);
  }

  expectName(): string {
    if (!this.is('<name>')) throw this.faultNear("'<name>' expected");
    return this.next().text;
  }

  fault(message: string): SyntaxFault {
    return new SyntaxFault(this.chunk, this.token.line, message);
  }

  faultNear(message: string): SyntaxFault {
    return this.fault(`${message} near '${this.token.raw}'`);
  }

  /** Reads something that may hold more of its own kind. */
  nested<Result>(read: () => Result): Result {
    this.#nesting += 1;
    if (this.#nesting > nestingMax) throw this.fault('chunk has too many syntax levels');
    const result = read();
    this.#nesting -= 1;
    return result;
  }

  /** The depth of a node over these, whose closures take `units` of JavaScript's stack. */
  depthOver(parts: readonly { readonly depth: number }[], units = 1): number {
    let deepest = 0;
    for (const part of parts) deepest = Math.max(deepest, part.depth);
    if (deepest >= treeDepthMax) throw this.fault('chunk has too many syntax levels');
    return deepest + units;
  }

  #at(position: number): Token {
    const token = this.#tokens[Math.min(position, this.#tokens.length - 1)];
    if (token === undefined) throw this.fault('no source');
    return token;
  }
}
