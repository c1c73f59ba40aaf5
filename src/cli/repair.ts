import fs from 'node:fs';
import readline from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { FencepostError } from '../base/errors.ts';
import { nodeDisk } from '../store/disk.ts';
import { folders } from '../store/examine.ts';
import { countLoss } from '../store/identity-file.ts';
import { cutLog } from '../store/log-cut.ts';
import { type PartitionLoss, planRepair, type RepairPlan } from '../store/repair-plan.ts';
import { State } from '../store/state.ts';

export interface RepairOptions {
  /** The data folder. */
  readonly folder: string;
  readonly input: Readable & { readonly isTTY?: boolean };
  readonly output: Writable;
  /** Cuts without asking. */
  readonly yes?: boolean;
  /** The folder was restored from a copy, and knows nothing of what came after that was made. */
  readonly restored?: boolean;
}

const word = 'cut';
const recordsShownMax = 20;

/**
 * `fencepost repair`: shows what is damaged in a data folder and what a cut would lose, asks,
 * and cuts. A folder that is whole is left as it is, unless it is said to be a restored copy: then
 * its tokens leap ahead as after a cut. What is cut off stays in the data folder.
 *
 * @returns the exit code: 0 if the folder can be served now, 1 if not
 */
export async function repair(options: RepairOptions): Promise<number> {
  const { folder } = options;
  const say = (line: string): void => {
    options.output.write(`${line}\n`);
  };
  try {
    if (!fs.existsSync(folders.identity(folder)) && !fs.existsSync(folders.log(folder))) {
      say(`${folder} is not a data folder: it has neither an identity file nor a log`);
      return 1;
    }
    const state = await State.open(folders.state(folder));
    try {
      return await repairLocked(options, state, say);
    } finally {
      await state.close();
    }
  } catch (error) {
    if (!(error instanceof FencepostError)) throw error;
    say(error.message);
    if (error.code === 'DATA_DAMAGED') say(hopeless);
    return 1;
  }
}

const hopeless =
  'The state cannot be repaired by cutting the log: restore the data folder from a backup.';

const startIt =
  'Start the node as the first time, with --node-id and --peers: it puts aside what is damaged, ' +
  'and gets its data from the others.';

async function repairLocked(
  options: RepairOptions,
  state: State,
  say: (line: string) => void,
): Promise<number> {
  const { folder } = options;
  fs.mkdirSync(folders.log(folder), { recursive: true });
  const plan = await planRepair({ disk: nodeDisk, folder }, state);
  if (plan.damages.length === 0) {
    say(`Nothing is damaged in ${folder}.`);
    if (plan.examination.log.broken !== undefined) {
      say('The log ends in a write that was never acknowledged; the next start drops it.');
    }
    return options.restored === true ? leapAhead(plan, say) : 0;
  }
  for (const damage of plan.damages) say(`Damaged: ${damage.message}`);
  if (plan.member !== undefined) {
    say(`This is the folder of node ${plan.member} of a cluster: nothing is cut. ${startIt}`);
    return 1;
  }
  if (!plan.possible) {
    say(hopeless);
    return 1;
  }
  describe(plan, say);
  if (!(await agreed(options, say))) return 1;
  const side = cutLog(plan);
  const { damages } = await planRepair({ disk: nodeDisk, folder }, state);
  for (const damage of damages) say(`Still damaged: ${damage.message}`);
  if (damages.length > 0) return 1;
  say(`Done. What was cut off is in ${side}. The next tokens leap ahead by 2^40.`);
  return 0;
}

/** A node of a cluster may have voted since the copy was made: it must not go on from there. */
function leapAhead(plan: RepairPlan, say: (line: string) => void): number {
  const { folder, member } = plan;
  const { identity } = plan.examination;
  if (member !== undefined || identity === undefined) {
    say('A node of a cluster is not restored from a copy: it gets everything from its peers.');
    return 1;
  }
  const record = countLoss(nodeDisk, folders.identity(folder), identity.record);
  say(`Tokens go on above ${record.cuts} * 2^40: none that was granted since comes again.`);
  return 0;
}

function describe(plan: RepairPlan, say: (line: string) => void): void {
  const { segment, offset } = plan.cutAt;
  const { broken } = plan.examination.log;
  if (broken !== undefined && !broken.torn) {
    say(
      `The log would be cut at byte ${offset} of segment ${segment}, behind its last good record.`,
    );
  } else {
    say('A new identity file would be written; all of the log that can be read is kept.');
    say('How far the log once reached is not known: its last entries may be lost.');
  }
  for (const loss of plan.losses) say(describeLoss(loss));
  const { readable } = plan;
  if (readable.length === 0) {
    say('No record behind the damage can be read.');
    return;
  }
  say(`${readable.length} records behind the damage can still be read, and would be cut off:`);
  for (const { position, ranges } of readable.slice(0, recordsShownMax)) {
    const entries = ranges.map(
      ({ partition, first, last }) => `partition ${partition} entries ${first} to ${last}`,
    );
    const what = entries.length === 0 ? 'no entries' : entries.join(', ');
    say(`  segment ${position.segment} byte ${position.offset}: ${what}`);
  }
  if (readable.length > recordsShownMax) say(`  and ${readable.length - recordsShownMax} more`);
}

function describeLoss(loss: PartitionLoss): string {
  const { partition, keptIndex, knownIndex, checkpoint } = loss;
  const kept = `partition ${partition}: kept up to index ${keptIndex}`;
  const state = checkpoint === 0 ? 'no checkpoint' : `checkpoint at ${checkpoint}`;
  if (knownIndex <= keptIndex) return `${kept} (${state}), no lost entry is known`;
  const count = knownIndex - keptIndex;
  const range = `entries ${keptIndex + 1} to ${knownIndex}`;
  return `${kept} (${state}), LOST: ${range} (${count}), and the leases that they granted`;
}

async function agreed(options: RepairOptions, say: (line: string) => void): Promise<boolean> {
  if (options.yes === true) return true;
  if (options.input.isTTY !== true) {
    say('Nothing was changed: there is no terminal to ask on. Give --yes to cut without asking.');
    return false;
  }
  say('Leases granted in the lost entries are forgotten, and may be granted again.');
  const lines = readline.createInterface({ input: options.input, output: options.output });
  try {
    const answer = await new Promise<string>((resolve) => {
      lines.once('close', () => resolve(''));
      lines.question(`Type "${word}" to cut, anything else to leave it as it is: `, resolve);
    });
    if (answer.trim() === word) return true;
    say('Nothing was changed.');
    return false;
  } finally {
    lines.close();
  }
}
