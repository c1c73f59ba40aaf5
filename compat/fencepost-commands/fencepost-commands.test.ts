import { test } from 'vitest';
import { describeLockClient } from '../contract-suite.ts';
import { targetHasTokens } from '../target.ts';
import { fencepostCommands } from './adapter.ts';

if (targetHasTokens) {
  describeLockClient(fencepostCommands, import.meta.url);
} else {
  test.skip('Redis has no KLOCK');
}
