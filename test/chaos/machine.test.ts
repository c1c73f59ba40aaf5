import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findAbilities } from '../../chaos/abilities.ts';
import { NamespaceNetwork } from '../../chaos/namespaces.ts';
import { openDisk } from '../../chaos/volume.ts';

/** The faults are what they claim to be: what is cut does not pass, what was not synced is lost. */
const abilities = findAbilities();
for (const [name, ability] of Object.entries(abilities)) {
  if (ability !== true) process.stderr.write(`skipped: ${name}: ${ability}\n`);
}

describe.skipIf(abilities.namespaces !== true)('network namespaces', () => {
  let network: NamespaceNetwork;
  beforeAll(async () => {
    network = await NamespaceNetwork.open({ nodeIds: [1, 2, 3], proxies: false, seed: 1 });
  });
  afterAll(async () => {
    await network.close();
  });

  /** A datagram needs no way back, so it shows each direction alone. */
  function passes(from: number, to: number): boolean {
    const target = network.places.find(({ nodeId }) => nodeId === to);
    const source = network.places.find(({ nodeId }) => nodeId === from);
    if (target === undefined || source === undefined) throw new RangeError('no such node');
    const receive =
      "const s = require('node:dgram').createSocket('udp4');" +
      "s.on('message', () => process.exit(7));" +
      `s.bind(9000, '${target.host}', () => process.stdout.write('ready'));` +
      'setTimeout(() => process.exit(0), 400);';
    const send = `for i in 1 2 3 4; do sleep 0.08; echo hello > /dev/udp/${target.host}/9000; done`;
    const script =
      `${target.wrapper.join(' ')} ${process.execPath} -e "${receive}" & receiver=$!; ` +
      `${source.wrapper.join(' ')} bash -c '${send}'; wait $receiver`;
    return spawnSync('bash', ['-c', script]).status === 7;
  }

  test('pass everything until something is cut, cut one direction alone, and heal', async () => {
    expect(passes(1, 2)).toBe(true);
    await network.cut([{ from: 1, to: 2 }]);
    expect([passes(1, 2), passes(2, 1), passes(1, 3)]).toEqual([false, true, true]);
    await network.cut([]);
    expect(passes(1, 2)).toBe(true);
  });

  test('of two runs do not disturb each other, and leave nothing behind', async () => {
    const other = await NamespaceNetwork.open({ nodeIds: [1, 2], proxies: false, seed: 1 });
    const listed = (): string => spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' }).stdout;
    const both = [...network.names, ...other.names];
    expect(both.filter((name) => listed().includes(name))).toEqual(both);
    await other.close();
    expect(both.filter((name) => listed().includes(name))).toEqual(network.names);
    expect(passes(1, 2)).toBe(true);
  });
});

describe.skipIf(abilities.powerLoss !== true)('a disk whose power fails', () => {
  let root = '';
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'fencepost-power-'));
  });
  afterAll(async () => {
    await rm(root, { recursive: true, force: true });
  });

  function write(path: string, isSynced: boolean): void {
    const file = openSync(path, 'w');
    writeSync(file, 'x'.repeat(10_000));
    if (isSynced) fsyncSync(file);
    closeSync(file);
  }

  function syncFolder(path: string): void {
    const folder = openSync(path, 'r');
    fsyncSync(folder);
    closeSync(folder);
  }

  test('has what was synced when it is back, and nothing else', async () => {
    const volume = await openDisk(root, 1);
    try {
      write(join(volume.folder, 'synced'), true);
      syncFolder(volume.folder);
      write(join(volume.folder, 'lost'), false);
      volume.failPower();
      expect(() => write(join(volume.folder, 'later'), true)).toThrow();
      volume.restore();
      expect(existsSync(join(volume.folder, 'synced'))).toBe(true);
      expect(existsSync(join(volume.folder, 'lost'))).toBe(false);
    } finally {
      await volume.remove();
    }
  });
});
