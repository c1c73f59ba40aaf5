import { assertNever } from '../base/assert.ts';
import { ByteReader } from '../base/byte-reader.ts';
import { ByteWriter } from '../base/byte-writer.ts';
import { FencepostError } from '../base/errors.ts';
import type { AppendEntries, Message } from '../raft/message.ts';
import {
  type Entry,
  type Index,
  indexOf,
  type SnapshotPlace,
  type Term,
  termOf,
} from '../raft/types.ts';
import { readConfiguration, readEntry, writeConfiguration, writeEntry } from './entry-codec.ts';

/*
 * The bytes of a message of raft: a code for its kind, its term, and the other fields in the
 * order of their declaration. Codes are never used again for another kind; a field that is added
 * to a message is a new version of the protocol.
 */

const codes = {
  'pre-vote': 1,
  'pre-vote-reply': 2,
  'request-vote': 3,
  'request-vote-reply': 4,
  'append-entries': 5,
  'append-accepted': 6,
  'append-rejected': 7,
  heartbeat: 8,
  'heartbeat-reply': 9,
  'stale-term': 10,
  'install-snapshot': 11,
  'timeout-now': 12,
} as const satisfies Record<Message['kind'], number>;

const kinds = new Map(kindsOf(codes));

/** `as`: the keys of `codes` are exactly the kinds, as `satisfies` there has checked. */
function kindsOf(table: typeof codes): [number, Message['kind']][] {
  return Object.entries(table).map(([kind, code]) => [code, kind as Message['kind']]);
}

/** The bytes of one message alone. */
export function encodeMessage(message: Message): Buffer {
  const writer = new ByteWriter();
  writeMessage(writer, message);
  return writer.take();
}

/**
 * @param bytes what `encodeMessage` returned, and nothing after it
 * @throws FencepostError `DATA_DAMAGED` or `PEER_PROTOCOL`
 */
export function decodeMessage(bytes: Buffer): Message {
  const reader = new ByteReader(bytes);
  const message = readMessage(reader);
  if (!reader.done) throw new FencepostError('PEER_PROTOCOL', 'bytes after a message');
  return message;
}

export function writeMessage(writer: ByteWriter, message: Message): void {
  writer.u8(codes[message.kind]);
  writer.varint(message.term);
  switch (message.kind) {
    case 'pre-vote':
      writer.varint(message.lastIndex);
      return writer.varint(message.lastTerm);
    case 'request-vote':
      writer.varint(message.lastIndex);
      writer.varint(message.lastTerm);
      return writeFlag(writer, message.transfer);
    case 'pre-vote-reply':
    case 'request-vote-reply':
      return writeFlag(writer, message.granted);
    case 'append-entries':
      return writeAppend(writer, message);
    case 'append-accepted':
      writer.varint(message.session);
      return writer.varint(message.matchIndex);
    case 'append-rejected':
      writer.varint(message.session);
      writer.varint(message.previousIndex);
      writer.varint(message.hintIndex);
      return writer.varint(message.hintTerm);
    case 'heartbeat':
      writer.varint(message.commitIndex);
      writer.varint(message.readId);
      return writeFlag(writer, message.quiesce);
    case 'heartbeat-reply':
      return writer.varint(message.readId);
    case 'install-snapshot':
      writer.varint(message.session);
      return writePlace(writer, message.snapshot);
    case 'stale-term':
    case 'timeout-now':
      return;
    default:
      return assertNever(message);
  }
}

/** @throws FencepostError `DATA_DAMAGED` or `PEER_PROTOCOL` if the bytes are no message */
export function readMessage(reader: ByteReader): Message {
  const code = reader.u8();
  const kind = kinds.get(code);
  if (kind === undefined) throw new FencepostError('PEER_PROTOCOL', `message of kind ${code}`);
  const term = termOf(reader.varint());
  switch (kind) {
    case 'pre-vote':
      return { kind, term, ...readLogEnd(reader) };
    case 'request-vote':
      return { kind, term, ...readLogEnd(reader), transfer: readFlag(reader) };
    case 'pre-vote-reply':
    case 'request-vote-reply':
      return { kind, term, granted: readFlag(reader) };
    case 'append-entries':
      return readAppend(reader, term);
    case 'append-accepted':
      return { kind, term, session: reader.varint(), matchIndex: indexOf(reader.varint()) };
    case 'append-rejected':
      return {
        kind,
        term,
        session: reader.varint(),
        previousIndex: indexOf(reader.varint()),
        hintIndex: indexOf(reader.varint()),
        hintTerm: termOf(reader.varint()),
      };
    case 'heartbeat':
      return {
        kind,
        term,
        commitIndex: indexOf(reader.varint()),
        readId: reader.varint(),
        quiesce: readFlag(reader),
      };
    case 'heartbeat-reply':
      return { kind, term, readId: reader.varint() };
    case 'install-snapshot':
      return { kind, term, session: reader.varint(), snapshot: readPlace(reader) };
    case 'stale-term':
    case 'timeout-now':
      return { kind, term };
    default:
      return assertNever(kind);
  }
}

function readLogEnd(reader: ByteReader): { readonly lastIndex: Index; readonly lastTerm: Term } {
  return { lastIndex: indexOf(reader.varint()), lastTerm: termOf(reader.varint()) };
}

function writeAppend(writer: ByteWriter, message: AppendEntries): void {
  writer.varint(message.session);
  writer.varint(message.previousIndex);
  writer.varint(message.previousTerm);
  writer.varint(message.commitIndex);
  writer.varint(message.entries.length);
  for (const entry of message.entries) writeEntry(writer, entry);
}

function readAppend(reader: ByteReader, term: Term): AppendEntries {
  const session = reader.varint();
  const previousIndex = indexOf(reader.varint());
  const previousTerm = termOf(reader.varint());
  const commitIndex = indexOf(reader.varint());
  const count = reader.varint();
  const entries: Entry[] = [];
  for (let at = 0; at < count; at += 1) entries.push(readEntry(reader));
  const kind = 'append-entries';
  return { kind, term, session, previousIndex, previousTerm, entries, commitIndex };
}

function writePlace(writer: ByteWriter, place: SnapshotPlace): void {
  writer.varint(place.index);
  writer.varint(place.term);
  writer.varint(place.timeMs);
  writeConfiguration(writer, place.configuration);
}

function readPlace(reader: ByteReader): SnapshotPlace {
  const index = indexOf(reader.varint());
  const term = termOf(reader.varint());
  return { index, term, timeMs: reader.varint(), configuration: readConfiguration(reader) };
}

function writeFlag(writer: ByteWriter, value: boolean): void {
  writer.u8(value ? 1 : 0);
}

function readFlag(reader: ByteReader): boolean {
  const value = reader.u8();
  if (value > 1) throw new FencepostError('PEER_PROTOCOL', `a flag of ${value}`);
  return value === 1;
}
