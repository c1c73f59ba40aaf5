import { limits } from '../base/limits.ts';
import type { Partition } from '../partition/partition.ts';
import { NOBODY, nodeOf, replicaOf } from '../raft/types.ts';
import type { PeerHello } from '../transport/peer-hello.ts';
import { protocolVersion } from '../transport/peer-hello.ts';
import type { LinkDirection, Refusal } from '../transport/transport-options.ts';
import { findClaim, findGrant } from './claim.ts';
import { Claims } from './claims.ts';
import type { ClusterSurroundings } from './cluster-surroundings.ts';
import { Contacts } from './contacts.ts';
import { type ControlMessage, encodeControl } from './control-message.ts';
import { groupOf, handOver, shownReplica, successor, transferTarget } from './leadership.ts';
import { findMember, isLastVoter, type Member, membersOf, recordMember } from './members.ts';
import { nextMembership, peersToDial, takesPart, wasGivenLog } from './membership.ts';
import { refusalOf, sortedPeers } from './peer-judgement.ts';
import { RecordCheck } from './record-check.ts';
import { foundingIdOf, keepRecord } from './record-keeping.ts';
import { firstIncarnation } from './recovery.ts';
import { timing } from './timing.ts';

const noCallers: ReadonlyMap<number, string> = new Map();

/**
 * What a node of several does beside consensus: it knows its peers, brings the groups that it
 * leads to the members that are wanted, and hands leadership to whom it belongs.
 *
 * The leader of each group compares what is with what is on record, now and then, and makes one
 * step. So a change goes on after any leader was lost, and nobody has to remember it.
 */
export class Cluster {
  readonly #options: ClusterSurroundings;
  readonly #contacts: Contacts;
  /** Nodes that dialled this one and that it does not know, and where they are. */
  readonly #callers = new Map<number, string>();
  readonly #claims: Claims | undefined;
  readonly #check: RecordCheck | undefined;
  /** Groups that an operator has handed to a node, by partition. */
  readonly #pins = new Map<number, { readonly nodeId: number; readonly untilMs: number }>();
  /** Nobody has vouched yet for this node being what it says: a founder without any past. */
  #joining: boolean;
  #onRecord: boolean;
  /** The end of the log of the meta group when this process began. */
  readonly #startIndex: number;
  /** When a leader of the meta group was known last. */
  #ledAtMs: number;
  #peers: ReadonlyMap<number, string>;
  #foundingId: string;
  #draining = false;

