import { expect, test } from 'vitest';
import { LeaderLog } from '../../src/node/leader-log.ts';
import type { Partition } from '../../src/partition/partition.ts';
import { NOBODY, replicaOf } from '../../src/raft/types.ts';

/** `as`: no more is asked of a partition. `+`: led here, `-`: led elsewhere, `?`: by nobody. */
function partitionsOf(signs: string): readonly Partition[] {
  const partitions = [...signs].map((sign, id) => {
    const leader = sign === '?' ? NOBODY : replicaOf(sign === '+' ? 1 : 2, 1);
    return { id, ready: sign === '+', raft: { leader } };
  });
  return partitions as unknown as readonly Partition[];
}

test('the log tells what is led here and what nobody leads, once each and not for a moment', () => {
  const lines: unknown[] = [];
  const log = new LeaderLog((message, details, level = 'info') => {
    lines.push([level, message, Object.values(details).join()]);
  });
  const looks = ['????', '-+++', '-+++', '-+?+', '-+-+', '????', '????', '????', '+--+', '+--+'];
  for (const signs of looks) log.look(partitionsOf(signs));
  expect(lines).toEqual([
    ['info', 'this node leads partitions', '1-3'],
    ['info', 'this node leads partitions', '1,3'],
    ['info', 'this node leads partitions', 'none'],
    ['warn', 'partitions have no leader', '0-3'],
    ['info', 'this node leads partitions', '0,3'],
    ['info', 'every partition has a leader again', ''],
  ]);
});
