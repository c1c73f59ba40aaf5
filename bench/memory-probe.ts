import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/*
 * Loaded into the measured server before its own code (`node --import`): on a message it collects
 * garbage and answers with what is left, so that memory in use is told apart from memory that was
 * merely not collected yet. Production never loads it.
 */

setFlagsFromString('--expose-gc');
const collectGarbage: unknown = runInNewContext('gc');

process.on('message', () => {
  if (typeof collectGarbage === 'function') collectGarbage();
  const { rss, heapUsed, external } = process.memoryUsage();
  process.send?.({ rss, heapUsed, external });
});
process.channel?.unref();
