import { expect, test } from 'vitest';
import { timing } from '../../src/node/timing.ts';
import { termOf } from '../../src/raft/types.ts';
import { Driver } from '../raft/replica-driver.ts';

const heard = { kind: 'heartbeat-reply', term: termOf(1), readId: 0 } as const;

/**
 * The node looks after its groups at every tenth of its ticks, in the same call as the tick. The
 * group forgets at every tenth tick whom it has heard. If both fall on the same tick, a follower
 * that answers every heartbeat must be seen alive all the same: otherwise a learner is never
 * promoted, and leadership never moves, for as long as that leader leads.
 */
test.each(Array.from({ length: timing.maintenanceTicks }, (_, at) => at))(
  'a follower that answers is active at each look of the node, %i ticks after the election',
  (phase) => {
    const { electionTimeoutTicks, heartbeatTicks, maintenanceTicks } = timing;
    const driver = new Driver({ electionTimeoutTicks, heartbeatTicks }).elect().sync();
    driver.accept(2, 1, 1).accept(3, 1, 2).sync();
    const seen: boolean[] = [];
    for (let tick = 1; tick <= 10 * maintenanceTicks; tick += 1) {
      driver.tick(1);
      const looks = tick % maintenanceTicks === phase;
      if (looks) seen.push(driver.raft.progress().every(({ isActive }) => isActive));
      driver.take().step(2, heard).step(3, heard);
    }
    expect(seen.length).toBeGreaterThan(8);
    expect(seen.filter((isActive) => !isActive)).toEqual([]);
  },
);