  constructor(options: ClusterSurroundings) {
    this.#options = options;
    this.#contacts = new Contacts(options);
    this.#joining = options.joining && options.incarnation === firstIncarnation;
    this.#onRecord = options.established;
    this.#ledAtMs = options.monotonicMs();
    this.#peers = options.peers;
    this.#foundingId = options.foundingId;
    const [meta] = options.partitions;
    this.#startIndex = meta?.raft.lastIndex ?? 0;
    if (meta === undefined) return;
    const pass = (wish: ControlMessage): void => this.#pass(meta, wish);
    const { nodeId, onProgress } = options;
    this.#claims = new Claims({ meta, isAlive: (id) => this.isAlive(id), pass, onProgress });
    this.#check = new RecordCheck({
      nodeId,
      meta,
      pass,
      send: (to, answer) => options.sendControl(to, encodeControl(answer)),
    });
  }

  get nodeId(): number {
    return this.#options.nodeId;
  }

  get members(): readonly Member[] {
    const meta = this.#options.partitions[0];
    return meta === undefined ? [] : membersOf(meta.keyspace.base);
  }

  /** Whether there are as many nodes as may be: each names all of them to the others. */
  get full(): boolean {
    return this.members.filter(({ role }) => role !== 'removed').length >= limits.peerCountMax;
  }

  get peers(): ReadonlyMap<number, string> {
    return this.#peers;
  }

  /** What this node says about itself. */
  hello(): PeerHello {
    const { clusterId, nodeId, incarnation, partitions, clientAddress } = this.#options;
    return {
      clusterId,
      foundingId: this.#foundingId,
      nodeId,
      incarnation,
      protocolVersion,
      partitionCount: partitions.length - 1,
      peers: sortedPeers(this.#peers).slice(0, limits.peerCountMax),
      clientAddress: clientAddress(),
      joining: this.#joining && !this.#hasEntries,
    };
  }

  /** What a peer said about itself when it was linked with last. */
  helloOf(nodeId: number): PeerHello | undefined {
    return this.#contacts.helloOf(nodeId);
  }

  isAlive(nodeId: number): boolean {
    return nodeId === this.#options.nodeId || !this.#contacts.isSilent(nodeId);
  }

  /** Whether a member is heard, whose address is another one. */
  isElsewhere(nodeId: number, address: string): boolean {
    const member = this.members.find((each) => each.nodeId === nodeId);
    return member !== undefined && member.address !== address && this.isAlive(nodeId);
  }

  /** Whether this node can send to it. */
  isLinked(nodeId: number): boolean {
    return nodeId === this.#options.nodeId || this.#contacts.isLinked(nodeId);
  }

  accept(hello: PeerHello): Refusal | undefined {
    const { partitions } = this.#options;
    const [meta] = partitions;
    const wasHere = findClaim(hello) !== undefined && this.helloOf(hello.nodeId) !== undefined;
    const refusal = refusalOf(hello, {
      self: this.hello(),
      members: this.members,
      grant: meta && findGrant(meta.keyspace.base, hello.nodeId),
      begins: this.#begins && !wasHere,
      takesPart: takesPart(partitions, (id) => id === replicaOf(hello.nodeId, hello.incarnation)),
    });
    if (refusal !== undefined) this.#claims?.told(hello, refusal);
    return refusal;
  }

  linkUp(hello: PeerHello): void {
    if (hello.introduction !== undefined) return;
    this.#contacts.linkUp(hello);
  }

  /**
   * A node has dialled this one. Everybody whom this node knew may have left the cluster while it
   * was away: whoever calls then is dialled, too, and can be answered.
   */
  called({ nodeId, peers, introduction }: PeerHello): void {
    const own = peers.find((peer) => peer.nodeId === nodeId);
    const isKnown = this.#peers.has(nodeId) && !this.#callers.has(nodeId);
    if (introduction !== undefined || own === undefined || isKnown) return;
    if (this.#callers.size < limits.peerCountMax) this.#callers.set(nodeId, own.address);
  }

  linkDown(nodeId: number, direction: LinkDirection): void {
    this.#contacts.linkDown(nodeId, direction);
    this.#wake(nodeId);
  }

  /** Wakes the groups that rely on a node that has fallen silent; called every tick, in a turn. */
  watchPeers(): void {
    const leader = this.#options.partitions[0]?.raft.leader ?? NOBODY;
    if (leader !== NOBODY) this.#ledAtMs = this.#options.monotonicMs();
    this.#claims?.tick();
    for (const nodeId of this.#contacts.takeSilent()) this.#wake(nodeId);
  }

  /** Looks at what there is to do; about once a second, in a turn. */
  maintain(): void {
    this.#followMembers();
    const [meta] = this.#options.partitions;
    const incarnationOf = (nodeId: number): number => this.#heardIncarnationOf(nodeId);
    const founders = sortedPeers(this.#options.peers);
    const foundingId = this.#options.newFoundingId();
    const record = { members: this.members, founders, foundingId, incarnationOf };
    if (meta?.ready === true) keepRecord(meta.keyspace, record);
    this.#check?.look(this.#options.partitions);
    const members = this.members;
    for (const partition of this.#options.partitions) {
      if (!partition.ready || partition.raft.transferring) continue;
      if (this.#check?.isCurrent(partition)) this.#bringAbout(partition, members);
      else if (this.#check?.waitsLong(partition)) handOver(partition);
      // What it has just begun to hand over goes to nobody else.
      if (this.#draining || partition.raft.transferring) continue;
      this.#handToPreferred(partition, members);
    }
  }

  /** Takes in a wish of another node. */
  control(message: ControlMessage): void {
    switch (message.kind) {
      case 'member':
        return this.setMember(message);
      case 'claim':
        return this.#claims?.grant(message);
      case 'record-asked':
        return this.#check?.asked(message);
      case 'record-known':
        return this.#check?.known(message);
      case 'transfer':
        return this.#pinAndTransfer(message.partition, message.nodeId);
    }
  }

  /** Puts a member on record, here or through the leader of the meta group. */
  setMember(wish: Extract<ControlMessage, { kind: 'member' }>): void {
    const [meta] = this.#options.partitions;
    if (meta === undefined) return;
    if (!meta.ready) return this.#pass(meta, wish);
    // The founders come first: a record of one new node alone would be a cluster of its own.
    if (this.members.length === 0) return;
    const known = findMember(meta.keyspace, wish.nodeId);
    const isMember = known !== undefined && known.role !== 'removed';
    if (!isMember && (wish.role !== 'learner' || this.full)) return;
    if (wish.role === 'removed' && isLastVoter(meta.keyspace, this.members, wish.nodeId)) return;
    // A mistyped address would cut it off, and two of them the whole cluster.
    const moves = isMember && wish.address !== '';
    if (moves && this.isElsewhere(wish.nodeId, wish.address)) return;
    const address = wish.address === '' ? (known?.address ?? '') : wish.address;
    const incarnation = known?.incarnation ?? 0;
    // Whoever adds a node that votes already, maybe by asking once more, takes no vote away.
    const role = wish.role === 'learner' && isMember ? known.role : wish.role;
    recordMember(meta.keyspace, { nodeId: wish.nodeId, role, incarnation, address });
    this.#options.onProgress();
  }

  /** Hands a group to a node, here or through its leader; everybody lets it stay there. */
  transfer(partition: number, nodeId: number): void {
    this.#pinAndTransfer(partition, nodeId);
    const body = encodeControl({ kind: 'transfer', partition, nodeId });
    for (const peer of this.#peers.keys()) {
      if (peer !== this.#options.nodeId) this.#options.sendControl(peer, body);
    }
  }

  /** Hands every group that this node leads to another; true once it leads none. */
  drain(): boolean {
    this.#draining = true;
    let leads = false;
    for (const partition of this.#options.partitions) {
      const { raft } = partition;
      if (raft.role !== 'leader' || raft.configuration.voters.length < 2) continue;
      const target = successor(groupOf(partition));
      if (target === undefined) continue;
      leads = true;
      if (!raft.transferring) raft.transferLeadership(target);
    }
    this.#options.onProgress();
    return !leads;
  }

  /** It has entries of the meta group, which only those can have who let it in. */
  get #hasEntries(): boolean {
    return (this.#options.partitions[0]?.raft.lastIndex ?? 0) > 0;
  }

  /**
   * It founds, and no leader is there who could tell more. A peer without data that it has met as
   * a founder before is not let in on that: it lost what it had since, and only a record tells
   * under which name it may come back.
   */
  get #begins(): boolean {
    if (!this.#joining) return false;
    if (!this.#hasEntries) return true;
    // Behind the no-op of the first leader lies what clients were answered for.
    if (this.#options.partitions.some(({ id, raft }) => id > 0 && raft.lastIndex > 1)) return false;
    return this.#options.monotonicMs() - this.#ledAtMs > timing.foundingPatienceMs;
  }

  #pinAndTransfer(id: number, nodeId: number): void {
    const partition = this.#options.partitions[id];
    if (partition === undefined) return;
    const untilMs = this.#options.monotonicMs() + limits.leaderPinMs;
    this.#pins.set(id, { nodeId, untilMs });
    const { raft } = partition;
    const target = raft.configuration.voters.find((voter) => nodeOf(voter) === nodeId);
    if (!partition.ready || target === undefined || target === raft.self) return;
    raft.transferLeadership(target);
    this.#options.onProgress();
  }

  /** Where an operator wants the group to be led. */
  #pinOf(partition: number): number | undefined {
    const pin = this.#pins.get(partition);
    return pin === undefined || this.#options.monotonicMs() > pin.untilMs ? undefined : pin.nodeId;
  }

  /** Sends a wish to the leader of the group; without one it is lost and has to be repeated. */
  #pass({ raft }: Partition, wish: ControlMessage): void {
    const leader = raft.leader === NOBODY ? this.#options.nodeId : nodeOf(raft.leader);
    if (leader !== this.#options.nodeId) this.#options.sendControl(leader, encodeControl(wish));
  }

  #followMembers(): void {
    const { nodeId: self, partitions } = this.#options;
    const { members } = this;
    if (this.#foundingId === '' && partitions[0] !== undefined) {
      this.#foundingId = foundingIdOf(partitions[0].keyspace.base);
      if (this.#foundingId !== '') this.#options.onFounding(this.#foundingId);
    }
    const isMember = members.some(({ nodeId, role }) => nodeId === self && role !== 'removed');
    if (!this.#onRecord && isMember) {
      this.#joining = false;
      this.#onRecord = true;
      this.#options.onRecord();
    }
    // What it knew before its start is in the log that it started from.
    const isBehind = members.length === 0 || (partitions[0]?.appliedIndex ?? 0) < this.#startIndex;
    const callers = this.#isLost ? this.#callers : noCallers;
    const known = new Map([...this.#peers].filter(([nodeId]) => !this.#callers.has(nodeId)));
    const peers = peersToDial({ members, known, callers, partitions, isBehind });
    for (const { nodeId } of members) this.#callers.delete(nodeId);
    const same =
      peers.size === this.#peers.size &&
      [...peers].every(([nodeId, address]) => this.#peers.get(nodeId) === address);
    if (same) return;
    this.#peers = peers;
    this.#options.onPeers(peers);
  }

  /**
   * It was let in once, and nobody is heard whom it knows. As long as one is, that one can tell
   * what is new; and a stranger may be left from an earlier cluster of the same name.
   */
  get #isLost(): boolean {
    const { nodeId: self, partitions } = this.#options;
    const isOther = (nodeId: number): boolean => nodeId !== self && !this.#callers.has(nodeId);
    const others = [...this.#peers.keys()].filter(isOther);
    const wasLetIn = this.#onRecord || wasGivenLog(partitions[0]);
    return wasLetIn && others.length > 0 && others.every((id) => this.#contacts.isSilent(id));
  }

  #bringAbout(partition: Partition, members: readonly Member[]): void {
    const { raft } = partition;
    const group = { ...groupOf(partition), self: raft.self };
    const next = nextMembership(group, members, (nodeId) => this.#incarnationOf(nodeId, members));
    if (next === undefined) return;
    if (raft.configuration.voters.includes(raft.self) && !next.voters.includes(raft.self)) {
      // Its successor removes it, so that nothing which was begun here ends as uncertain.
      const heir = successor(group, (id) => next.voters.includes(id));
      if (heir !== undefined && raft.transferLeadership(heir)) return this.#options.onProgress();
    }
    const index = partition.proposeConfiguration(next);
    if (typeof index !== 'number') return;
    const [voters, learners] = [next.voters, next.learners].map((ids) => ids.map(shownReplica));
    const { id } = partition;
    this.#options.log('members of a partition change', { partition: id, voters, learners });
    this.#options.onProgress();
  }

  /** 0 if it was not heard. */
  #heardIncarnationOf(nodeId: number): number {
    const { nodeId: self, incarnation } = this.#options;
    return nodeId === self ? incarnation : (this.helloOf(nodeId)?.incarnation ?? 0);
  }

  /**
   * The incarnation on record. One that was only heard may not vote yet: if its node lost its data
   * once more before the record named it, nobody could tell it that its name was used.
   */
  #incarnationOf(nodeId: number, members: readonly Member[]): number | undefined {
    const heard = this.#heardIncarnationOf(nodeId);
    if (nodeId === this.#options.nodeId) return heard;
    const recorded = members.find((member) => member.nodeId === nodeId)?.incarnation ?? 0;
    return recorded === 0 || heard > recorded ? undefined : recorded;
  }

  #handToPreferred(partition: Partition, members: readonly Member[]): void {
    const staying = new Set(
      members.filter(({ role }) => role === 'voter').map(({ nodeId }) => nodeId),
    );
    if (staying.size === 0) return;
    const target = transferTarget(groupOf(partition), {
      self: this.#options.nodeId,
      stays: (nodeId) => staying.has(nodeId),
      pinnedTo: this.#pinOf(partition.id),
      isSteady: (nodeId) => this.#contacts.isSteady(nodeId),
    });
    if (target === undefined) return;
    // Once: a node that has not heard of it would hand the group back, and so for an hour.
    if (this.#pinOf(partition.id) === nodeOf(target)) this.#pins.delete(partition.id);
    partition.raft.transferLeadership(target);
    this.#options.onProgress();
  }

  /** Groups that sleep would not notice that their leader, or a follower, is gone. */
  #wake(nodeId: number): void {
    for (const partition of this.#options.partitions) {
      const { raft } = partition;
      const relies = nodeOf(raft.leader) === nodeId || raft.role === 'leader';
      if (!relies || !takesPart([partition], (id) => nodeOf(id) === nodeId)) continue;
      const isLeader = nodeOf(raft.leader) === nodeId;
      // Ticks did not count while the group slept, but its leader was silent all the same.
      if (isLeader || raft.quiesced) raft.wake(isLeader ? this.#contacts.silentTicks(nodeId) : 0);
    }
  }
}
