import type { LuaValue } from './value.ts';

/**
 * An error of a script: any value, as `error` raises it. Not an `Error`: scripts raise them in
 * ordinary flow, and a trace of our own stack would cost more than the script.
 */
export class LuaError {
  readonly value: LuaValue;

  constructor(value: LuaValue) {
    this.value = value;
  }
}

/** A run reached a limit. No `pcall` of the script catches it. */
export class LimitReached {
  /** What the reply says, after `ERR `. */
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}
