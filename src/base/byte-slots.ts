import { assert } from './assert.ts';

/**
 * Many short runs of bytes in few buffers.
 *
 * A string or a buffer of its own costs a run of 30 bytes three times that in the heads of
 * objects, and gives the garbage collector an object to visit and holes to leave behind. Here a
 * run gets a slot in a page of slots of one size; the sizes are so close to each other that little
 * of a slot is wasted. A page whose slots are all free again goes back to the system.
 *
 * A slot is named by its address: the number of its page times `pageBytes`, plus its offset there.
 */
export class ByteSlots {
  readonly #pages: (Page | undefined)[] = [];
  readonly #freeNumbers: number[] = [];
  /** By class of size, the pages that have a free slot. */
  readonly #open: Page[][] = [];

  /** @returns the address of a slot for that many bytes, whose content is undefined */
  allocate(byteCount: number): number {
    if (byteCount > sharedBytesMax) return this.#addPage(byteCount, byteCount).number * pageBytes;
    const slotClass = classOf(byteCount);
    let pages = this.#open[slotClass];
    if (pages === undefined) {
      pages = [];
      for (let at = this.#open.length; at < slotClass; at += 1) this.#open.push([]);
      this.#open[slotClass] = pages;
    }
    const page = pages.at(-1) ?? this.#openPage(pages, slotBytesOf(byteCount));
    const offset = takeSlot(page);
    if (isFull(page)) {
      pages.pop();
      page.openPosition = -1;
    }
    return page.number * pageBytes + offset;
  }

  /** Gives back a slot that `allocate` returned. */
  free(address: number): void {
    const page = this.#pageAt(address);
    assert(page.usedCount > 0, 'a slot is freed once');
    page.usedCount -= 1;
    if (page.slotBytes > sharedBytesMax) return this.#dropPage(page);
    const pages = this.#open[classOf(page.slotBytes)];
    assert(pages !== undefined, 'a page of slots has a class');
    const offset = address % pageBytes;
    page.bytes.writeInt32LE(page.freeOffset, offset);
    page.freeOffset = offset;
    if (page.openPosition === -1) {
      page.openPosition = pages.length;
      pages.push(page);
    }
    // One page stays: a lock that is taken and released for ever needs no new page each time.
    if (page.usedCount > 0 || pages.length === 1) return;
    const last = pages.pop();
    if (last !== undefined && last !== page) {
      last.openPosition = page.openPosition;
      pages[page.openPosition] = last;
    }
    this.#dropPage(page);
  }

  /** The buffer in which the slot is, from `offsetOf(address)` on. */
  bytesAt(address: number): Buffer {
    return this.#pageAt(address).bytes;
  }

  /** Bytes of all buffers. */
  get byteCount(): number {
    return this.#pages.reduce((sum, page) => sum + (page?.bytes.length ?? 0), 0);
  }

  #openPage(pages: Page[], slotBytes: number): Page {
    const page = this.#addPage(pageBytes, slotBytes);
    page.usedCount = 0;
    page.openPosition = pages.length;
    pages.push(page);
    return page;
  }

  #addPage(byteCount: number, slotBytes: number): Page {
    const number = this.#freeNumbers.pop() ?? this.#pages.length;
    // Not from the pool that small buffers share: it would keep other slices of it alive.
    const bytes = Buffer.allocUnsafeSlow(byteCount);
    const page = { number, bytes, slotBytes, usedCount: 1, freshOffset: 0, freeOffset: -1 };
    const added: Page = { ...page, openPosition: -1 };
    this.#pages[number] = added;
    return added;
  }

  #dropPage({ number }: Page): void {
    this.#pages[number] = undefined;
    this.#freeNumbers.push(number);
  }

  #pageAt(address: number): Page {
    const page = this.#pages[Math.floor(address / pageBytes)];
    assert(page !== undefined, 'an address names a page that is there');
    return page;
  }
}

/** Where the slot begins in the buffer that `bytesAt` returns. */
export function offsetOf(address: number): number {
  return address % pageBytes;
}

interface Page {
  readonly number: number;
  readonly bytes: Buffer;
  readonly slotBytes: number;
  usedCount: number;
  /** From here on no slot was ever used. */
  freshOffset: number;
  /** The slot that was freed last, in whose bytes is the one before it; -1 if there is none. */
  freeOffset: number;
  /** Place among the pages of its class that have a free slot; -1 if it has none. */
  openPosition: number;
}

/** Large enough that the heads of pages do not count, small enough for a class of few slots. */
const pageBytes = 16 * 1024;
/** Longer runs get a buffer of their own. */
const sharedBytesMax = 1024;
/** Slots grow in steps of 8 bytes up to this, then in steps of 64. */
const fineBytesMax = 256;
const fineStep = 8;
const coarseStep = 64;

function classOf(byteCount: number): number {
  if (byteCount <= fineBytesMax) return Math.ceil(Math.max(byteCount, 1) / fineStep) - 1;
  return fineBytesMax / fineStep + Math.ceil((byteCount - fineBytesMax) / coarseStep) - 1;
}

function slotBytesOf(byteCount: number): number {
  const step = byteCount <= fineBytesMax ? fineStep : coarseStep;
  return Math.ceil(Math.max(byteCount, 1) / step) * step;
}

function takeSlot(page: Page): number {
  page.usedCount += 1;
  if (page.freeOffset !== -1) {
    const offset = page.freeOffset;
    page.freeOffset = page.bytes.readInt32LE(offset);
    return offset;
  }
  const offset = page.freshOffset;
  page.freshOffset += page.slotBytes;
  return offset;
}

function isFull({ freeOffset, freshOffset, slotBytes, bytes }: Page): boolean {
  return freeOffset === -1 && freshOffset + slotBytes > bytes.length;
}
