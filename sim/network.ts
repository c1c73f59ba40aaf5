import type { Prng } from '../src/base/prng.ts';
import type { OpaquePacket } from '../src/transport/packet.ts';
import type { NetworkProfile } from './profile.ts';
import type { Scheduler } from './scheduler.ts';

/** What the ends of a link do with what comes out of it. */
export interface NetworkPort<Frame> {
  /** A frame whose loss or repetition consensus copes with. */
  receiveFrame(to: number, from: number, frame: Frame): void;
  /** A packet of a stream: in order, each once, while the link lives. */
  receiveStream(to: number, from: number, packet: OpaquePacket): void;
  /** Whether both ends take a link from one to the other. */
  shakeHands(from: number, to: number): boolean;
  /** The link over which `from` sends to `to` came up or was lost: both ends notice. */
  linkChanged(from: number, to: number, up: boolean): void;
  /** Whether a process runs there that could take anything. */
  isUp(nodeId: number): boolean;
  /** Whether it runs at this moment, and so sends signs of life. */
  isActive(nodeId: number): boolean;
}

/** One direction between two nodes. */
interface Link {
  readonly from: number;
  readonly to: number;
  /** Its process wants to send on it. */
  dialled: boolean;
  blocked: boolean;
  up: boolean;
  /** Another number for every connection; what belongs to an earlier one is lost. */
  epoch: number;
  /** Stream packets leave in order. */
  streamAtMicros: number;
  held: OpaquePacket[];
  /** When anything was last heard that came this way; undefined if never. */
  heardAtMicros: number | undefined;
}

/** A peer that is silent for so long is given up (transport: idle deadline). */
const silenceMicros = 2_000_000;
const reconnectMicros = { least: 50_000, most: 1_000_000 };
const holdBackMicrosMax = 2_000_000;

/**
 * Links between nodes. Frames of consensus may be lost, repeated, late and out of order, which is
 * more than a TCP connection does: the core must not depend on it. Streams are like TCP: in order
 * and once, or the connection breaks and both ends notice.
 */
export class Network<Frame> {
  readonly #scheduler: Scheduler;
  readonly #prng: Prng;
  readonly #port: NetworkPort<Frame>;
  readonly #links = new Map<number, Link>();
  #profile: NetworkProfile;
  lostCount = 0;
  duplicateCount = 0;

  constructor(options: {
    readonly scheduler: Scheduler;
    readonly prng: Prng;
    readonly profile: NetworkProfile;
    readonly port: NetworkPort<Frame>;
  }) {
    this.#scheduler = options.scheduler;
    this.#prng = options.prng;
    this.#profile = options.profile;
    this.#port = options.port;
  }

  /** A process starts: what was sent to the one before it is lost, and its peers notice. */
  join(nodeId: number): void {
    for (const link of this.#links.values()) {
      if (link.to === nodeId && link.up) this.#break(link);
      if (link.to === nodeId) link.heardAtMicros = undefined;
    }
  }

  /** From now on the process keeps a link open to these nodes and to no others. */
  dial(from: number, peers: readonly number[]): void {
    for (const link of this.#links.values()) {
      if (link.from !== from || !link.dialled || peers.includes(link.to)) continue;
      link.dialled = false;
      if (link.up) this.#break(link);
      const back = this.#link(link.to, from);
      if (back.up) this.#break(back);
    }
    for (const to of peers) {
      const link = this.#link(from, to);
      link.dialled = true;
      this.#connectLater(link);
    }
  }

