import { ask } from '../harness/cluster-process.ts';

/** One line of `INFO raft`. */
export interface GroupLine {
  readonly partition: number;
  readonly leader: number;
  readonly role: string;
  readonly term: number;
  readonly commit: number;
  readonly applied: number;
}

const format =
  /^partition(\d+):leader=(\d+),role=([a-z-]+),term=(\d+),commit=(\d+),applied=(\d+)/gm;

/** The groups as the node at this client port sees them; none if it does not answer. */
export async function groupLines(port: number): Promise<readonly GroupLine[]> {
  const text = await ask(port, 'INFO raft');
  return [...text.matchAll(format)].map(([, partition, leader, role = '', ...numbers]) => {
    const [term, commit, applied] = numbers.map(Number);
    return {
      partition: Number(partition),
      leader: Number(leader),
      role,
      term: term ?? 0,
      commit: commit ?? 0,
      applied: applied ?? 0,
    };
  });
}
