import { limits } from '../base/limits.ts';
import type { ParserLimits } from '../resp/request-parser.ts';
import type { OutputLimits } from './output.ts';

/** What one session may use. Tests make it smaller. */
export interface SessionLimits extends OutputLimits {
  readonly queryBytesMax: number;
  readonly unauthenticatedQueryBytesMax: number;
  readonly requestsPerTurnMax: number;
  readonly parser: ParserLimits;
  readonly unauthenticatedParser: ParserLimits;
}

const { inlineBytesMax } = limits;

export const sessionLimits: SessionLimits = {
  queryBytesMax: limits.queryBytesMax,
  unauthenticatedQueryBytesMax: limits.unauthenticatedQueryBytesMax,
  requestsPerTurnMax: limits.requestsPerTurnMax,
  outputBytesMax: limits.outputBytesMax,
  outputPauseBytes: limits.outputPauseBytes,
  /** A few turns of requests: enough to keep the log busy while an fsync is under way. */
  heldReplyCountMax: 4 * limits.requestsPerTurnMax,
  parser: {
    argumentCountMax: limits.argumentCountMax,
    argumentBytesMax: limits.argumentBytesMax,
    inlineBytesMax,
    authenticated: true,
  },
  unauthenticatedParser: {
    argumentCountMax: limits.unauthenticatedArgumentCountMax,
    argumentBytesMax: limits.unauthenticatedArgumentBytesMax,
    inlineBytesMax,
    authenticated: false,
  },
};
