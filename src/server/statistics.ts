import type { ByteString } from '../base/byte-string.ts';
import { limits } from '../base/limits.ts';
import type { KeyCountStatus } from '../node/status.ts';

/** What INFO commandstats says of one command. */
export interface CommandStatistics {
  callCount: number;
  micros: number;
  /** Refused before they ran: arity, no authentication, a state that forbids them. */
  rejectedCount: number;
  /** Ran, and answered with an error. */
  failedCount: number;
}

/** Rates are told over the last 16 samples of 100 ms, as in Redis' INFO. */
export const sampleMs = 100;
const sampleCountMax = 16;

interface Sample {
  readonly elapsedMs: number;
  readonly commandsPerSecond: number;
  readonly inputBytesPerSecond: number;
  readonly outputBytesPerSecond: number;
}

/**
 * Counters of the process. The places where things happen call `count…`; INFO reads them, and
 * CONFIG RESETSTAT sets them to zero.
 */
export class Statistics {
  connectionCount = 0;
  refusedConnectionCount = 0;
  commandCount = 0;
  inputBytes = 0;
  outputBytes = 0;
  errorCount = 0;
  readonly commands = new Map<ByteString, CommandStatistics>();
  readonly errorCodes = new Map<ByteString, number>();
  /** What keyspaces had counted at the last reset: they only ever count on. */
  #keyCountsBefore: KeyCountStatus = { hitCount: 0, missCount: 0, expiredCount: 0 };
  #samples: Sample[] = [];
  #sampledAtMs: number | undefined;
  #sampledCommandCount = 0;
  #sampledInputBytes = 0;
  #sampledOutputBytes = 0;

  countConnection(): void {
    this.connectionCount += 1;
  }

  /** A connection that was refused: too many, or protected mode. */
  countRefusedConnection(): void {
    this.refusedConnectionCount += 1;
  }

  /**
   * A command ran.
   *
   * @param name the command's whole name, `client|list`
   * @param micros how long it ran, without the wait for its commit
   * @param errorText the reply, if it was an error
   */
  countCommand(name: ByteString, micros: number, errorText?: ByteString): void {
    const command = this.#of(name);
    this.commandCount += 1;
    command.callCount += 1;
    command.micros += micros;
    if (errorText === undefined) return;
    command.failedCount += 1;
    this.countError(errorText);
  }

  /** A command was refused before it ran; `name` is undefined if there is no such command. */
  countRejected(name: ByteString | undefined, errorText: ByteString): void {
    if (name !== undefined) this.#of(name).rejectedCount += 1;
    this.countError(errorText);
  }

  countError(errorText: ByteString): void {
    this.errorCount += 1;
    const code = errorText.split(' ', 1)[0] ?? '';
    const count = this.errorCodes.get(code);
    if (count === undefined && this.errorCodes.size >= limits.errorCodeCountMax) return;
    this.errorCodes.set(code, (count ?? 0) + 1);
  }

  /** Takes a sample for the rates; to be called every `sampleMs`. */
  sample(monotonicMs: number): void {
    const elapsedMs = monotonicMs - (this.#sampledAtMs ?? monotonicMs);
    if (elapsedMs > 0) {
      const perSecond = (now: number, before: number) => ((now - before) * 1000) / elapsedMs;
      this.#samples.push({
        elapsedMs,
        commandsPerSecond: perSecond(this.commandCount, this.#sampledCommandCount),
        inputBytesPerSecond: perSecond(this.inputBytes, this.#sampledInputBytes),
        outputBytesPerSecond: perSecond(this.outputBytes, this.#sampledOutputBytes),
      });
      if (this.#samples.length > sampleCountMax) this.#samples.shift();
    }
    this.#sampledAtMs = monotonicMs;
    this.#sampledCommandCount = this.commandCount;
    this.#sampledInputBytes = this.inputBytes;
    this.#sampledOutputBytes = this.outputBytes;
  }

  get commandsPerSecond(): number {
    return Math.round(this.#mean((sample) => sample.commandsPerSecond));
  }

  get inputKilobytesPerSecond(): number {
    return this.#mean((sample) => sample.inputBytesPerSecond) / 1024;
  }

  get outputKilobytesPerSecond(): number {
    return this.#mean((sample) => sample.outputBytesPerSecond) / 1024;
  }

  /** How much too late a sample was at most: so long did the event loop do something else. */
  get loopDelayMs(): number {
    return this.#samples.reduce((most, { elapsedMs }) => Math.max(most, elapsedMs - sampleMs), 0);
  }

  /** What keyspaces have counted since the last reset. */
  keyCountsSince(now: KeyCountStatus): KeyCountStatus {
    const before = this.#keyCountsBefore;
    return {
      hitCount: now.hitCount - before.hitCount,
      missCount: now.missCount - before.missCount,
      expiredCount: now.expiredCount - before.expiredCount,
    };
  }

  /** @param keyCounts what keyspaces have counted up to now */
  reset(keyCounts: KeyCountStatus): void {
    this.#keyCountsBefore = keyCounts;
    this.connectionCount = 0;
    this.refusedConnectionCount = 0;
    this.commandCount = 0;
    this.inputBytes = 0;
    this.outputBytes = 0;
    this.errorCount = 0;
    this.commands.clear();
    this.errorCodes.clear();
    this.#samples = [];
    this.#sampledAtMs = undefined;
  }

  #mean(read: (sample: Sample) => number): number {
    if (this.#samples.length === 0) return 0;
    return this.#samples.reduce((sum, sample) => sum + read(sample), 0) / this.#samples.length;
  }

  #of(name: ByteString): CommandStatistics {
    let command = this.commands.get(name);
    if (command === undefined) {
      command = { callCount: 0, micros: 0, rejectedCount: 0, failedCount: 0 };
      this.commands.set(name, command);
    }
    return command;
  }
}
