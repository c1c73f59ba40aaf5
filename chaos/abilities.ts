import { findFakeTimeLibrary } from '../harness/fake-time.ts';
import { runTool, tryTool } from './run-tool.ts';

/** What this machine permits; a text is the reason why not. */
export interface Abilities {
  /** Nodes in network namespaces of their own, cut by nft. */
  readonly namespaces: true | string;
  /** Data folders on file systems of their own, whose power can fail. */
  readonly powerLoss: true | string;
  /** Processes with a wall clock of their own. */
  readonly wallClock: true | string;
}

export function findAbilities(): Abilities {
  return { namespaces: namespaces(), powerLoss: powerLoss(), wallClock: wallClock() };
}

/** Makes what a run makes, in small, and removes it. */
function namespaces(): true | string {
  const name = `fpx${process.pid}`;
  try {
    runTool(['ip', 'netns', 'add', name]);
    runTool(['ip', 'netns', 'exec', name, 'nft', 'add', 'table', 'inet', 'chaos']);
    runTool(['ip', 'link', 'add', name, 'type', 'bridge']);
    return true;
  } catch (failure) {
    return textOf(failure);
  } finally {
    tryTool(['ip', 'link', 'del', name]);
    tryTool(['ip', 'netns', 'del', name]);
  }
}

function powerLoss(): true | string {
  if (process.getuid?.() !== 0) return 'only root may mount a file system';
  const missing = ['mkfs.ext4', 'losetup', 'perl'].find((tool) => !tryTool(['which', tool]));
  if (missing !== undefined) return `${missing} is not installed`;
  return tryTool(['losetup', '--find']) ? true : 'there are no loop devices';
}

function wallClock(): true | string {
  return findFakeTimeLibrary() === undefined ? 'libfaketime is not installed' : true;
}

function textOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure);
}
