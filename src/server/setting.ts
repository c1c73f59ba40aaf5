/**
 * One setting of the server. `config-table.ts` lists them all; the flags of `fencepost serve`,
 * the `FENCEPOST_…` variables, CONFIG GET and SET and the README's table are made of them.
 */
export interface SettingInfo {
  /** As CONFIG GET and SET name it: Redis' own name where Redis has the setting. */
  readonly name: string;
  /** The flag of `serve` without its dashes; settings without one have a fixed value. */
  readonly flag?: string;
  /** How the flag's value is called in the help and the README. */
  readonly placeholder?: string;
  /** The canonical text of the default. */
  readonly initial: string;
  /** `live`: CONFIG SET changes it; `start`: only a flag or variable; `never`: a fact. */
  readonly changes: 'live' | 'start' | 'never';
  readonly summary: string;
}

export type Setting = SettingInfo &
  (
    | { readonly kind: 'text'; readonly pattern?: RegExp; readonly expectation?: string }
    | { readonly kind: 'integer'; readonly min: number; readonly max: number }
    /** Bytes; `64kb`, `1mb` and the like are understood, as in Redis. */
    | { readonly kind: 'bytes'; readonly min: number; readonly max: number }
    | { readonly kind: 'yes-no' }
    | { readonly kind: 'choice'; readonly choices: readonly string[] }
  );

/** The canonical text of a value, or what is wrong with it in Redis' own words. */
export type Checked =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly problem: string };

/** Reads a value as its flag, its variable or CONFIG SET gives it. */
export function checkSetting(setting: Setting, given: string): Checked {
  switch (setting.kind) {
    case 'text': {
      const fits = setting.pattern?.test(given) ?? true;
      return fits ? accepted(given) : refused(setting.expectation ?? 'argument is not valid');
    }
    case 'integer': {
      if (!/^-?[0-9]{1,15}$/.test(given)) {
        return refused("argument couldn't be parsed into an integer");
      }
      return checkRange(setting, Number(given));
    }
    case 'bytes': {
      const bytes = bytesOfMemory(given);
      if (bytes === undefined) return refused('argument must be a memory value');
      return checkRange(setting, bytes);
    }
    case 'yes-no': {
      const lower = given.toLowerCase();
      const fits = lower === 'yes' || lower === 'no';
      return fits ? accepted(lower) : refused("argument must be 'yes' or 'no'");
    }
    case 'choice': {
      const lower = given.toLowerCase();
      if (setting.choices.includes(lower)) return accepted(lower);
      const choices = setting.choices.join(', ');
      return refused(`argument(s) must be one of the following: ${choices}`);
    }
  }
}

function checkRange({ min, max }: { readonly min: number; readonly max: number }, value: number) {
  if (value >= min && value <= max) return accepted(String(value));
  return refused(`argument must be between ${min} and ${max} inclusive`);
}

/** Redis' units: `kb`, `mb`, `gb` are powers of 1024, `k`, `m`, `g` of 1000. */
const unitBytes: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1000,
  kb: 1024,
  m: 1000 ** 2,
  mb: 1024 ** 2,
  g: 1000 ** 3,
  gb: 1024 ** 3,
};

function bytesOfMemory(given: string): number | undefined {
  const parts = /^([0-9]{1,12})([a-z]*)$/i.exec(given);
  const unit = unitBytes[parts?.[2]?.toLowerCase() ?? 'none'];
  return unit === undefined ? undefined : Number(parts?.[1]) * unit;
}

function accepted(text: string): Checked {
  return { ok: true, text };
}

function refused(problem: string): Checked {
  return { ok: false, problem };
}
