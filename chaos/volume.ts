import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runTool, tryTool } from './run-tool.ts';

/** The folder that holds one node's data. */
export interface Volume {
  readonly folder: string;
  /**
   * The power fails: whatever was written and not synced is gone when the power is back. The
   * process that uses the folder must be stopped and is killed by the caller before `restore`.
   */
  failPower(): void;
  /** Power is back: the folder holds what the disk had. */
  restore(): void;
  remove(): Promise<void>;
}

/** A plain folder: it knows no loss of power. */
export async function openFolder(root: string, nodeId: number): Promise<Volume> {
  const folder = join(root, `node-${nodeId}`);
  await mkdir(folder, { recursive: true });
  const refuse = (): never => {
    throw new Error('a plain folder cannot lose its power');
  };
  return {
    folder,
    failPower: refuse,
    restore: refuse,
    remove: async () => await rm(folder, { recursive: true, force: true }),
  };
}

/** Sparse; a run writes far less. */
const volumeSize = '512M';

/**
 * EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH (Linux, fs/ext4/ioctl.c), which Linux' own
 * tests of power failure use: from that moment nothing more reaches the disk, not even what waits
 * in the page cache or in the journal's memory. The numbers are part of the kernel's interface.
 */
const shutdownProgram =
  'open(my $f, "<", $ARGV[0]) or die "open: $!";' +
  'my $flags = pack("L", 2);' +
  'ioctl($f, 0x8004587d, $flags) or die "ioctl: $!";';

/**
 * An ext4 file system in a file. Its power fails as a disk's does: synced bytes are there
 * afterwards, others are not, and the journal is replayed at the next mount. Not emulated: a disk
 * that lies about its cache, and sectors that are torn or decay.
 */
export async function openDisk(root: string, nodeId: number): Promise<Volume> {
  const image = join(root, `disk-${nodeId}.img`);
  const folder = join(root, `node-${nodeId}`);
  await mkdir(folder, { recursive: true });
  runTool(['truncate', '-s', volumeSize, image]);
  runTool(['mkfs.ext4', '-q', '-F', '-E', 'lazy_itable_init=1', image]);
  const mount = (): string => runTool(['mount', '-o', 'loop', image, folder]);
  mount();
  // What mkfs leaves at the top of the folder is not the node's.
  runTool(['rmdir', join(folder, 'lost+found')]);
  return {
    folder,
    failPower: () => {
      runTool(['perl', '-e', shutdownProgram, folder]);
    },
    restore: () => {
      runTool(['umount', folder]);
      mount();
    },
    remove: async () => {
      if (!tryTool(['umount', folder])) tryTool(['umount', '--lazy', folder]);
      await rm(image, { force: true });
      await rm(folder, { recursive: true, force: true });
    },
  };
}
