import {
  type Finding,
  findingAt,
  isNode,
  lineOf,
  literalOf,
  nameOf,
  type Rule,
  type SourceFile,
  type SyntaxNode,
  walk,
} from './source-file.ts';

/** No `any` (CONTRIBUTING.md, Types). */
export const noAny: Rule = (file) =>
  collect(file, (node) => (node.type === 'TSAnyKeyword' ? '`any`' : undefined));

/** No `!`, neither on a value nor on a field (CONTRIBUTING.md, Types). */
export const noNonNull: Rule = (file) =>
  collect(file, (node) =>
    node.type === 'TSNonNullExpression' || node.definite === true ? '`!`' : undefined,
  );

/** No enum, no namespace, no parameter property: types are erased (CONTRIBUTING.md, Types). */
export const onlyErasableTypes: Rule = (file) =>
  collect(file, (node) => {
    if (node.type === 'TSEnumDeclaration') return 'an enum';
    if (node.type === 'TSParameterProperty') return 'a parameter property';
    const describesAPackage = literalOf(node.id) !== undefined || node.kind === 'global';
    if (node.type === 'TSModuleDeclaration' && !describesAPackage) return 'a namespace';
    return undefined;
  });

/** Exports have names; `src/index.ts` is the only barrel (CONTRIBUTING.md, Files and functions). */
export const namedExports: Rule = (file) =>
  collect(file, (node) => {
    // Tools ask for a default in their configuration, and some packages are described as having it.
    const isForced = file.path.endsWith('.config.ts') || file.path.endsWith('.d.ts');
    if (node.type === 'ExportDefaultDeclaration' && !isForced) return 'a default export';
    const isBarrel = node.type === 'ExportAllDeclaration' && file.path !== 'src/index.ts';
    return isBarrel ? 'a barrel' : undefined;
  });

const functionLinesMax = 70;

/** A function has at most 70 lines; the body of a `describe` is a list of tests, not a function. */
export const shortFunctions: Rule = (file) =>
  collect(file, (node, parent) => {
    if (!functionTypes.has(node.type) || nameOf(calleeOf(parent)) === 'describe') return undefined;
    const count = lineOf(file, node.end) - lineOf(file, node.start) + 1;
    return count > functionLinesMax ? `a function of ${count} lines` : undefined;
  });

const functionTypes = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
]);

/** What is called at the bottom: `describe` in `describe.each(table)('…', () => …)` too. */
function calleeOf(node: SyntaxNode | undefined): unknown {
  let callee: unknown = node?.type === 'CallExpression' ? node.callee : undefined;
  while (isNode(callee)) {
    if (callee.type === 'MemberExpression') callee = callee.object;
    else if (callee.type === 'CallExpression') callee = callee.callee;
    else break;
  }
  return callee;
}

function collect(
  file: SourceFile,
  detailOf: (node: SyntaxNode, parent: SyntaxNode | undefined) => string | undefined,
): readonly Finding[] {
  const findings: Finding[] = [];
  walk(file.tree, (node, parent) => {
    const detail = detailOf(node, parent);
    if (detail !== undefined) findings.push(findingAt(file, node, detail));
  });
  return findings;
}
