import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { limits } from '../src/base/limits.ts';
import * as layerRules from './tidy/layer-rules.ts';
import * as layoutRules from './tidy/layout-rules.ts';
import {
  type PackageManifest,
  undeclaredImports,
  unreadLimits,
  unusedDependencies,
} from './tidy/package-rules.ts';
import { type Finding, type Rule, readSourceFiles, sourceFileOf } from './tidy/source-file.ts';
import * as syntaxRules from './tidy/syntax-rules.ts';
import { noSleeps, testsWithoutSource } from './tidy/test-rules.ts';

/** The rules that a program can check (CONTRIBUTING.md, DESIGN.md 8), over the source itself. */
const root = fileURLToPath(new URL('..', import.meta.url));
const folders = ['src', 'test', ...Object.keys(layerRules.programs)];
const files = readSourceFiles(root, folders);
/** A snippet for each rule would break the rule here; this file spells them for the controls. */
const tidyTest = 'test/tidy.test.ts';

interface CheckedRule {
  readonly sentence: string;
  readonly rule: Rule;
  /** Snippets that the rule must flag, by the path at which they would stand. */
  readonly flagged: readonly (readonly [path: string, text: string])[];
  /** Snippets that look alike and that the rule must let pass. */
  readonly passed: readonly (readonly [path: string, text: string])[];
}

const manyLines = (count: number): string => 'f();\n'.repeat(count);

