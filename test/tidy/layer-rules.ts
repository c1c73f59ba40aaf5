import { posix } from 'node:path';
import {
  type Finding,
  findingAt,
  importsOf,
  nameOf,
  type Rule,
  type SourceFile,
  type SyntaxNode,
  walk,
} from './source-file.ts';

interface Layer {
  /** What it may import: other folders, or one file of a folder. */
  readonly mayImport: readonly string[];
  readonly pure: boolean;
  /** Packages that a pure folder may import, because they are pure themselves. */
  readonly packages?: readonly string[];
}

const belowNode = [
  'base',
  'resp',
  'raft',
  'keyspace',
  'script',
  'commands',
  'partition',
  'store',
  'transport',
];

/**
 * The table of DESIGN.md 8. `cli` may name what `base` says about errors, and what `store` offers
 * to the repair command.
 */
export const layers: Readonly<Record<string, Layer>> = {
  base: { mayImport: [], pure: true },
  resp: { mayImport: ['base'], pure: true },
  raft: { mayImport: ['base'], pure: true },
  keyspace: { mayImport: ['base'], pure: true },
  script: { mayImport: ['base', 'resp', 'keyspace'], pure: true, packages: ['luaparse'] },
  commands: { mayImport: ['base', 'resp', 'keyspace', 'script'], pure: true },
  partition: { mayImport: ['base', 'resp', 'raft', 'keyspace', 'commands'], pure: true },
  store: { mayImport: ['base', 'raft/types.ts'], pure: false },
  transport: { mayImport: ['base', 'raft/types.ts', 'raft/message.ts'], pure: false },
  node: { mayImport: belowNode, pure: false },
  server: { mayImport: [...belowNode, 'node'], pure: false },
  client: { mayImport: ['base'], pure: false },
  cli: { mayImport: ['base', 'store', 'client', 'server'], pure: false },
};

/**
 * The programs beside `src`, and what each may import: itself, `src` and these. Nobody but tests
 * imports from `test`.
 */
export const programs: Readonly<Record<string, readonly string[]>> = {
  checker: [],
  harness: ['checker'],
  sim: ['harness'],
  mutants: ['harness', 'sim'],
  chaos: ['checker', 'harness'],
  bench: ['harness'],
  compat: ['checker', 'harness'],
};

/** A program imports only what the table above lets it. */
export const programsImportTheirOwn: Rule = (file) => {
  const from = file.path.split('/')[0] ?? '';
  const others = programs[from];
  if (others === undefined) return [];
  const allowed = [from, 'src', ...others];
  return importsOf(file)
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map(({ node, specifier }) => ({
      node,
      target: posix.join(posix.dirname(file.path), specifier),
    }))
    .filter(({ target }) => !allowed.includes(target.split('/')[0] ?? ''))
    .map(({ node, target }) => findingAt(file, node, `${from} imports ${target}`));
};

/** Imports go only downwards in the table of layers (DESIGN.md 8). */
export const importsGoDown: Rule = (file) => {
  const from = folderOf(file.path);
  if (from === undefined) return [];
  const layer = layers[from];
  if (layer === undefined) {
    return [findingAt(file, file.tree, `src/${from} is not in the table of layers`)];
  }
  const findings: Finding[] = [];
  for (const { node, specifier } of importsOf(file)) {
    if (!specifier.startsWith('.')) continue;
    const target = posix.join(posix.dirname(file.path), specifier);
    const to = folderOf(target);
    const inside = to === from;
    const allowed = layer.mayImport.some((name) => isWithin(target, `src/${name}`));
    if (!inside && !allowed) findings.push(findingAt(file, node, `${from} imports ${target}`));
  }
  return findings;
};

/** Pure folders import no package and nothing of Node (DESIGN.md 8). */
export const pureFoldersImportNothingImpure: Rule = (file) => {
  const layer = layerOf(file);
  if (layer === undefined || !layer.pure) return [];
  return importsOf(file)
    .filter(({ specifier }) => !specifier.startsWith('.'))
    .filter(({ specifier }) => !layer.packages?.includes(specifier))
    .map(({ node, specifier }) => findingAt(file, node, `a pure folder imports ${specifier}`));
};

const impureNames = new Set([
  'Date',
  'performance',
  'crypto',
  'process',
  'Promise',
  'Intl',
  'fetch',
  'console',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'require',
]);

const localeMethods = new Set(['localeCompare', 'toLocaleString', 'toLocaleLowerCase']);

/** Pure folders know no clock, chance, process, promise or locale (DESIGN.md 8). */
export const pureFoldersUseNothingImpure: Rule = (file) => {
  if (!layerOf(file)?.pure) return [];
  const findings: Finding[] = [];
  walk(file.tree, (node, parent) => {
    const detail = impurityOf(node, parent);
    if (detail !== undefined) findings.push(findingAt(file, node, `a pure folder ${detail}`));
  });
  return findings;
};

function impurityOf(node: SyntaxNode, parent: SyntaxNode | undefined): string | undefined {
  if (node.type === 'AwaitExpression') return 'awaits';
  if (node.async === true) return 'has an async function';
  if (node.type === 'MemberExpression') {
    const property = nameOf(node.property);
    if (nameOf(node.object) === 'Math' && property === 'random') return 'uses Math.random';
    if (nameOf(node.object) === 'globalThis') return 'reaches for globalThis';
    if (property !== undefined && localeMethods.has(property)) return `uses ${property}`;
  }
  const name = nameOf(node);
  if (name === undefined || !impureNames.has(name) || isOnlyAName(node, parent)) return undefined;
  return `uses ${name}`;
}

/** Whether the identifier is a property, a key or a member and so no reference to a global. */
function isOnlyAName(node: SyntaxNode, parent: SyntaxNode | undefined): boolean {
  if (parent === undefined || parent.computed === true) return false;
  return parent.property === node || (parent.key === node && parent.shorthand !== true);
}

function layerOf(file: SourceFile): Layer | undefined {
  const folder = folderOf(file.path);
  return folder === undefined ? undefined : layers[folder];
}

function isWithin(path: string, place: string): boolean {
  return path === place || path.startsWith(`${place}/`);
}

/** The layer's folder; undefined for files that lie in `src` itself or outside. */
function folderOf(path: string): string | undefined {
  const [root, folder, name] = path.split('/');
  return root === 'src' && name !== undefined ? folder : undefined;
}
