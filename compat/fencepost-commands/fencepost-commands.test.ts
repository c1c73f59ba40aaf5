import { describe } from 'vitest';
import { describeLockClient } from '../contract-suite.ts';
import { targetHasTokens } from '../target.ts';
import { fencepostCommands } from './adapter.ts';

describe.skipIf(!targetHasTokens)('commands of our own', () => {
  describeLockClient(fencepostCommands, import.meta.url);
});
