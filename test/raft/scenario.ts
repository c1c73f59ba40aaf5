import { Cluster, type ClusterObserver, type Node } from '../../sim/core/cluster.ts';
import { assert } from '../../src/base/assert.ts';
import { decodeConfiguration } from '../../src/raft/configuration-codec.ts';
import type { Message } from '../../src/raft/message.ts';
import type { Output } from '../../src/raft/output.ts';
import {
  type Configuration,
  type Entry,
  indexOf,
  NOBODY,
  type ReplicaId,
  replicaIdOf,
  type SnapshotPlace,
} from '../../src/raft/types.ts';

/**
 * Replays a scenario: lines that begin at the margin are commands, what they cause stands
 * indented below them. The result is the file again, with what the core really does.
 *
 * - `nodes 3`, `nodes 3 learners 1 spares 1 quiesce 4`: the group; the first command. A spare
 *   node is no member yet; after 4 idle ticks the group falls silent
 * - `tick 1 x10`, `campaign 1`, `propose 1 text`, `read 1`, `compact 1 5`: inputs of node 1
 * - `save 1`, `save 1 x2`: its oldest writes reach the disk; `save all` of all nodes
 * - `deliver 1->2`, `deliver 1->2 x2`: the oldest messages of a link; `deliver all` of all links
 * - `drop 1->2`: loses all messages of a link; `double 1->2` puts the oldest twice
 * - `change 1 voters 2,3 learners 4`, `transfer 1 2`, `wake 1`, `wake 1 10` (ticks of silence)
 * - `stream 1->3`: a state that was asked for arrives; `fail 1->3`: it does not
 * - `crash 1`, `crash 1 saving 2`: what was not saved is lost, except for the oldest 2 writes
 * - `restart 1`, `settle` (save and deliver until nothing is left), `show` (roles and logs),
 *   `members` (whom each node takes for the members)
 */
export function replayScenario(text: string): string {
  const lines: string[] = [];
  const scenario = new Scenario((line) => lines.push(`  ${line}`));
  for (const line of text.split('\n')) {
    if (line.startsWith('  ')) continue;
    lines.push(line);
    if (line !== '' && !line.startsWith('#')) scenario.run(line);
  }
  return lines.join('\n');
}

class Scenario implements ClusterObserver {
  readonly #print: (line: string) => void;
  #cluster: Cluster | undefined;
  readonly #stateLines = new Map<Node, string>();
  /** Packets that were printed already. */
  #printedPackets = new WeakSet<object>();

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  run(line: string): void {
    const words = line.split(' ');
    const [name = '', target = ''] = words;
    if (name === 'nodes') {
      this.#cluster = this.#start(words);
      return;
    }
    const cluster = this.#cluster;
    assert(cluster !== undefined, 'a scenario begins with its nodes');
    if (name === 'settle') cluster.settle();
    else if (name === 'show') this.#show(cluster);
    else if (name === 'members') this.#members(cluster);
    else if (name === 'save' && target === 'all') saveAll(cluster);
    else if (name === 'deliver' && target === 'all') deliverAll(cluster);
    else if (target.includes('->')) this.#link(cluster, words);
    else this.#input(cluster, cluster.node(Number(target)), words);
  }