const checkedRules: readonly CheckedRule[] = [
  {
    sentence: 'imports go only downwards in the table of layers',
    rule: layerRules.importsGoDown,
    flagged: [
      ['src/base/limits.ts', "import { limits } from '../resp/reply.ts';"],
      ['src/raft/core.ts', "import type { Lease } from '../keyspace/lease.ts';"],
      ['src/store/log.ts', "import { Core } from '../raft/core.ts';"],
      ['src/partition/router.ts', "const later = import('../node/node.ts');"],
      ['src/keyspace/base.ts', "import { x } from '../../test/tidy/source-file.ts';"],
      ['src/misplaced/file.ts', 'export const x = 1;'],
    ],
    passed: [
      ['src/store/log.ts', "import type { Entry } from '../raft/types.ts';"],
      ['src/keyspace/base.ts', "import { ByteSlots } from '../base/byte-slots.ts';"],
      ['src/keyspace/base.ts', "import { Overlay } from './overlay.ts';"],
      ['src/index.ts', "export { Server } from './server/server.ts';"],
    ],
  },
  {
    sentence: 'a program imports no test, and other programs only as the table has it',
    rule: layerRules.programsImportTheirOwn,
    flagged: [
      ['chaos/judge.ts', "import { HistoryChecker } from '../test/faults/checker.ts';"],
      ['sim/core/judge.ts', "import { LeaseBook } from '../../bench/report.ts';"],
    ],
    passed: [
      ['sim/core/judge.ts', "import { check } from '../violation.ts';"],
      ['chaos/judge.ts', "import { HistoryChecker } from '../checker/history-checker.ts';"],
      [
        'test/faults/kill.test.ts',
        "import { startServer } from '../../harness/server-process.ts';",
      ],
    ],
  },
  {
    sentence: 'a pure folder imports no package and nothing of Node',
    rule: layerRules.pureFoldersImportNothingImpure,
    flagged: [
      ['src/raft/core.ts', "import { readFileSync } from 'node:fs';"],
      ['src/commands/get.ts', "import luaparse from 'luaparse';"],
    ],
    passed: [
      ['src/script/parse.ts', "import luaparse from 'luaparse';"],
      ['src/store/log.ts', "import { readFileSync } from 'node:fs';"],
    ],
  },
  {
    sentence: 'a pure folder uses no clock, chance, process, promise or locale',
    rule: layerRules.pureFoldersUseNothingImpure,
    flagged: [
      ['src/base/a.ts', 'const now = Date.now();'],
      ['src/base/a.ts', 'const now = performance.now();'],
      ['src/raft/a.ts', 'const chance = Math.random();'],
      ['src/raft/a.ts', 'setTimeout(() => {}, 1);'],
      ['src/keyspace/a.ts', 'process.exit(1);'],
      ['src/keyspace/a.ts', 'let later: Promise<void>;'],
      ['src/keyspace/a.ts', 'async function f() { await g(); }'],
      ['src/keyspace/a.ts', 'names.sort((a, b) => a.localeCompare(b));'],
      ['src/keyspace/a.ts', 'globalThis.Date.now();'],
    ],
    passed: [
      ['src/base/a.ts', 'const x = { process: 1 }; x.process; class A { crypto() {} }'],
      ['src/store/a.ts', 'const now = Date.now();'],
    ],
  },
  {
    sentence: 'a file has at most 400 lines',
    rule: layoutRules.shortFiles,
    flagged: [['src/base/a.ts', manyLines(401)]],
    passed: [['src/base/a.ts', manyLines(400)]],
  },
  {
    sentence: 'a line has at most 100 columns',
    rule: layoutRules.shortLines,
    flagged: [['src/base/a.ts', `// ${'x'.repeat(98)}\n`]],
    passed: [['src/base/a.ts', `// ${'x'.repeat(97)}\n`]],
  },
  {
    sentence: 'a function has at most 70 lines',
    rule: syntaxRules.shortFunctions,
    flagged: [
      ['src/base/a.ts', `function f() {\n${manyLines(69)}}`],
      ['src/base/a.ts', `const f = () => {\n${manyLines(69)}};`],
      ['src/base/a.ts', `class A { f() {\n${manyLines(69)}} }`],
    ],
    passed: [
      ['src/base/a.ts', `function f() {\n${manyLines(68)}}`],
      ['test/base/a.test.ts', `describe('a', () => {\n${manyLines(99)}});`],
      ['test/base/a.test.ts', `describe.each(x)('a', () => {\n${manyLines(99)}});`],
    ],
  },
  {
    sentence: 'no type is any',
    rule: syntaxRules.noAny,
    flagged: [
      ['src/base/a.ts', 'let x: any;'],
      ['test/base/a.ts', 'const y = x as any;'],
    ],
    passed: [['src/base/a.ts', "const any = 'any'; // any"]],
  },
  {
    sentence: 'no value is claimed to be there with an exclamation mark',
    rule: syntaxRules.noNonNull,
    flagged: [
      ['src/base/a.ts', 'f(x!);'],
      ['src/base/a.ts', 'class A { x!: number }'],
    ],
    passed: [['src/base/a.ts', 'const y = !x; if (x !== y) f();']],
  },
  {
    sentence: 'types leave nothing behind at run time',
    rule: syntaxRules.onlyErasableTypes,
    flagged: [
      ['src/base/a.ts', 'enum Kind { A }'],
      ['src/base/a.ts', 'namespace N { export const x = 1; }'],
      ['src/base/a.ts', 'class A { constructor(private readonly x: number) {} }'],
    ],
    passed: [['src/script/luaparse.d.ts', "declare module 'luaparse' { const x: number; }"]],
  },
  {
    sentence: 'exports have names, and only src/index.ts is a barrel',
    rule: syntaxRules.namedExports,
    flagged: [
      ['src/base/a.ts', 'export default 1;'],
      ['src/base/a.ts', "export * from './b.ts';"],
    ],
    passed: [
      ['src/index.ts', "export * from './client/client.ts';"],
      ['vitest.config.ts', 'export default {};'],
    ],
  },
  {
    sentence: 'nothing is left to be done later',
    rule: layoutRules.nothingLeftToDo,
    flagged: [['src/base/a.ts', '// TO\u0044O: later']],
    passed: [['src/base/a.ts', '// what is done is done']],
  },
  {
    sentence: 'names of files say what is inside, in kebab-case',
    rule: layoutRules.tellingNames,
    flagged: [
      ['src/base/utils.ts', ''],
      ['src/common/list.ts', ''],
      ['test/base/helpers.ts', ''],
      ['src/base/byteString.ts', ''],
      ['src/base/byte_string.ts', ''],
    ],
    passed: [
      ['src/base/byte-string.ts', ''],
      ['test/base/crc32c.test.ts', ''],
    ],
  },
  {
    sentence: 'no test is skipped or singled out',
    rule: layoutRules.everyTestRuns,
    flagged: [
      ['test/a.test.ts', ['test', "only('x', () => {});"].join('.')],
      ['test/a.test.ts', ['describe', "skip('x', () => {});"].join('.')],
      ['test/a.test.ts', ['it', "todo('x');"].join('.')],
    ],
    passed: [['test/a.test.ts', "test.skipIf(missing)('x', () => {});"]],
  },
  {
    sentence: 'a test waits for events, never for time to pass',
    rule: noSleeps,
    flagged: [
      ['test/a.test.ts', 'await new Promise((resolve) => setTimeout(resolve, 100));'],
      ['test/a.test.ts', "import { setTimeout } from 'node:timers/promises';"],
      ['test/a.test.ts', "import { elapse } from '../harness/elapse.ts';"],
    ],
    passed: [
      ['test/a.test.ts', 'const guard = setTimeout(() => server.kill(), 5_000);'],
      ['src/node/a.ts', 'await new Promise((resolve) => setTimeout(resolve, 100));'],
    ],
  },
];

