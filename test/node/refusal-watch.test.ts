import { describe, expect, test } from 'vitest';
import { RefusalWatch, refusalPatienceMs } from '../../src/node/refusal-watch.ts';
import type { ReceivedRefusal } from '../../src/transport/transport-options.ts';

function refusal(code: string, proven = true): ReceivedRefusal {
  return { code, text: `because of ${code}`, proven };
}

describe('RefusalWatch', () => {
  test.each(['REMOVED', 'REPLACED'])('%s ends the node once two peers say so', (code) => {
    const watch = new RefusalWatch();
    expect(watch.refused(2, refusal(code), 0)).toBeUndefined();
    expect(watch.refused(2, refusal(code), 1)).toBeUndefined();
    expect(watch.refused(3, refusal(code), 1)).toMatchObject({
      code: 'PEER_REFUSED',
      message: `node 3 refuses this node: because of ${code}`,
    });
  });

  test('what another peer said long ago does not count', () => {
    const watch = new RefusalWatch();
    watch.refused(2, refusal('REMOVED'), 0);
    const laterMs = 2 * refusalPatienceMs + 1;
    expect(watch.refused(3, refusal('REMOVED'), laterMs)).toBeUndefined();
    expect(watch.refused(2, refusal('REMOVED'), laterMs)).toBeDefined();
  });

  test('a peer that lags does not end a node that another one lets in', () => {
    const watch = new RefusalWatch();
    watch.linked(3);
    for (const nowMs of [0, refusalPatienceMs, 9 * refusalPatienceMs]) {
      expect(watch.refused(2, refusal('REMOVED'), nowMs)).toBeUndefined();
    }
    watch.unlinked(3);
    expect(watch.refused(2, refusal('REMOVED'), 9 * refusalPatienceMs)).toBeDefined();
  });

  const repeated = ['node-id-in-use', 'OTHER_CLUSTER', 'USED_INCARNATION', 'SAME_NODE'];
  test.each(['REMOVED', 'REPLACED'])('%s of one peer counts after two seconds', (code) => {
    const watch = new RefusalWatch();
    expect(watch.refused(2, refusal(code), 0)).toBeUndefined();
    expect(watch.refused(2, refusal(code), refusalPatienceMs - 1)).toBeUndefined();
    expect(watch.refused(2, refusal(code), refusalPatienceMs)).toBeDefined();
  });

  test.each(repeated)('%s ends the node only if the peer repeats it for two seconds', (code) => {
    const watch = new RefusalWatch();
    expect(watch.refused(2, refusal(code), 1_000)).toBeUndefined();
    expect(watch.refused(2, refusal(code), 1_000 + refusalPatienceMs - 1)).toBeUndefined();
    expect(watch.refused(3, refusal(code), 1_000 + refusalPatienceMs)).toBeUndefined();
    expect(watch.refused(2, refusal(code), 1_000 + refusalPatienceMs)).toBeDefined();
  });

  test('a link settles what its peer said before', () => {
    const watch = new RefusalWatch();
    const inUse = refusal('node-id-in-use');
    watch.refused(2, inUse, 0);
    watch.linked(2);
    watch.unlinked(2);
    expect(watch.refused(2, inUse, refusalPatienceMs)).toBeUndefined();
    expect(watch.refused(2, inUse, 2 * refusalPatienceMs)).toBeDefined();
  });

  test('a node that has found its cluster does not mind one of another cluster', () => {
    const watch = new RefusalWatch();
    const other = refusal('OTHER_CLUSTER');
    watch.linked(3);
    watch.refused(2, other, 0);
    expect(watch.refused(2, other, refusalPatienceMs)).toBeUndefined();
    watch.unlinked(3);
    expect(watch.refused(2, other, 2 * refusalPatienceMs)).toBeDefined();
  });

  test('what nobody has proven, and what is no judgement on this node, never ends it', () => {
    const watch = new RefusalWatch();
    for (const nowMs of [0, 10 * refusalPatienceMs]) {
      expect(watch.refused(2, refusal('REMOVED', false), nowMs)).toBeUndefined();
      expect(watch.refused(2, refusal('too-many-peers'), nowMs)).toBeUndefined();
      expect(watch.refused(2, refusal('NOT_READY'), nowMs)).toBeUndefined();
    }
  });
});
