import type { Prng } from '../src/base/prng.ts';

/** Kinds of faults; a run draws which of them exist in it (swarm testing, Groce et al. 2012). */
export const faultKinds = [
  'crash',
  'power-loss',
  'all-down',
  'pause',
  'drift',
  'wall-jump',
  'isolate',
  'halves',
  'one-way',
  'ring',
  'link-reset',
  'slow-disk',
  'stuck-disk',
  'disk-error',
  'disk-full',
  'bit-flip',
  'transfer',
  'demote',
] as const;

/** Changes of the members that operators begin while all of that goes on. */
const changeKinds = ['add', 'remove', 'replace'] as const;

export type FaultKind = (typeof faultKinds)[number] | (typeof changeKinds)[number];

/** What one run is like: drawn from its seed alone. */
export interface Profile {
  readonly nodeCount: number;
  /** Partitions of slots; partition 0 comes on top. */
  readonly partitionCount: number;
  readonly faults: readonly FaultKind[];
  /** True time between two faults, on average. */
  readonly faultEveryMs: number;
  readonly safetyMs: number;
  /** What the timer of the nodes works with; elections and heartbeats count ticks. */
  readonly tickMs: number;
  readonly clientCount: number;
  /** Clients that use WATCH, MULTI and EXEC, and such that publish and listen. */
  readonly transactionClientCount: number;
  readonly channelClientCount: number;
  readonly keyCount: number;
  /** Largest pause of a client between a reply and its next command. */
  readonly thinkMs: number;
  readonly ttlMsMax: number;
  readonly network: NetworkProfile;
  /** Messages between nodes are encoded and decoded, which takes most of the time of a run. */
  readonly encodesMessages: boolean;
  readonly disk: DiskProfile;
  /** Clocks run between 1 - drift and 1 + drift; 0 if `drift` is not drawn. */
  readonly drift: number;
  readonly leaseGuardPercent: number;
  /** One turn in so many ends later than the input that began it. */
  readonly longTurnOneIn: number;
  readonly knobs: Knobs;
}

export interface NetworkProfile {
  readonly delayMicrosMax: number;
  /** One frame in so many is lost, delivered twice, or held back; 0: none. */
  readonly lossOneIn: number;
  readonly duplicateOneIn: number;
  readonly holdBackOneIn: number;
}

export interface DiskProfile {
  /** Writes and syncs block the loop (and take no virtual time), or answer later. */
  readonly onLoop: boolean;
  readonly syncMicrosMax: number;
}

/** Limits of the product that are lowered, so that short runs reach them. */
export interface Knobs {
  readonly checkpointKeyCount: number;
  readonly checkpointLogBytes: number;
  readonly checkpointKeysPerTurn: number;
  readonly segmentBytes: number;
  readonly appendsInFlightMax: number;
  readonly appendBytesMax: number;
  readonly turnsInFlightMax: number;
  readonly expirationsPerTurnMax: number;
}

export interface ProfileOptions {
  readonly nodeCount: number | undefined;
}

/** Clocks may be off by this much (issue: "rate drift up to 8 %"). */
const driftMax = 0.08;

export function drawProfile(prng: Prng, options: ProfileOptions): Profile {
  const nodeCount = options.nodeCount ?? prng.pick([1, 3, 3, 3, 5]);
  const faults = faultKinds.filter((kind) => prng.oneIn(2) && fits(kind, nodeCount));
  const thinkMs = prng.pick([400, 2_000, 5_000, 20_000]);
  const drawn: Profile = {
    nodeCount,
    partitionCount: prng.pick([1, 1, 2, 3]),
    faults,
    faultEveryMs: prng.pick([2_000, 5_000, 15_000, 60_000]),
    safetyMs: prng.pick([120_000, 300_000, 600_000]) * (thinkMs >= 5_000 ? 4 : 1),
    tickMs: prng.pick([50, 100, 100, 200]),
    clientCount: prng.between(2, 6),
    transactionClientCount: 0,
    channelClientCount: 0,
    keyCount: prng.between(1, 8),
    thinkMs,
    ttlMsMax: prng.pick([300, 2_000, 15_000, 600_000]),
    network: drawNetwork(prng),
    encodesMessages: prng.oneIn(8),
    disk: {
      onLoop: nodeCount === 1 && prng.oneIn(2),
      syncMicrosMax: prng.pick([300, 2_000, 20_000]),
    },
    drift: faults.includes('drift') ? prng.between(1, 8) * (driftMax / 8) : 0,
    leaseGuardPercent: prng.pick([0, 1, 1]),
    longTurnOneIn: prng.pick([2, 5, 20]),
    knobs: drawKnobs(prng),
  };
  const changes = changeKinds.filter((kind) => prng.oneIn(2) && fits(kind, nodeCount));
  return {
    ...drawn,
    faults: [...faults, ...changes],
    transactionClientCount: prng.pick([0, 0, 0, 1, 2]),
    channelClientCount: prng.pick([0, 0, 0, 1, 2]),
  };
}

function drawNetwork(prng: Prng): NetworkProfile {
  return {
    delayMicrosMax: prng.pick([300, 3_000, 30_000, 150_000]),
    lossOneIn: prng.pick([0, 0, 300, 30, 8]),
    duplicateOneIn: prng.pick([0, 0, 100, 10]),
    holdBackOneIn: prng.pick([0, 0, 100, 10]),
  };
}

function drawKnobs(prng: Prng): Knobs {
  return {
    checkpointKeyCount: prng.pick([2, 8, 40]),
    checkpointLogBytes: prng.pick([1_000, 8_000, 60_000]),
    checkpointKeysPerTurn: prng.pick([1, 3, 500]),
    segmentBytes: prng.pick([4_096, 16_384, 65_536]),
    appendsInFlightMax: prng.pick([1, 3, 64]),
    appendBytesMax: prng.pick([100, 1_000, 1024 * 1024]),
    turnsInFlightMax: prng.pick([2, 8, 64]),
    expirationsPerTurnMax: prng.pick([1, 3, 1_000]),
  };
}

/** Faults of links need somebody else; a lone node that loses its disk has no peers to ask. */
function fits(kind: FaultKind, nodeCount: number): boolean {
  switch (kind) {
    case 'isolate':
    case 'halves':
    case 'one-way':
    case 'link-reset':
    case 'transfer':
      return nodeCount > 1;
    case 'bit-flip':
    case 'demote':
    case 'add':
    case 'remove':
    case 'replace':
    case 'ring':
      return nodeCount > 2;
    default:
      return true;
  }
}
