/** redis-parser ships no types; these are the parts that are used. */
declare module 'redis-parser' {
  interface ParserOptions {
    readonly returnReply: (reply: unknown) => void;
    readonly returnError: (error: Error) => void;
    readonly returnFatalError?: (error: Error) => void;
    readonly returnBuffers?: boolean;
    readonly stringNumbers?: boolean;
  }

  class RedisParser {
    constructor(options: ParserOptions);
    execute(chunk: Buffer): void;
  }

  export = RedisParser;
}
