/**
 * Every limit of the program: how long a queue, a loop, a buffer or a name may grow. Where a
 * limit can be configured, this is its default.
 */
export const limits = {
  /** Bytes of one key. Lock names are short; Redis allows 512 MiB. */
  keyBytesMax: 64 * 1024,
  /** Bytes of one value (an owner). Redis allows 512 MiB. */
  valueBytesMax: 1024 * 1024,
  /** Arguments of one request. Redis allows 1,048,576. */
  argumentCountMax: 65_536,
  /** Bytes of one argument; scripts are the largest. */
  argumentBytesMax: 1024 * 1024,
  /** Bytes of an inline request line, as Redis (PROTO_INLINE_MAX_SIZE). */
  inlineBytesMax: 64 * 1024,
  /** Before authentication, as Redis: arguments, bytes of one, bytes of the buffer. */
  unauthenticatedArgumentCountMax: 10,
  unauthenticatedArgumentBytesMax: 16 * 1024,
  unauthenticatedQueryBytesMax: 1024 * 1024,
  /** Bytes of one request that is not complete yet, and of requests read but not yet run. */
  queryBytesMax: 64 * 1024 * 1024,
  /** Bytes of replies that a session has not read; beyond it the session is closed. */
  outputBytesMax: 64 * 1024 * 1024,
  /** Bytes of replies not yet taken by the kernel at which a session's requests wait. */
  outputPauseBytes: 256 * 1024,
  /** Requests that one session may run in one turn before the others get theirs. */
  requestsPerTurnMax: 1_024,
  /** Microseconds of running them after which a session runs no more in the turn. */
  requestsPerTurnMicros: 50_000,
  /** Sessions at a time, as Redis (`maxclients`). */
  sessionCountMax: 10_000,
  /** Commands queued between MULTI and EXEC, and their bytes. */
  transactionCommandCountMax: 65_536,
  transactionBytesMax: 64 * 1024 * 1024,
  /** Keys that one session may watch. */
  watchedKeyCountMax: 4_096,
  /** Channels and patterns that one session may subscribe to. */
  subscriptionCountMax: 65_536,
  /** Bytes of their names; a pattern takes up to 37 times as many, ready to be matched. */
  subscriptionBytesMax: 4 * 1024 * 1024,
  /** Bytes of a name that a pattern looks at in vain, for each byte of the name; see `Glob`. */
  globVainBytesMax: 32,
  /** Spellings of the names of commands that are remembered: in lower, in upper, in mixed case. */
  spellingCountMax: 1_024,
  /** Entries of the slow log; the configured length is at most this. */
  slowlogLengthMax: 10_000,
  /** Codes of errors that INFO counts; few are ours, but a script may invent them. */
  errorCodeCountMax: 128,
  /** Databases, as Redis (`databases`). */
  databaseCount: 16,
  /** Leases that one turn may expire in one partition; the rest follow in the next turns. */
  expirationsPerTurnMax: 1_000,
  /** Steps of one script; one stands for 20 to 40 ns, see `Machine.step`. */
  scriptStepCountMax: 50_000_000,
  /** Tokens of one script, each of which takes some 4 µs to compile. */
  scriptTokenCountMax: 250_000,
  /** Bytes that one script may hold in strings and tables. */
  scriptBytesMax: 64 * 1024 * 1024,
  /** Commands that one script may call, as many as a transaction may hold. */
  scriptCallCountMax: 65_536,
  /** Bytes of the effects that one script may leave: they are one entry of the log. */
  scriptEffectBytesMax: 64 * 1024 * 1024,
  /** Depth of calls in one script; Redis' Lua ends at 200 C levels and about 20,000 Lua levels. */
  scriptDepthMax: 190,
  /** Bytes of source whose compiled form a process keeps; the rest is compiled again. */
  compiledScriptBytesMax: 8 * 1024 * 1024,
  /** Bytes of all scripts that the cluster remembers. */
  scriptCacheBytesMax: 64 * 1024 * 1024,
  /** Bytes of one log segment. */
  segmentBytes: 64 * 1024 * 1024,
  /** Bytes of log of all partitions after which checkpoints of the changed keys are written, ... */
  checkpointLogBytes: 32 * 1024 * 1024,
  /** ... but not before one partition has this much. */
  checkpointLogBytesMin: 1024 * 1024,
  /** Changed keys after which a checkpoint is written. */
  checkpointKeyCount: 20_000,
  /** Keys that a checkpoint encodes in one turn. */
  checkpointKeysPerTurn: 500,
  /** Bytes of the effects of one turn in one partition, at which the turn is ended. */
  entryBytesMax: 16 * 1024 * 1024,
  /** Bytes of the effects of one transaction; a larger one is undone. */
  transactionEffectBytesMax: 128 * 1024 * 1024,
  /** Bytes of its replies, which wait in memory for the last one; one with more is undone. */
  transactionReplyBytesMax: 64 * 1024 * 1024,
  /** AppendEntries that may be unanswered by one follower; a bound on memory and on the link. */
  appendsInFlightMax: 64,
  /** Payload bytes of one AppendEntries with more than one entry. */
  appendBytesMax: 1024 * 1024,
  /** Read rounds that may wait for a quorum at a time; further reads share the next one. */
  readRoundsInFlightMax: 64,
  /** Checkpoints between which the log stays in memory for a follower that does not keep up. */
  lagCheckpointCountMax: 8,
  /** Applied entries that a group of one keeps in memory before it forgets them. */
  appliedEntryCountMax: 16,
  /** Ms that a start waits for its first write to the log. */
  leadershipWaitMs: 10_000,
  /** Turns that may wait for their fsync at a time. */
  turnsInFlightMax: 64,

  // Peer links
  /** Nodes that a node may have links to; far above any cluster that consensus is good for. */
  peerCountMax: 64,
  /** Bytes of one frame of the handshake: all that a stranger can make a node hold. */
  peerHandshakeBytesMax: 64 * 1024,
  /** Connections to the peer port that have not proven yet that they know the secret. */
  peerHandshakeCountMax: 64,
  /** Ms from a connection's first moment to the end of its handshake. */
  peerHandshakeMs: 1_000,
  /** Ms without a byte from a peer after which a link to it is given up. */
  peerSilenceMs: 2_000,
  /** Ms after which an idle link sends an empty frame. */
  peerPingMs: 250,
  /** Ms between two attempts to reach a peer: the first, doubled up to the last. */
  peerBackoffMsMin: 50,
  peerBackoffMsMax: 1_000,
  /** Bytes of one frame; less than a ms on the wire of a local network. */
  peerFrameBytesMax: 1024 * 1024,
  /** Bytes of a packet that travels in one piece; larger ones are cut. */
  peerPieceBytesMax: 128 * 1024,
  /** Bytes of one packet: the largest entry, or a request with a whole transaction. */
  peerPacketBytesMax: 192 * 1024 * 1024,
  /** Bytes of requests, or of bulk data, on the way that the receiver has not yet confirmed. */
  peerWindowBytes: 512 * 1024,
  /** Bytes of raft packets that wait for the socket; further ones are dropped. */
  peerRaftQueueBytesMax: 16 * 1024 * 1024,
  /** Bytes of large raft packets that wait for the window; further ones are dropped. */
  peerBulkQueueBytesMax: 64 * 1024 * 1024,
  /** Bytes of snapshots that wait for the window; the next chunk waits with its sender. */
  peerSnapshotQueueBytesMax: 4 * 1024 * 1024,
  /** Bytes of requests that wait for the window; further ones are not taken. */
  peerRequestQueueBytesMax: 32 * 1024 * 1024,
  /** The same with replies, which the peer waits for. */
  peerReplyQueueBytesMax: 128 * 1024 * 1024,
  /** Ms for which the same line about the same peer is not logged again. */
  peerLogIntervalMs: 10_000,
  /** Different lines about peers that are remembered for that. */
  peerLogLineCountMax: 256,

  // Forwarding
  /** Ms that a command waits for a leader of its partition. */
  leaderWaitMs: 4_000,
  /** Ms in which a former leader may still answer, once another one is known … */
  formerLeaderMs: 300,
  /** … and as long as its node is heard. */
  formerLeaderHeardMs: 2_000,
  /** Commands of one node that wait for a leader or its answer, and their bytes. */
  forwardCountMax: 65_536,
  forwardBytesMax: 64 * 1024 * 1024,
  /** Bytes of one command that is sent to another node. */
  forwardedBytesMax: 16 * 1024 * 1024,
  /** Requests for one partition that one node may have unanswered. */
  forwardsInFlightMax: 1_024,
  /** Keys that a leader watches for sessions of other nodes. */
  forwardedWatchCountMax: 65_536,
  /** Ms in which the leader of the meta group must say whether it knows a script. */
  scriptCheckMs: 1_000,

  // Cluster
  /** Parts of one snapshot that may be under way; each is one read of the state. */
  snapshotPartsInFlightMax: 4,
  /** Ticks without an answer of the follower after which a snapshot is given up: 10 s. */
  snapshotIdleTicksMax: 200,
  /** Changes of the cluster that operators wait for at one node, and for how many ms. */
  clusterChangesMax: 64,
  clusterChangeMs: 60_000,
  /** The largest incarnation of a node, see `ReplicaId`. */
  incarnationMax: 2 ** 20 - 1,
  /** Ms for which a group stays with the leader that an operator gave it. */
  leaderPinMs: 3_600_000,
  /** Ms that a graceful stop spends on handing leadership over. */
  drainMs: 2_000,
  /** Ms that the first start of a node waits for a peer that knows the cluster. */
  introductionMs: 1_500,
  /** Ms that a node that joins, or comes back without its data, waits for one. */
  joinMs: 30_000,
} as const;
