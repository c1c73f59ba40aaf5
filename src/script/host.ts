import type { ByteString } from '../base/byte-string.ts';
import type { Meter } from '../base/meter.ts';
import type { Reply } from '../resp/reply.ts';

/**
 * What a running script may reach outside itself. Everything else (the process, the file system,
 * other scripts' globals) does not exist for it.
 */
export interface ScriptHost {
  /**
   * Runs one command as `redis.call` does.
   *
   * @param args the command's name and its arguments; at least one
   * @param meter takes the steps that the command is worth; it may throw, to stop the script
   * @returns the command's reply; an error is an error reply, never an exception
   */
  call(args: readonly ByteString[], meter: Meter): Reply;
  /** The SHA-1 of `bytes` as 40 lower-case hexadecimal digits (`redis.sha1hex`). */
  sha1Hex(bytes: ByteString): ByteString;
  /** `redis.log`: 0 debug, 1 verbose, 2 notice, 3 warning. */
  log(level: number, message: ByteString): void;
  /** `redis.setresp`: the protocol in which replies are converted to Lua from here on. */
  setProtocol(protocol: 2 | 3): void;
  /** The version that the server announces, as `redis.REDIS_VERSION`. */
  readonly redisVersion: ByteString;
}

/** How much one run may use; see `limits.script…Max`. */
export interface ScriptLimits {
  readonly stepCountMax: number;
  readonly bytesMax: number;
  readonly depthMax: number;
}

/** How a run ended. `limited` means: stopped by a limit, and all its effects must be undone. */
export interface ScriptOutcome {
  readonly reply: Reply;
  readonly limited: boolean;
  readonly stepCount: number;
}
