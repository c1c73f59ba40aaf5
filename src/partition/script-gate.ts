import { asciiLower, type ByteString } from '../base/byte-string.ts';
import { limits } from '../base/limits.ts';
import { knowsScript, sha1OfScript } from '../commands/script-sources.ts';
import type { ServerPort } from '../commands/server-port.ts';
import type { Reply } from '../resp/reply.ts';
import type { ForwardedCommand, Work } from './forwarded.ts';
import type { Partition } from './partition.ts';

export interface ScriptGateOptions {
  /** The replica of partition 0, which knows the scripts of the cluster. */
  readonly meta: Partition;
  readonly server: ServerPort;
  /** Has the leader of the meta group run a command. */
  readonly askMeta: (args: readonly ByteString[], done: (reply: Reply) => void) => void;
  readonly nowMs: () => number;
}

/** A question to the meta group about a script that is not known here. */
interface Question {
  readonly sinceMs: number;
  /** What the replica here must have applied before the script is unknown indeed. */
  answeredIndex: number | undefined;
}

const bySource: ReadonlySet<string> = new Set(['eval', 'eval_ro']);
const bySha1: ReadonlySet<string> = new Set(['evalsha', 'evalsha_ro']);
const answered = Number.MAX_SAFE_INTEGER;

/**
 * Scripts of a cluster. Every node has a replica of the meta group and looks scripts up there; only
 * its leader adds to them. A replica may be a little behind, and so
 *
 * - what runs a script waits for the last change of scripts that its node has heard of;
 * - before a script is called unknown, the leader of the meta group is asked;
 * - a node that is sent the source of a script (EVAL) has the leader of the meta group load it,
 *   beside the run, and answers when both are done.
 */
export class ScriptGate {
  readonly #options: ScriptGateOptions;
  readonly #questions = new WeakMap<Work, Question>();
  /** Who waits until a script is loaded, by its SHA-1. */
  readonly #loads = new Map<ByteString, (() => void)[]>();
  #seenIndex = 0;

  constructor(options: ScriptGateOptions) {
    this.#options = options;
  }

  /** The last change of scripts that this node has heard of. */
  get seenIndex(): number {
    return Math.max(this.#seenIndex, this.#options.meta.scriptsIndex);
  }

  noteIndex(metaIndex: number): void {
    if (metaIndex > this.#seenIndex) this.#seenIndex = metaIndex;
  }

  /** The index that whoever runs the work must have applied; 0 if it runs no script. */
  indexFor(work: Work): number {
    return scriptCalls(work).length > 0 ? this.seenIndex : 0;
  }

  /** Whether a command may run here at once, with scripts that are known here. */
  isOpen(name: string, args: readonly ByteString[]): boolean {
    const { meta, server } = this.#options;
    if (meta.ready) return true;
    if (meta.appliedIndex < this.#seenIndex) return false;
    const script = args[1] ?? '';
    if (bySource.has(name)) return knowsScript(meta.keyspace, sha1OfScript(server, script));
    return !bySha1.has(name) || knowsScript(meta.keyspace, script);
  }

  /** Whether the work may run here now; it is asked again whenever something has changed. */
  mayRun(work: Work, metaIndex: number): boolean {
    const calls = scriptCalls(work);
    if (calls.length === 0) return true;
    const { meta } = this.#options;
    if (meta.ready) return true;
    if (meta.appliedIndex < Math.max(metaIndex, this.#seenIndex)) return false;
    const isKnown = ({ args: [name = '', sha1 = ''] }: ForwardedCommand): boolean =>
      bySource.has(asciiLower(name)) || knowsScript(meta.keyspace, sha1);
    return calls.every(isKnown) || this.#isAnswered(work, calls);
  }

  /** Sources in the work that nobody remembers as far as this node knows. */
  unknownSources(work: Work): readonly ByteString[] {
    const { meta, server } = this.#options;
    const calls = scriptCalls(work);
    if (calls.length === 0) return [];
    const sources = new Set<ByteString>();
    const behind = meta.appliedIndex < this.#seenIndex;
    for (const { args } of calls) {
      const [name = '', source = ''] = args;
      if (!bySource.has(asciiLower(name))) continue;
      const known = meta.keyspace.findScript(sha1OfScript(server, source)) !== undefined;
      if (behind || !known) sources.add(source);
    }
    return [...sources];
  }

  /** Has the script loaded; `done` is called when it is, or when nobody could. */
  load(source: ByteString, done: () => void): void {
    const sha1 = sha1OfScript(this.#options.server, source);
    const waiting = this.#loads.get(sha1);
    if (waiting !== undefined) {
      waiting.push(done);
      return;
    }
    this.#loads.set(sha1, [done]);
    this.#options.askMeta(['SCRIPT', 'LOAD', source], () => {
      const waited = this.#loads.get(sha1) ?? [];
      this.#loads.delete(sha1);
      for (const each of waited) each();
    });
  }

  /** A script that no answer was found for in time runs, and says NOSCRIPT. */
  #isAnswered(work: Work, calls: readonly ForwardedCommand[]): boolean {
    const nowMs = this.#options.nowMs();
    const asked = this.#questions.get(work);
    if (asked !== undefined) {
      if (nowMs - asked.sinceMs >= limits.scriptCheckMs) return true;
      const { answeredIndex } = asked;
      return answeredIndex !== undefined && this.#options.meta.appliedIndex >= answeredIndex;
    }
    const question: Question = { sinceMs: nowMs, answeredIndex: undefined };
    this.#questions.set(work, question);
    const sha1s = calls.map(({ args }) => args[1] ?? '');
    this.#options.askMeta(['SCRIPT', 'EXISTS', ...sha1s], (reply) => {
      question.answeredIndex = reply.kind === 'array' ? this.#seenIndex : answered;
    });
    return false;
  }
}

function scriptCalls(work: Work): readonly ForwardedCommand[] {
  if (work.kind === 'command') return runsScript(work) ? [work] : [];
  return work.kind === 'transaction' ? work.queue.filter(runsScript) : [];
}

function runsScript({ args: [name = ''] }: ForwardedCommand): boolean {
  const lower = name.length <= longestName ? asciiLower(name) : '';
  return bySource.has(lower) || bySha1.has(lower);
}

const longestName = 'evalsha_ro'.length;
