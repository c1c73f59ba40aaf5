import { askOnce, type ClientPlace } from './connection.ts';

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
  place: ClientPlace,
  waitMs: number,
): Promise<readonly ReplicaInfo[] | undefined> {
  const reply = await askOnce(place, ['INFO', 'raft'], waitMs);
  return typeof reply === 'string' ? parseRaftInfo(reply) : undefined;
}
