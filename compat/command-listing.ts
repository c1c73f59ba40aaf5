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
  /**
   * Threads of the library race while it connects, and may not be done when it says so, and while
   * it closes. The first and the last phase then show each command once, by the alphabet; those
   * that come late belong to the first one. PING, which such a library sends by a clock of its own
   * or does not send, is left out.
   */
  readonly racesAtEnds?: boolean;
}

export function listCommands(
  recorded: readonly RecordedRequest[],
  { racesAtEnds = false }: ListingOptions = {},
): string {
  const names = new RandomNames();
  const lines: string[] = [];
  const phases = [...new Set(recorded.map(({ phase }) => phase))];
  // One that was given up before it sent anything is not counted.
  const connections = [...new Set(recorded.map(({ connection }) => connection))].sort(ascending);
  const connecting = new Set<string>();
  for (const [at, phase] of phases.entries()) {
    const isUnordered = racesAtEnds && (at === 0 || at === phases.length - 1);
    lines.push(isUnordered ? `# ${phase}, in no fixed order` : `# ${phase}`);
    for (const [index, connection] of connections.entries()) {
      // Two connections of one client run beside each other: their order is by connection.
      const prefix = connections.length > 1 ? `${index + 1}: ` : '';
      const ofBoth = recorded.filter((one) => one.phase === phase && one.connection === connection);
      const listed = ofBoth
        .map(({ request }) => prefix + listRequest(request, names))
        .filter((line) => !connecting.has(line))
        .filter((line) => !racesAtEnds || line !== `${prefix}PING`);
      lines.push(...(isUnordered ? [...new Set(listed)].sort() : listed));
      if (isUnordered) for (const line of listed) connecting.add(line);
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

/** What lock libraries take for owners: UUIDs, hex, base64, a process with hex, and JSON. */
const randomShapes = [
  /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/,
  /^[0-9a-f]{32,}$/,
  /^[A-Za-z0-9+/_-]{22}==$/,
  /^\S+_\d+_[0-9a-f]{32}$/,
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
