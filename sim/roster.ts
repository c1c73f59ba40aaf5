import type { SimNode } from './sim-node.ts';

/**
 * What a machine is to the cluster, as its operators see it: not used yet, to become a voter, one,
 * to be removed, removed.
 */
export type Standing = 'spare' | 'joining' | 'member' | 'leaving' | 'gone';

/** The machines that there are, and which of them the cluster is to consist of. */
export class Roster {
  readonly machines: readonly SimNode[];
  readonly #founderCount: number;
  readonly #standings = new Map<number, Standing>();

  /** @param machines the founders come first */
  constructor(machines: readonly SimNode[], founderCount: number) {
    this.machines = machines;
    this.#founderCount = founderCount;
    for (const [at, { nodeId }] of machines.entries()) {
      this.#standings.set(nodeId, at < founderCount ? 'member' : 'spare');
    }
  }

  standingOf(nodeId: number): Standing {
    return this.#standings.get(nodeId) ?? 'spare';
  }

  set(nodeId: number, standing: Standing): void {
    this.#standings.set(nodeId, standing);
  }

  /** Those that stand in one of these ways, by rising id. */
  of(...standings: readonly Standing[]): readonly SimNode[] {
    return this.machines.filter(({ nodeId }) => standings.includes(this.standingOf(nodeId)));
  }

  /** Those on which a process should run. */
  get active(): readonly SimNode[] {
    return this.of('joining', 'member', 'leaving');
  }

  /** Those that faults can befall. */
  get exposed(): readonly SimNode[] {
    return this.machines.filter((machine) => {
      const standing = this.standingOf(machine.nodeId);
      return standing === 'gone' ? machine.process !== undefined : standing !== 'spare';
    });
  }

  /** Whether every founder has left for good. */
  get isReplaced(): boolean {
    const founders = this.machines.slice(0, this.#founderCount);
    return founders.every(({ nodeId }) => this.standingOf(nodeId) === 'gone');
  }
}
