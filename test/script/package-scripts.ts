import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseAst } from 'vitest/node';
import type { KnownScript } from '../../src/script/known-scripts.ts';

/** A known script with its text, which stays with those who send it and is read from there. */
export interface SourcedScript extends KnownScript {
  readonly source: string;
}

/** The folder that compat/install.js fills. */
const packagesFolder = fileURLToPath(new URL('../../compat/node_modules/', import.meta.url));
const packages = [
  '@microfleet/ioredis-lock',
  '@sesamecare-oss/redlock',
  'node-redis-warlock',
  'redis-semaphore',
  'redlock-universal',
  'redlock4',
  'redlock5',
];
const pythonPackages = '/usr/lib/python3/dist-packages';
/** Debian's python3-redis, of the one version whose scripts the table names. */
export const hasRedisPy = existsSync(`${pythonPackages}/redis-4.3.4.egg-info`);

/** The texts that may be scripts, by their SHA-1 in lower-case digits. */
export function collectTexts(): ReadonlyMap<string, string> {
  const texts = new Set(oneLineScripts());
  for (const name of packages) {
    for (const text of textsOfFolder(`${packagesFolder}${name}`)) {
      texts.add(text);
      // As redlock-universal does with its literals before it sends them.
      texts.add(text.trim());
    }
  }
  if (hasRedisPy) {
    const python = readFileSync(`${pythonPackages}/redis/lock.py`, 'utf8');
    for (const [, text = ''] of python.matchAll(/"""(.*?)"""/gs)) texts.add(text);
  }
  return new Map([...texts].map((text) => [sha1Of(text), text]));
}

export function sha1Of(text: string): string {
  return createHash('sha1').update(text).digest('hex');
}

/** The one-line scripts that people write themselves, in every usual spelling. */
function oneLineScripts(): readonly string[] {
  const scripts: string[] = [];
  for (const quote of ['"', "'"]) {
    for (const comma of [',', ', ']) {
      for (const spell of [(name: string) => name, (name: string) => name.toUpperCase()]) {
        const call = (name: string, ...args: string[]) =>
          `redis.call(${[quote + spell(name) + quote, ...args].join(comma)})`;
        const whenHeld = (then: string) =>
          `if ${call('get', 'KEYS[1]')} == ARGV[1] then return ${then} else return 0 end`;
        scripts.push(whenHeld(call('del', 'KEYS[1]')));
        scripts.push(whenHeld(call('pexpire', 'KEYS[1]', 'ARGV[2]')));
      }
    }
  }
  return scripts;
}

function textsOfFolder(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : textsOfFolder(path);
    if (entry.name.endsWith('.lua')) return [readFileSync(path, 'utf8')];
    return /\.[cm]?js$/.test(entry.name) ? literalsOf(readFileSync(path, 'utf8')) : [];
  });
}

/** The strings and templates of a module; a template may hold earlier constants of the module. */
function literalsOf(code: string): readonly string[] {
  const texts: string[] = [];
  const constants = new Map<string, string>();
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) return node.forEach(visit);
    if (!isNode(node)) return;
    for (const part of Object.values(node)) visit(part);
    const text = textOf(node, constants);
    if (text !== undefined) texts.push(text);
    if (node.type !== 'VariableDeclarator' || !isNode(node.id) || !isNode(node.init)) return;
    const value = textOf(node.init, constants);
    if (value !== undefined) constants.set(String(node.id.name), value);
  };
  visit(parseAst(code));
  return texts;
}

interface Node {
  readonly [part: string]: unknown;
  readonly type: string;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value;
}

function textOf(node: Node, constants: ReadonlyMap<string, string>): string | undefined {
  if (node.type === 'Literal') return typeof node.value === 'string' ? node.value : undefined;
  if (node.type !== 'TemplateLiteral') return undefined;
  const values = partsOf(node.expressions).map(({ name }) => constants.get(String(name)));
  if (values.includes(undefined)) return undefined;
  const strings = partsOf(node.quasis).map(({ value }) => cookedOf(value));
  return strings.map((string, index) => string + (values[index] ?? '')).join('');
}

function partsOf(list: unknown): readonly Node[] {
  return Array.isArray(list) ? list.filter(isNode) : [];
}

/** What a piece of a template stands for, its escapes resolved. */
function cookedOf(value: unknown): string {
  const isPiece = typeof value === 'object' && value !== null && 'cooked' in value;
  return isPiece ? String(value.cooked) : '';
}
