import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { Config } from '../../src/server/config.ts';
import { Server } from '../../src/server/server.ts';
import { SessionRegistry } from '../../src/server/session-registry.ts';
import { Statistics } from '../../src/server/statistics.ts';
import { Subscriptions } from '../../src/server/subscriptions.ts';

function server(settings: Readonly<Record<string, string>> = {}): Server {
  const partition = {
    ready: true,
    served: true,
    term: 2,
    lastIndex: 9,
    appliedIndex: 8,
    waitingCount: 3,
  };
  return new Server({
    config: new Config(new Map(Object.entries(settings))),
    log: pino({ level: 'silent' }),
    sessions: new SessionRegistry(),
    subscriptions: new Subscriptions(),
    status: () => ({
      log: { segmentCount: 2, turnsInFlight: 1, bytesSinceCheckpoint: 512, checkpointCount: 4 },
      partitions: [
        { ...partition, id: 0, lastToken: 0, leaseCount: 0 },
        { ...partition, id: 1, lastToken: 41, leaseCount: 7 },
      ],
      databases: [
        { db: 0, keyCount: 6, expiringCount: 5 },
        { db: 3, keyCount: 1, expiringCount: 0 },
      ],
      keyCounts: { hitCount: 5, missCount: 3, expiredCount: 2 },
      scriptCount: 2,
      scriptBytes: 100,
    }),
    onShutdown: () => {},
  });
}

function fieldsOf(text: string): ReadonlyMap<string, string> {
  const lines = text.split('\r\n').filter((line) => line.includes(':'));
  return new Map(lines.map((line) => [line.replace(/:.*/, ''), line.replace(/^[^:]*:/, '')]));
}

/** What libraries and dashboards read. */
const fieldsThatClientsRead = [
  'redis_version',
  'redis_mode',
  'run_id',
  'loading',
  'role',
  'connected_slaves',
  'aof_enabled',
  'uptime_in_seconds',
  'uptime_in_days',
  'tcp_port',
  'connected_clients',
  'used_memory',
  'maxmemory_policy',
  'number_of_cached_scripts',
  'instantaneous_ops_per_sec',
  'instantaneous_input_kbps',
  'instantaneous_output_kbps',
  'db0',
  'cluster_enabled',
  'total_commands_processed',
];

describe('INFO', () => {
  test('has every field that clients read, and no sign of loading or of a replica', () => {
    const fields = fieldsOf(server({ 'redis-version': '7.2.4' }).info([]));
    for (const name of fieldsThatClientsRead) expect(fields.has(name), name).toBe(true);
    expect(fields.get('loading')).toBe('0');
    expect(fields.get('role')).toBe('master');
    expect(fields.get('redis_version')).toBe('7.2.4');
    expect(fields.get('run_id')).toMatch(/^[0-9a-f]{40}$/);
  });

  test('tells the keyspace in the form of Redis, and partitions and leases', () => {
    const text = server().info(['KEYSPACE', 'fencepost']);
    expect(text).toContain('# Keyspace\r\ndb0:keys=6,expires=5,avg_ttl=0\r\ndb3:keys=1,expires=0,');
    const fields = fieldsOf(text);
    expect(fields.get('leases')).toBe('7');
    expect(fields.get('partitions')).toBe('1');
    expect(fields.get('partitions_ready')).toBe('1');
    expect(fields.get('replies_waiting')).toBe('6');
    expect(fields.get('log_entries_waiting')).toBe('2');
    expect(fields.get('loop_delay_ms')).toBe('0');
    expect(fields.get('log_writes_in_flight')).toBe('1');
    expect(fields.get('log_segments')).toBe('2');
    expect(fields.get('log_bytes_since_checkpoint')).toBe('512');
    expect(fields.get('checkpoints')).toBe('4');
    expect(fields.get('partition1')).toBe(
      'ready=1,term=2,last_index=9,applied_index=8,leases=7,last_token=41,replies_waiting=3',
    );
    expect(fields.has('redis_version')).toBe(false);
  });

  test('shows the counters of commands only where they are asked for', () => {
    const asked = server();
    asked.statistics.countCommand('get', 10);
    asked.statistics.countCommand('get', 20, 'WRONGTYPE x');
    asked.statistics.countRejected('get', 'ERR y');
    asked.statistics.countRejected(undefined, 'ERR z');
    expect(asked.info([])).not.toContain('cmdstat_');
    for (const section of ['commandstats', 'all', 'everything']) {
      expect(asked.info([section])).toContain(
        'cmdstat_get:calls=2,usec=30,usec_per_call=15.00,rejected_calls=1,failed_calls=1\r\n',
      );
    }
    expect(asked.info(['errorstats'])).toBe(
      '# Errorstats\r\nerrorstat_WRONGTYPE:count=1\r\nerrorstat_ERR:count=2\r\n',
    );
    asked.config.resetStatistics();
    expect(asked.info(['commandstats', 'errorstats'])).toBe(
      '# Commandstats\r\n\r\n# Errorstats\r\n',
    );
  });
});

