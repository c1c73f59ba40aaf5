import type { Finding, Rule } from './source-file.ts';

const fileLinesMax = 400;
const lineColumnsMax = 100;

/** A file has at most 400 lines (CONTRIBUTING.md, Files and functions). */
export const shortFiles: Rule = (file) => {
  const count = file.text.endsWith('\n') ? file.lines.length - 1 : file.lines.length;
  if (count <= fileLinesMax) return [];
  return [{ path: file.path, line: count, detail: `a file of ${count} lines` }];
};

/** A line has at most 100 columns. */
export const shortLines: Rule = (file) =>
  findLines(file.path, file.lines, (text) =>
    text.length > lineColumnsMax ? `a line of ${text.length} columns` : undefined,
  );

const notes = /\b(TO\u0044O|FIX\u004dE|X\u0058X|HA\u0043K)\b/;

/** Nothing is left to be done later: it is done, or it is an issue. */
export const nothingLeftToDo: Rule = (file) =>
  findLines(file.path, file.lines, (text) => notes.exec(text)?.[0]);

/** A file with tests skips or singles out none of them; `skipIf` says why it skips. */
export const everyTestRuns: Rule = (file) =>
  findLines(file.path, file.lines, (text) => singledOut.exec(text)?.[0]);

const singledOut = /\b(test|it|describe)(\.\w+)*\.(only|skip|todo|fails)\b(?!If)/;

const kebabCase = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+(-[a-z]+)*)?\.ts$/;
const emptyNames = new Set(['utils', 'util', 'helpers', 'helper', 'common', 'misc', 'shared']);

/** Names of files and folders say what is inside, in kebab-case (CONTRIBUTING.md, Names). */
export const tellingNames: Rule = (file) => {
  const parts = file.path.split('/');
  const name = parts.pop() ?? '';
  const words = [...parts, name.replace(/\..*$/, '')];
  const empty = words.find((word) => emptyNames.has(word));
  if (empty !== undefined) return [{ path: file.path, line: 1, detail: `named "${empty}"` }];
  const isConfiguration = file.path.endsWith('.config.ts');
  if (isConfiguration || kebabCase.test(name)) return [];
  return [{ path: file.path, line: 1, detail: 'a name that is not in kebab-case' }];
};

function findLines(
  path: string,
  lines: readonly string[],
  detailOf: (text: string) => string | undefined,
): readonly Finding[] {
  return lines.flatMap((text, at) => {
    const detail = detailOf(text);
    return detail === undefined ? [] : [{ path, line: at + 1, detail }];
  });
}
