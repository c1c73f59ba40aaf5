import { assertNever } from '../base/assert.ts';
import { ByteReader } from '../base/byte-reader.ts';
import { ByteWriter } from '../base/byte-writer.ts';
import { FencepostError } from '../base/errors.ts';
import type { Answer, Response } from './forwarded.ts';
import { readReply, writeReply } from './reply-codec.ts';

const tags = { done: 1, refused: 2, lost: 3, forgotten: 4 } as const;

const writer = new ByteWriter();

export function encodeResponse({ startId, id, partition, answer }: Response): Buffer {
  writer.string(startId);
  writer.varint(id);
  writer.varint(partition);
  writer.u8(tags[answer.kind]);
  switch (answer.kind) {
    case 'done':
      writer.varint(answer.metaIndex);
      writeReply(writer, answer.reply);
      break;
    case 'refused':
      writer.varint(answer.term);
      writer.varint(answer.leader);
      break;
    case 'lost':
    case 'forgotten':
      break;
    default:
      assertNever(answer);
  }
  return writer.take();
}

/** @throws FencepostError `DATA_DAMAGED` if the bytes are no response */
export function decodeResponse(body: Buffer): Response {
  const reader = new ByteReader(body);
  const startId = reader.string();
  const id = reader.varint();
  const partition = reader.varint();
  const answer = readAnswer(reader);
  if (!reader.done) throw new FencepostError('DATA_DAMAGED', 'bytes follow a response');
  return { startId, id, partition, answer };
}

function readAnswer(reader: ByteReader): Answer {
  const tag = reader.u8();
  switch (tag) {
    case tags.done: {
      const metaIndex = reader.varint();
      return { kind: 'done', reply: readReply(reader), metaIndex };
    }
    case tags.refused: {
      const term = reader.varint();
      return { kind: 'refused', term, leader: reader.varint() };
    }
    case tags.lost:
      return { kind: 'lost' };
    case tags.forgotten:
      return { kind: 'forgotten' };
    default:
      throw new FencepostError('DATA_DAMAGED', `no answer begins with the byte ${tag}`);
  }
}
