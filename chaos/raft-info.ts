import { ClientConnection, type ConnectionPlace } from './client-connection.ts';

/** What one node says of its replica of one partition; 0 is the meta group. */
export interface ReplicaInfo {
  readonly partition: number;
  /** 0: it knows none. */
  readonly leader: number;
  readonly role: string;
  readonly term: number;
  readonly commit: number;
  readonly applied: number;
}

/** Reads the lines of `INFO raft`: `partition1:leader=2,role=follower,term=7,commit=1042,…`. */
export function parseRaftInfo(text: string): readonly ReplicaInfo[] {
  const replicas: ReplicaInfo[] = [];
  for (const line of text.split(/\r?\n/)) {
    const match = /^partition(\d+):(.*)$/.exec(line);
    if (match === null) continue;
    const fields = new Map<string, string>();
    for (const field of (match[2] ?? '').split(',')) {
      const [name = '', value = ''] = field.split('=');
      fields.set(name, value);
    }
    const number = (name: string): number => Number(fields.get(name) ?? 0);
    replicas.push({
      partition: Number(match[1]),
      leader: number('leader'),
      role: fields.get('role') ?? '',
      term: number('term'),
      commit: number('commit'),
      applied: number('applied'),
    });
  }
  return replicas;
}

/** Asks one node; undefined if it does not answer in time. */
export async function askRaftInfo(
  place: ConnectionPlace,
  waitMs: number,
): Promise<readonly ReplicaInfo[] | undefined> {
  const connection = await ClientConnection.open(place, waitMs);
  if (connection === undefined) return undefined;
  try {
    const reply = await connection.send(['INFO', 'raft'], waitMs);
    return typeof reply === 'string' ? parseRaftInfo(reply) : undefined;
  } catch {
    return undefined;
  } finally {
    connection.close();
  }
}

/**
 * Who led which partition, as its nodes told: how often leadership moved, and whether two nodes
 * ever led one term (thesis 3.2, election safety).
 */
export class LeadershipBook {
  /** The node that led each partition and term. */
  readonly #leaders = new Map<string, number>();
  readonly #latest = new Map<number, { readonly term: number; readonly leader: number }>();
  readonly #violations: string[] = [];
  #moves = 0;

  get violations(): readonly string[] {
    return this.#violations;
  }

  /** How often a partition was seen under another leader than before. */
  get moves(): number {
    return this.#moves;
  }

  /** Which node leads each partition, by the latest term that was seen. */
  get leaders(): ReadonlyMap<number, number> {
    return new Map([...this.#latest].map(([partition, { leader }]) => [partition, leader]));
  }

  note(nodeId: number, replicas: readonly ReplicaInfo[]): void {
    for (const { partition, role, term } of replicas) {
      if (role === 'leader') this.#noteLeader({ partition, term, leader: nodeId });
    }
  }

  #noteLeader({
    partition,
    term,
    leader,
  }: {
    readonly partition: number;
    readonly term: number;
    readonly leader: number;
  }): void {
    const name = `${partition}/${term}`;
    const known = this.#leaders.get(name);
    if (known !== undefined && known !== leader) {
      this.#violations.push(`partition ${partition}: ${known} and ${leader} led term ${term}`);
    }
    this.#leaders.set(name, leader);
    const latest = this.#latest.get(partition);
    if (latest !== undefined && latest.term >= term) return;
    if (latest !== undefined && latest.leader !== leader) this.#moves += 1;
    this.#latest.set(partition, { term, leader });
  }
}
