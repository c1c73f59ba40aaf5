import { posix } from 'node:path';
import { type Finding, findingAt, isNode, nameOf, type Rule, walk } from './source-file.ts';

/** Where real processes are driven, the real clock has to pass; nowhere else. */
const realClockFolders = ['test/bench/', 'test/chaos/', 'test/cluster/', 'test/faults/'];

/** A test waits for an event or a virtual clock, not for time to pass (CONTRIBUTING.md, Tests). */
export const noSleeps: Rule = (file) => {
  const usesRealClock = realClockFolders.some((folder) => file.path.startsWith(folder));
  if (usesRealClock || !file.path.startsWith('test/')) return [];
  const findings: Finding[] = [];
  walk(file.tree, (node, parent) => {
    if (node.type === 'ImportDeclaration' && isNode(node.source)) {
      const name = String(node.source.value);
      if (name === 'node:timers/promises' || name.endsWith('/harness/elapse.ts')) {
        findings.push(findingAt(file, node, 'imports timers that are awaited'));
      }
    }
    if (node.type !== 'CallExpression' || nameOf(node.callee) !== 'setTimeout') return;
    const [first] = Array.isArray(node.arguments) ? node.arguments : [];
    const isPromiseBody = parent?.type === 'ArrowFunctionExpression' && nameOf(first) !== undefined;
    if (isPromiseBody) findings.push(findingAt(file, node, 'sleeps'));
  });
  return findings;
};

/** `test/<folder>/<file>.test.ts` lies where the file that it tests lies in `src`. */
export function testsWithoutSource(
  testPaths: readonly string[],
  sourceFolders: readonly string[],
  ownFolders: readonly string[],
): readonly Finding[] {
  const known = new Set([...sourceFolders, ...ownFolders]);
  return testPaths
    .filter((path) => path.endsWith('.test.ts') && posix.dirname(path) !== 'test')
    .filter((path) => !known.has(path.split('/')[1] ?? ''))
    .map((path) => ({ path, line: 1, detail: 'mirrors no folder of src' }));
}
