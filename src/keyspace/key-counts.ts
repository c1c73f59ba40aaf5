/** What INFO tells of lookups and of expiry, as Redis counts them (redis.io/commands/info). */
export class KeyCounts {
  /** Lookups of commands that read a key, and found it. */
  hitCount = 0;
  /** Lookups of commands that read a key, and did not find it. */
  missCount = 0;
  /** Keys that were freed because their time was over. */
  expiredCount = 0;
}
