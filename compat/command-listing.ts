import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import type { RecordedRequest } from './recording-proxy.ts';
import type { Request } from './request-reader.ts';

/*
 * Turns recorded requests into the text of a `commands.txt`: the same for every run of the same
 * library, so that a difference means that the library sends something else. What is random is
 * named instead of shown, and a script is shown by its SHA-1, under which EVALSHA runs it.
 */

export interface ListingOptions {
  /** Phases in which the library's threads race: each command once, by the alphabet. */
  readonly unordered?: readonly string[];
}

export function listCommands(
  recorded: readonly RecordedRequest[],
  { unordered = [] }: ListingOptions = {},
): string {
  const names = new RandomNames();
  const lines: string[] = [];
  const phases = [...new Set(recorded.map(({ phase }) => phase))];
  const connections = [...new Set(recorded.map(({ connection }) => connection))].sort(ascending);
  for (const phase of phases) {
    const isUnordered = unordered.includes(phase);
    lines.push(isUnordered ? `# ${phase}, in no fixed order` : `# ${phase}`);
    for (const connection of connections) {
      // Two connections of one client run beside each other: their order is by connection.
      const prefix = connections.length > 1 ? `${connection}: ` : '';
      const ofBoth = recorded.filter((one) => one.phase === phase && one.connection === connection);
      const listed = ofBoth.map(({ request }) => prefix + listRequest(request, names));
      lines.push(...(isUnordered ? [...new Set(listed)].sort() : listed));
    }
  }
  return `${lines.join('\n')}\n`;
}

function ascending(left: number, right: number): number {
  return left - right;
}

function listRequest(request: Request, names: RandomNames): string {
  const words = request.map((arg) => arg.toString('latin1'));
  const verb = (words[0] ?? '').toUpperCase();
  const isLoad = verb === 'SCRIPT' && (words[1] ?? '').toUpperCase() === 'LOAD';
  return words
    .map((word, index) => {
      if ((verb.startsWith('EVAL') && index === 1) || (isLoad && index === 2)) {
        return verb.startsWith('EVALSHA') ? word : describeScript(word);
      }
      return listWord(word, names);
    })
    .join(' ');
}

function describeScript(text: string): string {
  const sha1 = createHash('sha1').update(text, 'latin1').digest('hex');
  return `<script ${sha1}, ${text.length} bytes>`;
}

/** What lock libraries take for owners: UUIDs, hex, base64, and letters with a counter. */
const randomShapes = [
  /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/,
  /^[0-9a-f]{32,}$/,
  /^[A-Za-z0-9+/_-]{22}==$/,
  /^\{"value":"/,
];

function listWord(word: string, names: RandomNames): string {
  if (/[^\x20-\x7e]/.test(word)) {
    return `<${word.length} raw bytes>`;
  }
  if (randomShapes.some((shape) => shape.test(word))) {
    return names.nameOf(word);
  }
  const withoutHost = word.split(hostname()).join('<host>');
  return /^[^\s"]+$/.test(withoutHost) ? withoutHost : JSON.stringify(withoutHost);
}

class RandomNames {
  readonly #names = new Map<string, string>();

  nameOf(value: string): string {
    const known = this.#names.get(value);
    if (known !== undefined) {
      return known;
    }
    const name = `<owner ${this.#names.size + 1}>`;
    this.#names.set(value, name);
    return name;
  }
}
