import { assert } from '../base/assert.ts';
import { asciiLower, type ByteString, byteStringOfText, bytesOf } from '../base/byte-string.ts';
import { FencepostError } from '../base/errors.ts';
import { Glob } from '../base/glob.ts';
import type { ServerPort } from '../commands/server-port.ts';
import { type ErrorReply, error } from '../resp/reply.ts';
import {
  chosenSettings,
  type NumberName,
  settings,
  type TextName,
  variableOf,
  type YesNoName,
} from './config-table.ts';
import { checkSetting, type Setting } from './setting.ts';

/** Texts of settings by their CONFIG names. */
export type SettingTexts = ReadonlyMap<string, string>;

type ConfigPort = Pick<ServerPort['config'], 'match' | 'set'>;

/**
 * The values of all settings. Values are text; typed getters read them. CONFIG GET and SET speak
 * byte strings, so text of people (a path) is converted at that border.
 */
export class Config implements ConfigPort {
  readonly #texts = new Map<string, string>();
  readonly #listeners = new Map<string, (() => void)[]>();

  /**
   * @param given values that differ from the defaults, already checked
   */
  constructor(given: SettingTexts = new Map()) {
    for (const { name, initial } of settings) this.#texts.set(name, given.get(name) ?? initial);
  }

  text(name: TextName): string {
    return this.#get(name);
  }

  number(name: NumberName): number {
    return Number(this.#get(name));
  }

  yes(name: YesNoName): boolean {
    return this.#get(name) === 'yes';
  }

  /** Calls `listener` now and after every change of the setting. */
  follow(name: TextName | NumberName | YesNoName, listener: () => void): void {
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener]);
    listener();
  }

  /** Puts what was found out in place of what was asked for: the port, if 0 asked for any. */
  settle(name: NumberName, value: number): void {
    this.#texts.set(name, String(value));
  }

  match(patterns: readonly ByteString[]): readonly (readonly [ByteString, ByteString])[] {
    const matching = new Map<ByteString, string>();
    for (const pattern of patterns) {
      // A plain name is answered in the spelling that was asked for, as in Redis.
      const plain = this.#texts.get(asciiLower(pattern));
      if (plain !== undefined) matching.set(pattern, plain);
      else for (const [name, text] of this.#matching(pattern)) matching.set(name, text);
    }
    return [...matching]
      .map(([name, text]) => [name, byteStringOfText(text)] as const)
      .sort(([left], [right]) => (left < right ? -1 : 1));
  }

  set(pairs: readonly (readonly [ByteString, ByteString])[]): ErrorReply | undefined {
    const wanted = new Map<Setting, string>();
    for (const [givenName, value] of pairs) {
      const setting = settingsByName.get(asciiLower(givenName));
      if (setting === undefined) {
        return error(`ERR Unknown option or number of arguments for CONFIG SET - '${givenName}'`);
      }
      const text = bytesOf(value).toString('utf8');
      if (setting.changes !== 'live' && text !== this.#texts.get(setting.name)) {
        return failure(setting.name, "can't set immutable config");
      }
      if (wanted.has(setting)) return failure(setting.name, 'duplicate parameter');
      wanted.set(setting, text);
    }
    const changes = new Map<string, string>();
    for (const [setting, text] of wanted) {
      const checked = checkSetting(setting, text);
      if (!checked.ok) return failure(setting.name, checked.problem);
      changes.set(setting.name, checked.text);
    }
    for (const [name, text] of changes) this.#texts.set(name, text);
    for (const name of changes.keys()) {
      for (const listener of this.#listeners.get(name) ?? []) listener();
    }
    return undefined;
  }

  #matching(pattern: ByteString): readonly (readonly [string, string])[] {
    const glob = new Glob(pattern, { ignoreCase: true });
    return [...this.#texts].filter(([name]) => glob.matches(name));
  }

  #get(name: string): string {
    const text = this.#texts.get(name);
    assert(text !== undefined, 'every setting has a value');
    return text;
  }
}

const settingsByName: ReadonlyMap<string, Setting> = new Map(
  settings.map((setting) => [setting.name, setting]),
);

function failure(name: string, problem: string): ErrorReply {
  return error(`ERR CONFIG SET failed (possibly related to argument '${name}') - ${problem}`);
}

/** Where values come from at the start: the flags that were given, and the environment. */
export interface SettingSources {
  /** By the flag's name without its dashes. */
  readonly flags: Readonly<Record<string, string | undefined>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly readFile: (path: string) => string;
}

/**
 * The values that flags and variables give; a flag wins over its variable.
 *
 * @throws FencepostError `BAD_OPTION` that names the flag or variable and what is wrong with it
 */
export function readSettings({ flags, environment, readFile }: SettingSources): SettingTexts {
  const given = new Map<string, string>();
  for (const setting of chosenSettings) {
    const variable = variableOf(setting);
    const flagged = flags[setting.flag];
    const text = flagged ?? environment[variable];
    if (text === undefined) continue;
    const checked = checkSetting(setting, text);
    if (!checked.ok) {
      const source = flagged === undefined ? variable : `--${setting.flag}`;
      throw new FencepostError('BAD_OPTION', `${source}: ${checked.problem}, got '${text}'`);
    }
    given.set(setting.name, checked.text);
  }
  const file = given.get('requirepass-file') ?? '';
  if (file !== '') given.set('requirepass', passwordOf(file, given, readFile));
  return given;
}

/**
 * Variables that look like settings and are none, sorted: a misspelt name must not silently
 * mean, say, that there is no password.
 */
export function strayVariables(environment: SettingSources['environment']): readonly string[] {
  const known = new Set<string>(chosenSettings.map(variableOf));
  return Object.keys(environment)
    .filter((name) => name.startsWith('FENCEPOST_') && !known.has(name))
    .sort();
}

function passwordOf(
  file: string,
  given: SettingTexts,
  readFile: SettingSources['readFile'],
): string {
  if ((given.get('requirepass') ?? '') !== '') {
    const both = '--requirepass and --requirepass-file were both given';
    throw new FencepostError('BAD_OPTION', `${both}: choose one`);
  }
  let content: string;
  try {
    content = readFile(file);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FencepostError('BAD_OPTION', `--requirepass-file: ${reason}`, cause);
  }
  const [password = ''] = content.split(/\r?\n/, 1);
  if (password !== '') return password;
  throw new FencepostError('BAD_OPTION', `--requirepass-file: ${file} has an empty first line`);
}
