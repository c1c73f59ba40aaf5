import { FencepostError } from '../base/errors.ts';
import { findConfigurationFault } from './configuration.ts';
import { decodeConfiguration } from './configuration-codec.ts';
import type { AppendAccepted, AppendEntries, HeartbeatReply, Message } from './message.ts';
import type { Replica } from './replica.ts';
import { findPeer } from './replication.ts';
import type { Configuration, Entry, ReplicaId, SnapshotPlace } from './types.ts';

/**
 * What no working replica sends, however late, doubled or reordered it arrives. It must not stop a
 * process that only listens to it: whoever sent it loses its link.
 *
 * What consensus rules out stays an assertion: a second leader in a term, or a leader that lacks a
 * committed entry. After that no answer is right any more.
 */

/** How far one message may be ahead in terms; a term is an election, and takes some ms at least. */
const termLeapMax = 2 ** 32;
/** Indexes, terms and times stay far from where adding one changes nothing (2^53). */
const numberMax = 2 ** 52;

/** @throws FencepostError `PEER_PROTOCOL`; nothing has changed then */
export function checkMessage(replica: Replica, from: ReplicaId, message: Message): void {
  if (message.term > Math.min(replica.term + termLeapMax, numberMax)) {
    throw fault(`a term of ${message.term} after ${replica.term}`);
  }
  if (message.term < replica.term) return;
  switch (message.kind) {
    case 'append-entries':
      return checkAppend(replica, message);
    case 'append-accepted':
      return checkAccepted(replica, from, message);
    case 'heartbeat':
      if (message.commitIndex <= replica.log.lastIndex) return;
      throw fault(`${message.commitIndex} committed of a log up to ${replica.log.lastIndex}`);
    case 'heartbeat-reply':
      return checkReadId(replica, from, message);
    case 'install-snapshot':
      return checkPlace(message.snapshot, message.term);
    default:
  }
}

function checkAppend(replica: Replica, message: AppendEntries): void {
  let { previousIndex: index, previousTerm: term } = message;
  let timeMs = 0;
  for (const entry of message.entries) {
    if (entry.index !== index + 1) throw fault(`entry ${entry.index} after ${index}`);
    if (entry.term < term || entry.term > message.term) {
      throw fault(`entry ${index} of term ${entry.term} in a message of term ${message.term}`);
    }
    if (entry.timeMs < timeMs || entry.timeMs > numberMax) {
      throw fault(`entry ${index} at ${entry.timeMs} ms after ${timeMs} ms`);
    }
    if (entry.kind === 'configuration') checkMembers(configurationOf(entry));
    ({ index, term, timeMs } = entry);
  }
  checkAttachment(replica, message);
}

/** What would be appended goes on from the entry before it here, which is the leader's as well. */
function checkAttachment({ log, commitIndex }: Replica, message: AppendEntries): void {
  const { previousIndex, previousTerm, entries } = message;
  if (previousIndex > commitIndex && log.findTerm(previousIndex) !== previousTerm) return;
  const first = entries.find(
    ({ index, term }) => index > log.baseIndex && log.findTerm(index) !== term,
  );
  if (first === undefined) return;
  const before = log.findPlaceBefore(first.index);
  if (before === undefined || (first.term >= before.term && first.timeMs >= before.timeMs)) return;
  throw fault(`entry ${first.index} of an earlier term or time than the one before it`);
}

function checkAccepted(replica: Replica, from: ReplicaId, message: AppendAccepted): void {
  if (message.term !== replica.term) return;
  const { lastIndex } = replica.log;
  if (findPeer(replica.leadership, from, message.session) === undefined) return;
  if (message.matchIndex <= lastIndex) return;
  throw fault(`entry ${message.matchIndex} accepted of a log up to ${lastIndex}`);
}

function checkReadId({ term, leadership }: Replica, from: ReplicaId, message: HeartbeatReply) {
  if (message.term !== term || leadership?.peers.has(from) !== true) return;
  const { latestStartedId } = leadership.reads;
  if (message.readId <= latestStartedId) return;
  throw fault(`read round ${message.readId} answered, ${latestStartedId} was the last`);
}

function checkPlace({ index, term, timeMs, configuration }: SnapshotPlace, leaderTerm: number) {
  if (term > leaderTerm || index > numberMax || timeMs > numberMax) {
    throw fault(`a state up to entry ${index} of term ${term} at ${timeMs} ms`);
  }
  checkMembers(configuration);
}

function configurationOf({ payload }: Entry): Configuration {
  try {
    return decodeConfiguration(payload);
  } catch (failure) {
    if (!(failure instanceof FencepostError)) throw failure;
    throw new FencepostError('PEER_PROTOCOL', failure.message, failure);
  }
}

function checkMembers(configuration: Configuration): void {
  const found = configuration.voters.length === 0 ? 'nobody votes' : undefined;
  const text = found ?? findConfigurationFault(configuration);
  if (text !== undefined) throw fault(`a configuration in which ${text}`);
}

function fault(what: string): FencepostError {
  return new FencepostError('PEER_PROTOCOL', `no replica sends ${what}`);
}
