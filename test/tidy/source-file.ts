import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAst } from 'vitest/node';

/** A node of the syntax tree (ESTree with TypeScript), as far as the rules need to know it. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

/** One source file, parsed once and read by every rule. */
export interface SourceFile {
  /** From the root of the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
  readonly tree: SyntaxNode;
}

/** A place where a rule does not hold. */
export interface Finding {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly detail: string;
}

/** A rule judges one file by what stands in it and where it lies. */
export type Rule = (file: SourceFile) => readonly Finding[];

export function sourceFileOf(path: string, text: string): SourceFile {
  const tree: unknown = parseAst(text, { lang: 'ts' });
  if (!isNode(tree)) throw new TypeError(`${path} has no syntax tree`);
  return { path, text, lines: text.split('\n'), tree };
}

/** Every TypeScript file below the folders, sorted by path. */
export function readSourceFiles(root: string, folders: readonly string[]): SourceFile[] {
  return folders
    .flatMap((folder) => pathsBelow(root, folder))
    .filter((path) => path.endsWith('.ts'))
    .sort()
    .map((path) => sourceFileOf(path, readFileSync(join(root, path), 'utf8')));
}

/** Calls `visit` for every node, a parent before its children. */
export function walk(
  node: SyntaxNode,
  visit: (node: SyntaxNode, parent: SyntaxNode | undefined) => void,
): void {
  const waiting: { readonly node: SyntaxNode; readonly parent: SyntaxNode | undefined }[] = [
    { node, parent: undefined },
  ];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    visit(next.node, next.parent);
    const parent = next.node;
    const children = childrenOf(parent).map((child) => ({ node: child, parent }));
    waiting.push(...children.reverse());
  }
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}

/** The name of an identifier, or undefined for any other node. */
export function nameOf(value: unknown): string | undefined {
  if (!isNode(value) || value.type !== 'Identifier') return undefined;
  return typeof value.name === 'string' ? value.name : undefined;
}

/** The text of a string literal, or undefined for any other node. */
export function literalOf(value: unknown): string | undefined {
  if (!isNode(value) || value.type !== 'Literal') return undefined;
  return typeof value.value === 'string' ? value.value : undefined;
}

export function lineOf(file: SourceFile, offset: number): number {
  let line = 1;
  for (let at = file.text.indexOf('\n'); at !== -1 && at < offset; line += 1) {
    at = file.text.indexOf('\n', at + 1);
  }
  return line;
}

export function findingAt(file: SourceFile, node: SyntaxNode, detail: string): Finding {
  return { path: file.path, line: lineOf(file, node.start), detail };
}

/** The modules that a file names: imports, exports from elsewhere, `import()` and import types. */
export function importsOf(
  file: SourceFile,
): readonly { readonly node: SyntaxNode; readonly specifier: string; readonly isType: boolean }[] {
  const found: { node: SyntaxNode; specifier: string; isType: boolean }[] = [];
  walk(file.tree, (node) => {
    const source = importSourceOf(node);
    if (source === undefined) return;
    const isType = node.importKind === 'type' || node.exportKind === 'type';
    found.push({ node, specifier: source, isType: isType || node.type === 'TSImportType' });
  });
  return found;
}

function importSourceOf(node: SyntaxNode): string | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
    case 'ImportExpression':
    case 'TSImportType':
      return literalOf(node.source);
    default:
      return undefined;
  }
}

function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (const value of Object.values(node)) {
    if (isNode(value)) children.push(value);
    else if (Array.isArray(value)) children.push(...value.filter(isNode));
  }
  return children;
}

const ignoredFolders = new Set(['node_modules', 'dist', 'bin', 'obj']);

function pathsBelow(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (!entry.isDirectory()) return [path];
    return ignoredFolders.has(entry.name) ? [] : pathsBelow(root, path);
  });
}