  /** The process is gone; its peers notice at once, or not before the line is silent. */
  leave(nodeId: number, silently: boolean): void {
    for (const link of this.#links.values()) {
      if (link.from === nodeId) link.dialled = false;
      if ((link.from !== nodeId && link.to !== nodeId) || !link.up) continue;
      this.#forget(link);
      const { epoch } = link;
      this.#scheduler.after(silently ? silenceMicros : this.#prng.below(1_000), () => {
        if (link.epoch === epoch && link.up) this.#break(link);
      });
    }
  }

  /** When `to` last heard of `from`: links that carry nothing else carry signs of life. */
  heardAtMicros(from: number, to: number): number | undefined {
    const link = this.#link(from, to);
    const connected = link.up || this.#link(to, from).up;
    if (connected && !link.blocked && this.#port.isActive(from)) {
      link.heardAtMicros = this.#scheduler.nowMicros;
    }
    return link.heardAtMicros;
  }

  /** Whether packets go both ways now. */
  isOpen(from: number, to: number): boolean {
    return !this.#link(from, to).blocked && !this.#link(to, from).blocked;
  }

  sendFrame(from: number, to: number, frame: Frame): void {
    const link = this.#link(from, to);
    // It is no peer any more, so that there is no connection that a frame could leave on.
    if (!link.dialled) return;
    const { lossOneIn, duplicateOneIn, holdBackOneIn } = this.#profile;
    if (link.blocked || this.#happens(lossOneIn)) {
      this.lostCount += 1;
      return;
    }
    const copies = this.#happens(duplicateOneIn) ? 2 : 1;
    if (copies === 2) this.duplicateCount += 1;
    for (let copy = 0; copy < copies; copy += 1) {
      const late = this.#happens(holdBackOneIn) ? this.#prng.below(holdBackMicrosMax) : 0;
      this.#scheduler.after(this.#delay() + late, () => {
        if (!link.blocked && this.#port.isUp(to)) this.#port.receiveFrame(to, from, frame);
      });
    }
  }

  /** Whether there is a connection now. */
  isUp(from: number, to: number): boolean {
    return this.#link(from, to).up;
  }

  /** False if there is no connection now. */
  sendStream(from: number, to: number, packet: OpaquePacket): boolean {
    const link = this.#link(from, to);
    if (!link.up) return false;
    this.#stream(link, packet);
    return true;
  }

  /** Nothing goes this way from now on, until `unblock`. */
  block(from: number, to: number): void {
    const link = this.#link(from, to);
    if (link.blocked) return;
    link.blocked = true;
    const { epoch } = link;
    this.#scheduler.after(silenceMicros, () => {
      if (!link.blocked || link.epoch !== epoch) return;
      this.#break(link);
      // The acknowledgements of the other connection go this way.
      this.reset(to, from);
    });
  }

  unblock(from: number, to: number): void {
    const link = this.#link(from, to);
    if (!link.blocked) return;
    link.blocked = false;
    const { held } = link;
    link.held = [];
    for (const packet of held) this.#stream(link, packet);
    if (!link.up) this.#connectLater(link);
  }

  /** Cuts the connection of one direction; it is made anew. */
  reset(from: number, to: number): void {
    const link = this.#link(from, to);
    if (link.up) this.#break(link);
  }

  /** Ends every fault: what is sent now arrives, once, in order and soon. */
  heal(): void {
    this.#profile = { delayMicrosMax: 300, lossOneIn: 0, duplicateOneIn: 0, holdBackOneIn: 0 };
    for (const link of this.#links.values()) this.unblock(link.from, link.to);
  }

  #stream(link: Link, packet: OpaquePacket): void {
    if (link.blocked) {
      link.held.push(packet);
      return;
    }
    const { epoch } = link;
    const earliest = Math.max(link.streamAtMicros, this.#scheduler.nowMicros + this.#delay());
    link.streamAtMicros = earliest;
    this.#scheduler.after(earliest - this.#scheduler.nowMicros, () => {
      if (link.epoch !== epoch || !this.#port.isUp(link.to)) return;
      if (link.blocked || link.held.length > 0) link.held.push(packet);
      else this.#port.receiveStream(link.to, link.from, packet);
    });
  }

  #break(link: Link): void {
    const was = link.up;
    link.up = false;
    this.#forget(link);
    if (was) this.#port.linkChanged(link.from, link.to, false);
    this.#connectLater(link);
  }

  #forget(link: Link): void {
    link.epoch += 1;
    link.held = [];
  }

  #connectLater(link: Link): void {
    if (link.up || !link.dialled) return;
    const { least, most } = reconnectMicros;
    const { epoch } = link;
    this.#scheduler.after(this.#prng.between(least, most), () => {
      if (link.up || link.epoch !== epoch || !link.dialled) return;
      const { from, to } = link;
      const back = this.#link(to, from);
      const reachable = !link.blocked && !back.blocked;
      const active = this.#port.isActive(from) && this.#port.isActive(to);
      if (!reachable || !active || !this.#port.shakeHands(from, to)) {
        return this.#connectLater(link);
      }
      link.up = true;
      link.streamAtMicros = this.#scheduler.nowMicros;
      this.#port.linkChanged(from, to, true);
    });
  }

  #happens(oneIn: number): boolean {
    return oneIn > 0 && this.#prng.oneIn(oneIn);
  }

  #delay(): number {
    const most = this.#profile.delayMicrosMax;
    // Most packets are quick and few are slow, as on a real network.
    return 50 + (this.#prng.oneIn(4) ? this.#prng.below(most) : this.#prng.below(most >> 3));
  }

  #link(from: number, to: number): Link {
    const key = from * 1_000 + to;
    const known = this.#links.get(key);
    if (known !== undefined) return known;
    const link: Link = {
      from,
      to,
      dialled: false,
      blocked: false,
      up: false,
      epoch: 0,
      streamAtMicros: 0,
      held: [],
      heardAtMicros: undefined,
    };
    this.#links.set(key, link);
    return link;
  }
}
