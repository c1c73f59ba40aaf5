declare module 'luaparse' {
  interface LexedToken {
    readonly type: number;
    readonly value: string | number | boolean | null;
    readonly line: number;
    readonly lastLine?: number;
    readonly range: readonly [number, number];
  }

  interface Luaparse {
    readonly tokenTypes: {
      readonly EOF: number;
      readonly StringLiteral: number;
      readonly Keyword: number;
      readonly Identifier: number;
      readonly NumericLiteral: number;
      readonly Punctuator: number;
      readonly BooleanLiteral: number;
      readonly NilLiteral: number;
      readonly VarargLiteral: number;
    };
    parse(
      input: string,
      options: {
        readonly wait?: boolean;
        readonly comments?: boolean;
        readonly luaVersion?: '5.1';
        readonly encodingMode?: 'pseudo-latin1';
      },
    ): unknown;
    lex(): LexedToken;
  }

  const luaparse: Luaparse;
  export default luaparse;
}
