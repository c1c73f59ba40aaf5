import { assertNever } from '../base/assert.ts';
import { asciiUpper, type ByteString } from '../base/byte-string.ts';
import { limits } from '../base/limits.ts';
import type { Meter } from '../base/meter.ts';
import type { Keyspace, Savepoint } from '../keyspace/keyspace.ts';
import { type ErrorReply, error, type Reply } from '../resp/reply.ts';
import { LimitReached } from '../script/errors.ts';
import type { ScriptHost, ScriptLimits } from '../script/host.ts';
import { findKnownScript, type KnownScript } from '../script/known-scripts.ts';
import { runScript } from '../script/run.ts';
import { refuseLongArguments } from './argument-limits.ts';
import { hasArity } from './arity.ts';
import type { Command, CommandTable } from './command.ts';
import type { KeyContext } from './context.ts';
import { keysOf } from './key-positions.ts';
import type { ReadyScript } from './script-sources.ts';
import { selectDatabase } from './select.ts';
import type { ServerPort } from './server-port.ts';
import type { SessionPort } from './session-port.ts';

/** Redis' sentences (`script.c` of 7.0); the interpreter adds the script's SHA-1 and line. */
const UNKNOWN = error('ERR Unknown Redis command called from script');
const WRONG_COUNT = error('ERR Wrong number of args calling Redis command from script');
const NOT_ALLOWED = error('ERR This Redis command is not allowed from script');
const READ_ONLY = error('ERR Write commands are not allowed from read-only scripts.');
const MAY_WRITE = error('ERR Can not execute a script with write flag using *_ro command.');
const CROSSSLOT = error("CROSSSLOT Keys in request don't hash to the same slot");

/** Two keys of different slots: only a server with one partition owns both of them. */
const KEYS_OF_TWO_SLOTS = ['a', 'b'] as const;

const scriptLimits: ScriptLimits = {
  stepCountMax: limits.scriptStepCountMax,
  bytesMax: limits.scriptBytesMax,
  depthMax: limits.scriptDepthMax,
};

/**
 * What commands are worth in steps of a script (see `Machine.step`), as measured: any command, one
 * argument (a key is looked up), bytes of arguments (a key is hashed), a lease that KEYS or SCAN
 * visits, one whose slot is computed, a flush (which looks for watched keys), and a command that
 * reports on the whole node.
 */
const commandSteps = 40;
const argumentSteps = 20;
const argumentBytesShift = 3;
const visitSteps = 30;
const slotSteps = 60;
const flushSteps = 10_000;
const reportSteps = 5_000;
const scanCountByDefault = 10;

export interface ScriptCall {
  readonly keys: readonly ByteString[];
  readonly argv: readonly ByteString[];
  readonly readOnly: boolean;
}

/**
 * Runs a script over the keyspace of `context`. A script that raises an error keeps what it had
 * written, as in Redis; one that a limit stopped, or that asked for a key of another partition,
 * leaves no effect at all.
 *
 * @param findKnown where to look for the native version of a script that is well known
 */
export function runOverKeyspace(
  context: KeyContext,
  { script, sha1 }: ReadyScript,
  call: ScriptCall,
  findKnown: (sha1: ByteString) => KnownScript | undefined = findKnownScript,
): Reply {
  const writesNothing = script.flags.includes('no-writes');
  if (call.readOnly && script.hasShebang && !writesNothing) return MAY_WRITE;
  const known = call.readOnly ? undefined : findKnown(sha1);
  if (known !== undefined && context.owns(call.keys)) {
    const reply = known.run(context.keyspace, context.db, call.keys, call.argv);
    if (reply !== undefined) return reply;
  }
  const run = new ScriptRun(context, call.readOnly || writesNothing);
  const outcome = runScript(script, {
    keys: call.keys,
    argv: call.argv,
    sha1,
    host: run,
    limits: scriptLimits,
    protocol: 2,
  });
  if (run.crossed !== undefined) return run.undo(run.crossed);
  return outcome.limited ? run.undo(outcome.reply) : outcome.reply;
}

/**
 * One run: what the script may reach, and at the same time the context of the commands that it
 * calls. SELECT changes the database of this run and of nothing else.
 */
class ScriptRun implements ScriptHost, KeyContext {
  readonly keyspace: Keyspace;
  readonly meta: Keyspace;
  readonly session: SessionPort;
  readonly server: ServerPort;
  readonly commands: CommandTable;
  readonly wallMs: number;
  readonly within = 'script';
  db: number;
  meter: Meter | undefined = undefined;
  /** Set once the script asked for a key that another partition owns; it is over then. */
  crossed: ErrorReply | undefined = undefined;
  readonly #outer: KeyContext;
  readonly #readOnly: boolean;
  readonly #ownsEverything: boolean;
  /** Taken before the first command that may leave an effect. */
  #savepoint: Savepoint | undefined = undefined;
  #callCount = 0;
  readonly #effectBytesBefore: number;