describe('CONFIG RESETSTAT', () => {
  test('makes lookups and ended keys count from there', () => {
    const asked = server();
    const shown = 'expired_keys:2\r\nevicted_keys:0\r\nkeyspace_hits:5\r\nkeyspace_misses:3\r\n';
    expect(asked.info(['stats'])).toContain(shown);
    asked.config.resetStatistics();
    expect(asked.info(['stats'])).toContain(shown.replaceAll(/[1-9]/g, '0'));
  });
});

describe('rates', () => {
  test('are the mean of the last samples', () => {
    const statistics = new Statistics();
    for (let at = 0; at <= 20; at += 1) {
      statistics.sample(at * 100);
      statistics.inputBytes += 1024;
      for (let count = 0; count < 5; count += 1) statistics.countCommand('get', 1);
    }
    expect(statistics.commandsPerSecond).toBe(50);
    expect(statistics.inputKilobytesPerSecond).toBeCloseTo(10);
    expect(statistics.outputKilobytesPerSecond).toBe(0);
  });

  test('the delay of the loop is that of the latest sample among the last', () => {
    const statistics = new Statistics();
    const gapsMs = [100, 340, ...Array.from({ length: 15 }, () => 99)];
    let atMs = 0;
    statistics.sample(atMs);
    for (const gapMs of gapsMs) {
      atMs += gapMs;
      statistics.sample(atMs);
    }
    expect(statistics.loopDelayMs).toBe(240);
    statistics.sample(atMs + 100);
    expect(statistics.loopDelayMs).toBe(0);
  });

  test('errors of many codes do not fill the memory', () => {
    const statistics = new Statistics();
    for (let at = 0; at < 1_000; at += 1) statistics.countError(`E${at} x`);
    expect(statistics.errorCodes.size).toBe(128);
    expect(statistics.errorCount).toBe(1_000);
  });
});

describe('the server', () => {
  test('takes the password of its only user', () => {
    const closed = server({ requirepass: 'pässword' });
    const bytes = Buffer.from('pässword', 'utf8').toString('latin1');
    expect(closed.authenticate('default', bytes)).toBe('accepted');
    expect(closed.authenticate('default', 'password')).toBe('refused');
    expect(closed.authenticate('default', '')).toBe('refused');
    expect(closed.authenticate('bob', bytes)).toBe('refused');
    const open = server();
    expect(open.authenticate('default', 'anything')).toBe('unneeded');
    expect(open.authenticate('bob', '')).toBe('refused');
  });

  test('tells the wall clock in microseconds, and SHA-1 of bytes', () => {
    const micros = server().wallMicros();
    expect(Math.abs(micros / 1000 - Date.now())).toBeLessThan(1_000);
    expect(server().sha1Hex('return 1')).toBe('e0e1f9fabfc9d4800c877a703b823ac0578ff8db');
    expect(server().sha1Hex('\xff')).toBe('85e53271e14006f0265921d02d4d736cdc580b0b');
  });
});
