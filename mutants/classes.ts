import type { BugClass } from './mutant.ts';

/** Classes of bugs that real consensus systems have shipped; mutants and comments name them. */
export const classes: readonly BugClass[] = [
  { id: 'B1', title: 'term or vote not on disk, or lost when the log is rewritten' },
  { id: 'B2', title: 'a voter goes on to accept the leader that it voted out' },
  { id: 'B3', title: 'one-step membership changes with disjoint majorities' },
  { id: 'B4', title: 'commit of an earlier term by counting (Figure 3.7)' },
  { id: 'B5', title: 'reads before the first commit of the own term' },
  { id: 'B6', title: 'a new leader mints before it has applied' },
  { id: 'B7', title: 'an old read round confirms a new read' },
  { id: 'B8', title: 'elections that refuse each other for ever' },
  { id: 'B9', title: 'a leader of an old term that never learns of the new one' },
  { id: 'B10', title: 'leases counted wrongly' },
  { id: 'B11', title: 'a single node acknowledges before its fsync' },
  { id: 'B12', title: 'a write vouches for the entry that took its place' },
  { id: 'B13', title: 'state and log do not fit together' },
  { id: 'B14', title: 'members lost by a state or a restart' },
  {
    id: 'B15',
    title: 'an answer of an earlier replication session',
    impossible:
      'An answer names its term and session, and even without the session it stays true: within ' +
      'a term a replica only ever loses its log together with its incarnation, and then it is ' +
      'another replica. `test/raft/replication.test.ts` shows the rule.',
  },
  { id: 'B16', title: 'entries that match are cut' },
  { id: 'B17', title: 'the wrong log counts as up to date' },
  { id: 'B18', title: 'quorums that are too small, or count the wrong ones' },
  { id: 'B19', title: 'the term changes between check and append' },
  { id: 'B20', title: 'success for an entry that was cut' },
  { id: 'B21', title: 'the applied index apart from the state' },
  { id: 'B22', title: 'committed entries twice, or never' },
  { id: 'B23', title: 'compacted beyond a slow follower' },
  { id: 'B24', title: 'an old leader goes on to expire leases' },
  { id: 'B25', title: 'a grant to somebody who no longer waits' },
  { id: 'B26', title: 'a promoted learner that does not vote' },
  { id: 'B27', title: 'what was not synced is lost' },
  { id: 'B28', title: 'an entry that no replica can apply' },
  { id: 'B29', title: 'a removed leader leads on' },
  { id: 'B30', title: 'a half restored state is served' },
  { id: 'B31', title: 'a reply to another request' },
  { id: 'B32', title: 'a node id used again' },
  { id: 'B33', title: 'minted and not installed' },
];
