import { describe, expect, test } from 'vitest';
import {
  Config,
  readSettings,
  type SettingSources,
  strayVariables,
} from '../../src/server/config.ts';
import { chosenSettings, settings, variableOf } from '../../src/server/config-table.ts';
import { checkSetting, type Setting } from '../../src/server/setting.ts';

function read(sources: Partial<SettingSources>): Config {
  const readFile = (): string => {
    throw new Error('no file was to be read');
  };
  return new Config(readSettings({ flags: {}, environment: {}, readFile, ...sources }));
}

const cannotChange = "ERR CONFIG SET failed (possibly related to argument 'port') - can't set";

describe('the table of settings', () => {
  test('every default is a value that the setting itself takes, in its canonical text', () => {
    for (const setting of settings) {
      const checked = checkSetting(setting, setting.initial);
      expect(checked, setting.name).toEqual({ ok: true, text: setting.initial });
    }
  });

  test('names, flags and variables stand for one setting each', () => {
    const unique = (values: readonly string[]) => new Set(values).size === values.length;
    expect(unique(settings.map(({ name }) => name))).toBe(true);
    expect(unique(chosenSettings.map(({ flag }) => flag))).toBe(true);
    expect(unique(chosenSettings.map(variableOf))).toBe(true);
    for (const setting of chosenSettings) {
      expect(setting.flag).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(variableOf(setting)).toMatch(/^FENCEPOST_[A-Z]+(_[A-Z]+)*$/);
    }
  });

  test('bytes are given with the units of Redis', () => {
    const setting: Setting = {
      name: 'x',
      kind: 'bytes',
      min: 1,
      max: 2 ** 40,
      initial: '1',
      changes: 'live',
      summary: '',
    };
    const units = { '12': 12, '3kb': 3072, '3k': 3000, '1MB': 1_048_576, '2gb': 2 ** 31 };
    for (const [given, bytes] of Object.entries(units)) {
      expect(checkSetting(setting, given)).toEqual({ ok: true, text: String(bytes) });
    }
    for (const given of ['', 'kb', '1xb', '-1', '1.5mb', '1 mb']) {
      expect(checkSetting(setting, given).ok, given).toBe(false);
    }
  });
});

describe('settings at the start', () => {
  test('a flag wins over its variable, and a variable over the default', () => {
    const environment = { FENCEPOST_PORT: '7001', FENCEPOST_DATA: '/from/variable' };
    const config = read({ flags: { port: '7002' }, environment });
    expect(config.number('port')).toBe(7002);
    expect(config.text('dir')).toBe('/from/variable');
    expect(config.text('bind')).toBe('127.0.0.1');
    expect(config.yes('protected-mode')).toBe(true);
  });

  test('a bad value is refused with the flag or variable that gave it', () => {
    const refusal = (sources: Partial<SettingSources>) => () => read(sources);
    expect(refusal({ flags: { port: 'x' } })).toThrow(
      "--port: argument couldn't be parsed into an integer, got 'x'",
    );
    expect(refusal({ environment: { FENCEPOST_PORT: '70000' } })).toThrow(
      "FENCEPOST_PORT: argument must be between 0 and 65535 inclusive, got '70000'",
    );
    expect(refusal({ flags: { fsync: 'never' } })).toThrow('auto, on-loop, asynchronous');
    expect(refusal({ flags: { 'redis-version': '8' } })).toThrow('a version such as 8.4.0');
    expect(refusal({ flags: { host: ' ' } })).toThrow('at least one address');
    expect(refusal({ flags: { data: '' } })).toThrow('must name a folder');
    for (const flags of [{ port: '1' }, { partitions: '256' }, { 'lease-guard': '0' }]) {
      expect(refusal({ flags })).not.toThrow();
    }
    expect(refusal({ flags: { port: '' } })).toThrow(
      expect.objectContaining({ code: 'BAD_OPTION' }),
    );
  });

  test('a password is read from the first line of a file', () => {
    const flags = { 'requirepass-file': '/run/secret' };
    const config = read({ flags, readFile: (path) => `from ${path}\r\nmore\n` });
    expect(config.text('requirepass')).toBe('from /run/secret');
    expect(() => read({ flags, readFile: () => '\n' })).toThrow('empty first line');
    expect(() => read({ flags })).toThrow('--requirepass-file: no file was to be read');
    const both = { ...flags, requirepass: 'x' };
    expect(() => read({ flags: both, readFile: () => 'y' })).toThrow('both given');
  });
});

describe('CONFIG GET and SET', () => {
  test('patterns match in any case, a plain name is answered as it was asked', () => {
    const config = new Config();
    expect(config.match(['SLOWLOG-*'])).toEqual([
      ['slowlog-log-slower-than', '10000'],
      ['slowlog-max-len', '128'],
    ]);
    expect(config.match(['Port', 'port'])).toEqual([
      ['Port', '7379'],
      ['port', '7379'],
    ]);
    expect(config.match(['*']).length).toBe(settings.length);
    expect(config.match(['nothing', 'p?rt', 'port'])).toEqual([['port', '7379']]);
  });

  test('sets all or none, and tells who follows', () => {
    const config = new Config();
    const seen: number[] = [];
    config.follow('timeout', () => seen.push(config.number('timeout')));
    const pairs = [['timeout', '5'] as const, ['maxclients', '0'] as const];
    expect(config.set(pairs)?.text).toContain("argument 'maxclients'");
    expect(config.number('timeout')).toBe(0);
    expect(config.set([['TIMEOUT', '5']])).toBeUndefined();
    expect(seen).toEqual([0, 5]);
  });

  test('a setting of the start cannot be changed, but set to what it is', () => {
    const config = new Config();
    expect(config.set([['port', '7380']])?.text).toContain(cannotChange);
    expect(config.set([['appendonly', 'no']])?.text).toContain("can't set immutable config");
    expect(config.set([['save', '']])).toBeUndefined();
    expect(config.set([['appendonly', 'yes']])).toBeUndefined();
  });

  test('text of people passes CONFIG as the bytes of UTF-8', () => {
    const config = new Config(new Map([['dir', '/dätä']]));
    const bytes = Buffer.from('/dätä', 'utf8').toString('latin1');
    expect(config.match(['dir'])).toEqual([['dir', bytes]]);
    config.set([['requirepass', bytes]]);
    expect(config.text('requirepass')).toBe('/dätä');
  });

  test('a variable that looks like a setting and is none is found', () => {
    const environment = { FENCEPOST_REQUIRE_PASS: 'x', FENCEPOST_PORT: '1', PATH: '/bin' };
    expect(strayVariables(environment)).toEqual(['FENCEPOST_REQUIRE_PASS']);
  });
});
