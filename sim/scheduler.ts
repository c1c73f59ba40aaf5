import { Heap } from './heap.ts';

/** Something that happens at a moment of virtual time; `cancel` forgets it. */
export interface Scheduled {
  cancel(): void;
}

/** How many events of one moment keep the order in which they were scheduled. */
const ordersPerMoment = 65_536;

class Event implements Scheduled {
  readonly key: number;
  run: (() => void) | undefined;

  constructor(key: number, run: () => void) {
    this.key = key;
    this.run = run;
  }

  cancel(): void {
    this.run = undefined;
  }
}

/**
 * The only source of order and of time of a simulated world: a queue of events by virtual time,
 * in microseconds. Nothing waits: the clock jumps from one event to the next. Everything that
 * happens is mixed into a hash, so that two runs of one seed can be compared.
 */
export class Scheduler {
  readonly #queue = new Heap<Event>();
  #order = 0;
  #nowMicros = 0;
  #eventCount = 0;
  #hashLow = 0x811c9dc5 | 0;
  #hashHigh = 0x1b873593 | 0;

  get nowMicros(): number {
    return this.#nowMicros;
  }

  get nowMs(): number {
    return this.#nowMicros / 1000;
  }

  get eventCount(): number {
    return this.#eventCount;
  }

  get pendingCount(): number {
    return this.#queue.size;
  }

  /** Everything that happened so far, in sixteen hexadecimal digits. */
  get hash(): string {
    return hex32(this.#hashHigh) + hex32(this.#hashLow);
  }

  /** Schedules `run` for `delayMicros` from now, after what was scheduled for then already. */
  after(delayMicros: number, run: () => void): Scheduled {
    this.#order = (this.#order + 1) % ordersPerMoment;
    const at = this.#nowMicros + Math.max(0, Math.round(delayMicros));
    const event = new Event(at * ordersPerMoment + this.#order, run);
    this.#queue.add(event);
    return event;
  }

  /** Runs the next event; false if there is none up to `untilMicros`. */
  step(untilMicros: number): boolean {
    for (;;) {
      const next = this.#queue.peek();
      if (next === undefined || next.key >= (untilMicros + 1) * ordersPerMoment) {
        this.#nowMicros = Math.max(this.#nowMicros, untilMicros);
        return false;
      }
      this.#queue.take();
      const { run } = next;
      if (run === undefined) continue;
      this.#nowMicros = Math.floor(next.key / ordersPerMoment);
      this.#eventCount += 1;
      this.note(this.#nowMicros);
      run();
      return true;
    }
  }

  /** Mixes a number of up to 53 bits into the hash. */
  note(value: number): void {
    const high = Math.floor(value / 0x1_0000_0000);
    this.#hashLow = Math.imul(this.#hashLow ^ value, 0x01000193) ^ (this.#hashHigh >>> 15);
    this.#hashHigh = Math.imul(this.#hashHigh ^ high ^ this.#hashLow, 0x85ebca6b);
  }
}

function hex32(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}
