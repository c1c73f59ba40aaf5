import { describe, expect, test } from 'vitest';
import { OnePartition } from '../commands/one-partition.ts';

/** Replies of redis-server 7.0.15. */
const INVALID = 'ERR Invalid command passed to redis.acl_check_cmd() ';

describe('redis.acl_check_cmd', () => {
  test.each([
    '"get","x"',
    '"get"',
    '"SET","x"',
    '"config"',
    '"config","get"',
    '"object","ENCODING"',
  ])('allows (%s)', (words) => {
    const partition = new OnePartition();
    const reply = partition.run('EVAL', `return redis.acl_check_cmd(${words})`, '0');
    expect(reply).toEqual({ kind: 'integer', value: 1 });
  });

  test.each(['"nope"', '"config|get"', '"config","nope"', '"command","x"'])(
    'knows no command (%s)',
    (words) => {
      const partition = new OnePartition();
      const reply = partition.run('EVAL', `return redis.acl_check_cmd(${words})`, '0');
      expect(reply).toMatchObject({ kind: 'error', text: expect.stringContaining(INVALID) });
    },
  );
});