  constructor(outer: KeyContext, readOnly: boolean) {
    this.keyspace = outer.keyspace;
    this.meta = outer.meta;
    this.session = outer.session;
    this.server = outer.server;
    this.commands = outer.commands;
    this.wallMs = outer.wallMs;
    this.db = outer.db;
    this.#outer = outer;
    this.#readOnly = readOnly;
    this.#ownsEverything = outer.owns(KEYS_OF_TWO_SLOTS);
    this.#effectBytesBefore = outer.keyspace.effectBytes;
  }

  get redisVersion(): ByteString {
    return this.server.redisVersion;
  }

  owns(keys: readonly ByteString[]): boolean {
    return this.#outer.owns(keys);
  }

  call(args: readonly ByteString[], meter: Meter): Reply {
    if (this.crossed !== undefined) return this.crossed;
    this.#checkLimits();
    meter.step((args[0] ?? '').length >>> argumentBytesShift);
    const command = this.commands.find(args);
    if (command === undefined) return UNKNOWN;
    if (!hasArity(command, args.length)) return WRONG_COUNT;
    if (command.flags.includes('noscript')) return NOT_ALLOWED;
    if (this.#readOnly && mayLeaveEffects(command)) return READ_ONLY;
    this.meter = meter;
    meter.step(this.#stepsOf(command, args));
    const refused = refuseLongArguments(command, args);
    if (refused !== undefined) return refused;
    if (!this.#ownsEverything && !this.owns(keysOf(command, args) ?? [])) {
      this.crossed = CROSSSLOT;
      return CROSSSLOT;
    }
    if (this.#savepoint === undefined && mayLeaveEffects(command)) {
      this.#savepoint = this.keyspace.savepoint();
    }
    return this.#execute(command, args);
  }

  sha1Hex(bytes: ByteString): ByteString {
    return this.server.sha1Hex(bytes);
  }

  log(level: number, message: ByteString): void {
    this.server.log(level, message);
  }

  /** Commands answer in values that know no protocol, so this concerns the interpreter alone. */
  setProtocol(): void {}

  /** Takes back what the script did, and answers `reply`. */
  undo(reply: Reply): Reply {
    if (this.#savepoint !== undefined) this.keyspace.rollback(this.#savepoint);
    return reply;
  }

  /**
   * A command costs far more time than a step of the interpreter, and what it leaves behind is
   * not the script's own memory, so both have limits of their own.
   */
  #checkLimits(): void {
    this.#callCount += 1;
    if (this.#callCount > limits.scriptCallCountMax) {
      throw new LimitReached(
        `Script stopped: it called more than ${limits.scriptCallCountMax} commands`,
      );
    }
    if (this.keyspace.effectBytes - this.#effectBytesBefore > limits.scriptEffectBytesMax) {
      throw new LimitReached(
        `Script stopped: it wrote more than ${limits.scriptEffectBytesMax} bytes`,
      );
    }
  }

  /** What a command is worth in steps; its reply is counted where it is converted. */
  #stepsOf(command: Command, args: readonly ByteString[]): number {
    let steps = commandSteps;
    for (const arg of args) steps += argumentSteps + (arg.length >>> argumentBytesShift);
    switch (command.name) {
      case 'keys':
        return steps + this.#heldCount() * visitSteps;
      case 'cluster|countkeysinslot':
      case 'cluster|getkeysinslot':
        return steps + this.#heldCount() * slotSteps;
      case 'scan':
        return steps + this.#scannedCount(args) * visitSteps;
      case 'flushall':
      case 'flushdb':
        return steps + flushSteps;
      default:
        return command.runs === 'session' && !command.flags.includes('fast')
          ? steps + reportSteps
          : steps;
    }
  }

  /** Leases that a look at the whole database visits, those that were freed in this turn too. */
  #heldCount(): number {
    return this.keyspace.base.size(this.db) + this.keyspace.effectCount;
  }

  /** Leases that one SCAN visits: its COUNT, and at first those that are not committed yet. */
  #scannedCount(args: readonly ByteString[]): number {
    let count = scanCountByDefault;
    for (let at = 2; at + 1 < args.length; at += 2) {
      if (asciiUpper(args[at] ?? '') !== 'COUNT') continue;
      // One that is not valid is refused, and gives no steps back.
      count = Math.max(0, Number(args[at + 1]) || 0);
    }
    return Math.min(count + this.keyspace.effectCount, this.#heldCount());
  }

  #execute(command: Command, args: readonly ByteString[]): Reply {
    switch (command.runs) {
      case 'keys':
      case 'channel':
        return command.execute(this, args);
      case 'session':
        if (command.name === 'select') return selectDatabase(this, args[1] ?? '');
        return command.execute(this, args);
      case 'every':
      case 'cursor':
        if (this.#ownsEverything) return command.execute(this, args);
        return error(`ERR '${command.name}' in a script needs a server with one partition`);
      case 'meta':
        return NOT_ALLOWED;
      case 'container':
        return UNKNOWN;
      default:
        return assertNever(command);
    }
  }
}

/** PUBLISH counts as a write, as in Redis (its flag `may_replicate`). */
function mayLeaveEffects(command: Command): boolean {
  return command.runs === 'channel' || command.flags.includes('write');
}
