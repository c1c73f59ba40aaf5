/**
 * Operating errors: what can go wrong outside the program (a disk, a port, a flag). Their codes
 * are stable and may be matched on; their messages are for people and may change.
 */

/** Every code that a `FencepostError` can carry, with the situation it names. */
export const errorCodes = {
  BAD_OPTION: 'a flag, variable or file of options is not valid',
  ADDRESS_IN_USE: 'another process listens on the address',
  ADDRESS_UNAVAILABLE: 'the address does not belong to this machine or may not be bound',
  DATA_FOLDER_IN_USE: 'another process has the data folder open',
  DATA_FOLDER_UNUSABLE: 'the data folder cannot be created, read or written',
  DATA_DAMAGED: 'the stored log or state is not what was acknowledged',
  DATA_FORMAT: 'the data folder was written by a version this one cannot read',
  DISK_FAILED: 'a write or a sync of the log failed',
  DISK_FULL: 'the disk has no space left for the log',
  NOT_LEADER: 'this replica does not lead its partition',
  PEER_PROTOCOL: 'bytes on a link between nodes are not what the protocol says',
  PEER_REFUSED: 'a node and one of its peers do not take each other for members of one cluster',
  PEER_SECRET_MISSING: 'a peer port off the loopback interface needs a cluster secret',
} as const satisfies Record<string, string>;

export type ErrorCode = keyof typeof errorCodes;

/** An operating error with a stable `code`; `cause` is the error of the system below, if any. */
export class FencepostError extends Error {
  override readonly name = 'FencepostError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
