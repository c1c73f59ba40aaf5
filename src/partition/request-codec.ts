import { assertNever } from '../base/assert.ts';
import { ByteReader } from '../base/byte-reader.ts';
import type { ByteString } from '../base/byte-string.ts';
import { ByteWriter } from '../base/byte-writer.ts';
import { FencepostError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { ForwardedCommand, Request, Work } from './forwarded.ts';

const tags = { command: 1, transaction: 2, watch: 3, unwatch: 4 } as const;

const writer = new ByteWriter();

export function encodeRequest(request: Request): Buffer {
  writer.string(request.startId);
  writer.varint(request.id);
  writer.varint(request.partition);
  writer.varint(request.term);
  writer.varint(request.metaIndex);
  writeWork(request.work);
  return writer.take();
}

/** @throws FencepostError `DATA_DAMAGED` if the bytes are no request */
export function decodeRequest(body: Buffer): Request {
  const reader = new ByteReader(body);
  const startId = reader.string();
  const id = reader.varint();
  const partition = reader.varint();
  const term = reader.varint();
  const metaIndex = reader.varint();
  const work = readWork(reader);
  if (!reader.done) throw damaged('bytes follow a request');
  return { startId, id, partition, term, metaIndex, work };
}

function writeWork(work: Work): void {
  writer.u8(tags[work.kind]);
  switch (work.kind) {
    case 'command':
      writer.u8(work.protocol);
      writer.string(work.requestId);
      return writeCommand(work);
    case 'transaction':
      writer.u8(work.protocol);
      writer.varint(work.sessionId);
      writer.varint(work.watchedCount);
      writer.varint(work.queue.length);
      for (const command of work.queue) writeCommand(command);
      return;
    case 'watch':
      writer.varint(work.sessionId);
      writer.varint(work.db);
      return writeStrings(work.keys);
    case 'unwatch':
      return writer.varint(work.sessionId);
    default:
      return assertNever(work);
  }
}

function writeCommand({ db, args }: ForwardedCommand): void {
  writer.varint(db);
  writeStrings(args);
}

function writeStrings(strings: readonly ByteString[]): void {
  writer.varint(strings.length);
  for (const each of strings) writer.string(each);
}

function readWork(reader: ByteReader): Work {
  const tag = reader.u8();
  switch (tag) {
    case tags.command: {
      const protocol = readProtocol(reader);
      const requestId = reader.string();
      return { kind: 'command', protocol, requestId, ...readCommand(reader) };
    }
    case tags.transaction: {
      const protocol = readProtocol(reader);
      const sessionId = reader.varint();
      const watchedCount = reader.varint();
      const queue = readMany(reader, readCommand);
      return { kind: 'transaction', protocol, sessionId, watchedCount, queue };
    }
    case tags.watch: {
      const sessionId = reader.varint();
      const db = readDb(reader);
      return { kind: 'watch', sessionId, db, keys: readMany(reader, readString) };
    }
    case tags.unwatch:
      return { kind: 'unwatch', sessionId: reader.varint() };
    default:
      throw damaged(`no request begins with the byte ${tag}`);
  }
}

function readCommand(reader: ByteReader): ForwardedCommand {
  const db = readDb(reader);
  const args = readMany(reader, readString);
  if (args.length === 0) throw damaged('a command without a name');
  return { db, args };
}

function readString(reader: ByteReader): ByteString {
  return reader.string();
}

function readMany<Item>(reader: ByteReader, read: (reader: ByteReader) => Item): readonly Item[] {
  const items: Item[] = [];
  for (let count = reader.varint(); count > 0; count -= 1) items.push(read(reader));
  return items;
}

function readDb(reader: ByteReader): number {
  const db = reader.varint();
  if (db >= limits.databaseCount) throw damaged(`there is no database ${db}`);
  return db;
}

function readProtocol(reader: ByteReader): 2 | 3 {
  const protocol = reader.u8();
  if (protocol !== 2 && protocol !== 3) throw damaged(`there is no protocol ${protocol}`);
  return protocol;
}

function damaged(text: string): FencepostError {
  return new FencepostError('DATA_DAMAGED', text);
}