describe.each(checkedRules)('$sentence', ({ rule, flagged, passed }) => {
  test('in every file', () => {
    const judged = files.filter(({ path }) => path !== tidyTest || !quotesSnippets(rule));
    expect(listOf(judged.flatMap(rule))).toEqual([]);
  });

  test.each(flagged)('and a breach in %s is found: %j', (path, text) => {
    expect(rule(sourceFileOf(path, text))).not.toEqual([]);
  });

  test.each(passed)('and what only looks alike in %s passes: %j', (path, text) => {
    expect(listOf(rule(sourceFileOf(path, text)))).toEqual([]);
  });
});

describe('the package', () => {
  const manifest = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as PackageManifest;
  const tools = readSourceFiles(root, folders);
  const configuration = sourceFileOf('vitest.config.ts', "import 'vitest/config';");

  test('imports every direct dependency somewhere', () => {
    expect(unusedDependencies(manifest, [...tools, configuration])).toEqual([]);
  });

  test('and a dependency that nothing imports is found', () => {
    const unused = { dependencies: { 'left-over': '1', '@scope/used': '1' } };
    const file = sourceFileOf('src/cli/a.ts', "import { x } from '@scope/used/part';");
    expect(unusedDependencies(unused, [file])).toEqual(['left-over']);
  });

  test('declares every package that src imports', () => {
    expect(listOf(undeclaredImports(manifest, files))).toEqual([]);
  });

  test('and an import of an undeclared package is found', () => {
    const file = sourceFileOf('src/cli/a.ts', "import { x } from 'fast-check';");
    expect(undeclaredImports({ devDependencies: { 'fast-check': '1' } }, [file])).toHaveLength(1);
  });

  test('reads every limit of base/limits.ts', () => {
    expect(unreadLimits(Object.keys(limits), files)).toEqual([]);
  });

  test('and a limit that nothing reads is found', () => {
    const file = sourceFileOf('src/base/a.ts', 'const bytes = limits.keyBytesMax;');
    expect(unreadLimits(['keyBytesMax', 'valueBytesMax'], [file])).toEqual(['valueBytesMax']);
  });

  test('keeps its tests where the tested files lie', () => {
    const testPaths = files.map(({ path }) => path).filter((path) => path.startsWith('test/'));
    const sourceFolders = readdirSync(`${root}/src`);
    const own = ['tidy', 'faults', 'cluster', ...Object.keys(layerRules.programs)];
    expect(listOf(testsWithoutSource(testPaths, sourceFolders, own))).toEqual([]);
    expect(testsWithoutSource(['test/lost/a.test.ts'], sourceFolders, own)).toHaveLength(1);
  });
});

/** The rules that read lines would flag the snippets that this file quotes for them. */
function quotesSnippets(rule: Rule): boolean {
  return rule === layoutRules.everyTestRuns || rule === layoutRules.nothingLeftToDo;
}

function listOf(findings: readonly Finding[]): readonly string[] {
  return findings.map(({ path, line, detail }) => `${path}:${line} ${detail}`);
}
