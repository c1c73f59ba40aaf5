/** What the node's timer works with. */
export const timing = {
  tickMs: 50,
  /** A leader that was not heard for 0.5 s to 1 s is replaced (thesis 9.3). */
  electionTimeoutTicks: 10,
  /** Two of the three in an election timeout may be lost. */
  heartbeatTicks: 3,
  /** Ticks in which nothing happens until a group falls silent. */
  quiesceTicks: 20,
  /** A loop that did not look at its clock for a tick and this much more is late. */
  lateMs: 100,
  /** Ticks after which log time moves while leases exist and nothing else happens. */
  timeEntryTicks: 20,
  /** Ticks between two looks at members and leaders. */
  maintenanceTicks: 20,
  /** A node that was not heard for so long may be down. */
  silentMs: 1_000,
  /** Leadership goes back to a node once it was reachable for so long. */
  steadyMs: 3_000,
  /** A founder that has lost its leader waits so long for a record, which takes 1.5 s at most. */
  foundingPatienceMs: 5_000,
} as const;
