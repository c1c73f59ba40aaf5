import { parseArgs } from 'node:util';
import type { Abilities } from './abilities.ts';
import { type Fault, faults, getFault } from './faults.ts';

export interface ChaosOptions {
  readonly minutes: number;
  readonly nodes: number;
  readonly partitions: number;
  readonly lanes: number;
  readonly seed: number;
  readonly faults: readonly Fault[];
  /** Real processes on loopback, even if namespaces are permitted. */
  readonly loopback: boolean;
  /** A control: servers that are no cluster, on which the judge must find something. */
  readonly areAlone?: boolean;
}

export const usage = `npm run chaos -- [options]

  --minutes N     how long (5)
  --nodes N       3 or 5 (5)
  --partitions N  partitions (8)
  --lanes N       clients with one command under way each (24)
  --seed N        chooses faults, victims and operations; printed at the start of each run
  --faults A,B,…  only these
  --loopback      no network namespaces, also where they are permitted

faults:
${faults.map(({ name, summary }) => `  ${name.padEnd(14)}${summary}`).join('\n')}
`;

/** @throws Error with one sentence for an option that is not valid */
export function parseOptions(args: readonly string[], randomSeed: number): ChaosOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: '5' },
      nodes: { type: 'string', default: '5' },
      partitions: { type: 'string', default: '8' },
      lanes: { type: 'string', default: '24' },
      seed: { type: 'string', default: String(randomSeed) },
      faults: { type: 'string' },
      loopback: { type: 'boolean', default: false },
    },
  });
  const names = values.faults?.split(',') ?? faults.map(({ name }) => name);
  return {
    minutes: numberOf('minutes', values.minutes, { min: 0.01, isWhole: false }),
    nodes: numberOf('nodes', values.nodes, { min: 2, isWhole: true }),
    partitions: numberOf('partitions', values.partitions, { min: 1, isWhole: true }),
    lanes: numberOf('lanes', values.lanes, { min: 1, isWhole: true }),
    seed: numberOf('seed', values.seed, { min: 0, isWhole: true }),
    faults: names.map(getFault),
    loopback: values.loopback,
  };
}

/** The faults that the machine permits, and a line for each that it does not. */
export function permittedFaults(
  wanted: readonly Fault[],
  abilities: Abilities,
): { readonly permitted: readonly Fault[]; readonly skipped: readonly string[] } {
  const skipped: string[] = [];
  const permitted = wanted.filter(({ name, needs }) => {
    const ability = needs === undefined ? true : abilities[needs];
    if (ability === true) return true;
    skipped.push(`skipped: ${name}, because ${ability}`);
    return false;
  });
  return { permitted, skipped };
}

function numberOf(
  name: string,
  text: string,
  { min, isWhole }: { readonly min: number; readonly isWhole: boolean },
): number {
  const value = Number(text);
  const isValid = Number.isFinite(value) && value >= min && (!isWhole || Number.isInteger(value));
  if (!isValid) throw new Error(`--${name} ${text} is not valid`);
  return value;
}