  #start(words: readonly string[]): Cluster {
    const amountOf = (name: string): number => {
      const at = words.indexOf(name);
      return at === -1 ? 0 : Number(words[at + 1]);
    };
    return new Cluster({
      voterCount: Number(words[1]),
      learnerCount: amountOf('learners'),
      spareCount: amountOf('spares'),
      ...(words.includes('quiesce') ? { quiesceTicks: amountOf('quiesce') } : {}),
      observer: this,
    });
  }

  output(node: Node, output: Output): void {
    const { hardState, entries, committed, reads, lostReads, snapshot } = output;
    if (hardState !== undefined) {
      const vote = hardState.votedFor === NOBODY ? '-' : hardState.votedFor;
      this.#print(`${node.id} writes term ${hardState.term} vote ${vote}`);
    }
    if (entries.length > 0) this.#print(`${node.id} writes ${entriesText(entries)}`);
    for (const packet of this.#cluster?.network ?? []) {
      if (this.#printedPackets.has(packet)) continue;
      this.#printedPackets.add(packet);
      this.#print(`${packet.from}->${packet.to} ${messageText(packet.message)}`);
    }
    if (committed.length > 0) this.#print(`${node.id} applies ${entriesText(committed)}`);
    for (const { id, index } of reads) this.#print(`${node.id} confirms read ${id} at ${index}`);
    for (const id of lostReads) this.#print(`${node.id} gives up read ${id}`);
    for (const { to } of output.snapshotRequests) this.#print(`${node.id} sends a state to ${to}`);
    if (snapshot !== undefined) this.#print(`${node.id} installs ${placeText(snapshot)}`);
  }

  settled(node: Node): void {
    const line = stateText(node);
    if (this.#stateLines.get(node) === line) return;
    this.#stateLines.set(node, line);
    this.#print(line);
  }

  #input(cluster: Cluster, node: Node, words: readonly string[]): void {
    const [name, , argument = '', count = '0'] = words;
    const times = argument.startsWith('x') ? Number(argument.slice(1)) : 1;
    for (let time = 0; time < times; time += 1) {
      if (name === 'tick') cluster.tick(node);
      else if (name === 'save') cluster.save(node);
      else if (name === 'campaign') cluster.campaign(node);
      else if (name === 'compact') cluster.compact(node, indexOf(Number(argument)));
      else if (name === 'restart') cluster.restart(node);
      else if (name === 'crash') cluster.crash(node, Number(count));
      else if (name === 'propose') this.#propose(cluster, node, argument);
      else if (name === 'read') this.#read(cluster, node);
      else if (name === 'change') this.#change(cluster, node, words);
      else if (name === 'transfer') this.#transfer(cluster, node, Number(argument));
      else if (name === 'wake') cluster.wake(node, Number(argument));
      else assert(false, `there is no command "${name}"`);
    }
  }

  #propose(cluster: Cluster, node: Node, text: string): void {
    const index = cluster.propose(node, Buffer.from(text));
    if (index === undefined) this.#print(`${node.id} does not lead`);
  }

  #read(cluster: Cluster, node: Node): void {
    if (cluster.readIndex(node) === undefined) this.#print(`${node.id} takes no reads`);
  }

  #change(cluster: Cluster, node: Node, words: readonly string[]): void {
    const target = { voters: idsAfter(words, 'voters'), learners: idsAfter(words, 'learners') };
    const index = cluster.change(node, target);
    if (index === 'busy') this.#print(`${node.id} is busy`);
    if (index === undefined) this.#print(`${node.id} changes nothing`);
  }

  #transfer(cluster: Cluster, node: Node, to: number): void {
    if (!cluster.transfer(node, replicaIdOf(to))) this.#print(`${node.id} transfers nothing`);
  }

  #link(cluster: Cluster, words: readonly string[]): void {
    const [name, link = '', count = ''] = words;
    const [from = 0, to = 0] = link.split('->').map(Number);
    const times = count.startsWith('x') ? Number(count.slice(1)) : 1;
    if (name === 'drop') {
      while (cluster.takePacket(from, to) !== undefined);
      return;
    }
    if (name === 'stream' || name === 'fail') {
      const stream = cluster.takeStream(from, to);
      assert(stream !== undefined, `no state is on its way on ${link}`);
      if (name === 'fail') cluster.failStream(stream);
      else cluster.finishStream(stream);
      return;
    }
    for (let time = 0; time < times; time += 1) {
      const packet = cluster.takePacket(from, to);
      assert(packet !== undefined, `nothing is under way on ${link}`);
      if (name === 'double') cluster.network.unshift(packet, packet);
      else cluster.deliver(packet);
    }
  }

  #members(cluster: Cluster): void {
    for (const { id, raft } of cluster.nodes) {
      if (raft === undefined) continue;
      const change = raft.changing ? ', changing' : '';
      this.#print(`${id} knows ${membersText(raft.configuration)}${change}`);
    }
  }

  #show(cluster: Cluster): void {
    for (const node of cluster.nodes) {
      this.#print(stateText(node));
      const { base, entries } = node.disk;
      this.#print(`  disk: after ${base.index}/${base.term}: ${entriesText(entries)}`);
      for (const peer of node.raft?.progress() ?? []) {
        const { id, state, matchIndex, nextIndex } = peer;
        this.#print(`  ${id}: ${state}, match ${matchIndex}, next ${nextIndex}`);
      }
    }
  }
}

function saveAll(cluster: Cluster): void {
  for (const node of cluster.nodes) while (node.writes.length > 0) cluster.save(node);
}

function deliverAll(cluster: Cluster): void {
  for (let packet = cluster.network.shift(); packet !== undefined; ) {
    cluster.deliver(packet);
    packet = cluster.network.shift();
  }
}

function stateText(node: Node): string {
  const { raft } = node;
  if (raft === undefined) return `${node.id} is down`;
  const leader = raft.leader === NOBODY ? '-' : raft.leader;
  const last = `${raft.lastIndex}/${raft.lastTerm}`;
  return (
    `${node.id} is ${raft.role}, term ${raft.term}, leader ${leader}, ` +
    `last ${last}, durable ${raft.durableIndex}, commit ${raft.commitIndex}` +
    (raft.transferring ? ', transferring' : '') +
    (raft.quiesced ? ', silent' : '')
  );
}

/** Entries as index/term and what is in them. */
function entriesText(entries: readonly Entry[]): string {
  if (entries.length === 0) return 'nothing';
  return entries.map((entry) => `${entry.index}/${entry.term}:${payloadText(entry)}`).join(' ');
}

function payloadText({ kind, payload }: Entry): string {
  if (kind === 'configuration') return membersText(decodeConfiguration(payload));
  return payload.toString() || kind;
}

/** `{1,2,3}`, joint as `{1,2}<{1,2,3}`, learners as `{1,2,3}+4`. */
function membersText({ voters, outgoing, learners }: Configuration): string {
  const left = outgoing.length > 0 ? `<{${outgoing.join()}}` : '';
  return `{${voters.join()}}${left}${learners.map((id) => `+${id}`).join('')}`;
}

function placeText({ index, term, configuration }: SnapshotPlace): string {
  return `${index}/${term} ${membersText(configuration)}`;
}

/** `2,3` after the word `name`. */
function idsAfter(words: readonly string[], name: string): readonly ReplicaId[] {
  const at = words.indexOf(name);
  const text = at === -1 ? undefined : words[at + 1];
  return text === undefined ? [] : text.split(',').map((id) => replicaIdOf(Number(id)));
}

function messageText(message: Message): string {
  const { kind, term, ...rest } = message;
  const fields: string[] = [];
  for (const [name, value] of Object.entries(rest)) {
    // These two are false but for once in a while.
    if (name === 'transfer' || name === 'quiesce') {
      if (value === true) fields.push(name);
    } else if (name === 'entries' && Array.isArray(value)) fields.push(`[${entriesText(value)}]`);
    else fields.push(`${name} ${String(value)}`);
  }
  return [`${kind} term ${term}`, ...fields].join(', ');
}
