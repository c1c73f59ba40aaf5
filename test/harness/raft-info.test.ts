import { expect, test } from 'vitest';
import { parseRaftInfo } from '../../harness/raft-info.ts';

test('the lines of INFO raft are read, and others passed over', () => {
  const text =
    '# Raft\r\npartition0:leader=0,role=candidate,term=3,commit=0,applied=0\r\n' +
    'partition1:leader=2,role=follower,term=7,commit=1042,applied=1041\r\nother:1\r\n';
  expect(parseRaftInfo(text)).toEqual([
    { partition: 0, leader: 0, role: 'candidate', term: 3, commit: 0, applied: 0 },
    { partition: 1, leader: 2, role: 'follower', term: 7, commit: 1042, applied: 1041 },
  ]);
});
