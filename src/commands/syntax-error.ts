import { error } from '../resp/reply.ts';

/** Redis' sentence for options that do not fit. */
export const SYNTAX_ERROR = error('ERR syntax error');
