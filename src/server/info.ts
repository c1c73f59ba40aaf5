import { arch, release, totalmem, type } from 'node:os';
import { asciiLower, type ByteString, byteStringOfText } from '../base/byte-string.ts';
import type { ClusterView } from '../commands/cluster-view.ts';
import { raftLine } from '../commands/fencepost-status.ts';
import type { ServerPort } from '../commands/server-port.ts';
import { subscriptionCount } from '../commands/session-port.ts';
import type { NodeStatus } from '../node/status.ts';
import type { Config } from './config.ts';
import type { Statistics } from './statistics.ts';
import { fencepostVersion } from './version.ts';

export interface InfoSources {
  readonly config: Config;
  readonly statistics: Statistics;
  readonly sessions: ServerPort['sessions'];
  readonly subscriptions: ServerPort['subscriptions'];
  readonly status: () => NodeStatus;
  readonly cluster: ClusterView;
  readonly wallMicros: () => number;
  readonly uptimeSeconds: () => number;
  /** 40 hexadecimal digits, new at every start. */
  readonly runId: string;
}

type Fields = Readonly<Record<string, string | number>>;

interface Section {
  readonly title: string;
  /** Whether INFO without arguments shows it. */
  readonly byDefault: boolean;
  readonly read: (sources: InfoSources) => Fields;
}

/*
 * INFO (redis.io/commands/info): the fields of Redis that clients, dashboards and exporters read,
 * and a section of our own. A field of Redis whose subject does not exist here is left out rather
 * than made up, unless a client stumbles without it.
 */
const sections: Readonly<Record<string, Section>> = {
  server: { title: 'Server', byDefault: true, read: serverFields },
  clients: { title: 'Clients', byDefault: true, read: clientFields },
  memory: { title: 'Memory', byDefault: true, read: memoryFields },
  persistence: { title: 'Persistence', byDefault: true, read: persistenceFields },
  stats: { title: 'Stats', byDefault: true, read: statsFields },
  replication: { title: 'Replication', byDefault: true, read: replicationFields },
  cpu: { title: 'CPU', byDefault: true, read: cpuFields },
  modules: { title: 'Modules', byDefault: true, read: () => ({}) },
  commandstats: { title: 'Commandstats', byDefault: false, read: commandFields },
  errorstats: { title: 'Errorstats', byDefault: true, read: errorFields },
  cluster: { title: 'Cluster', byDefault: true, read: clusterFields },
  // Not by default: the fields have the names of those of `fencepost`, and clients merge sections.
  raft: { title: 'Raft', byDefault: false, read: raftFields },
  fencepost: { title: 'Fencepost', byDefault: true, read: fencepostFields },
  keyspace: { title: 'Keyspace', byDefault: true, read: keyspaceFields },
};

/** The text of the sections asked for, in their own order; unknown names show nothing. */
export function infoText(sources: InfoSources, asked: readonly ByteString[]): ByteString {
  const names = new Set(asked.map(asciiLower));
  const everything = names.has('all') || names.has('everything');
  const usual = names.size === 0 || names.has('default');
  return Object.entries(sections)
    .filter(([name, { byDefault }]) => everything || names.has(name) || (usual && byDefault))
    .map(([, section]) => sectionText(section, sources))
    .join('\r\n');
}

function sectionText({ title, read }: Section, sources: InfoSources): ByteString {
  const lines = Object.entries(read(sources)).map(([name, value]) => `${name}:${value}\r\n`);
  return byteStringOfText(`# ${title}\r\n${lines.join('')}`);
}

function serverFields(sources: InfoSources): Fields {
  const { config, cluster, uptimeSeconds, wallMicros, runId } = sources;
  const uptime = Math.floor(uptimeSeconds());
  return {
    redis_version: config.text('redis-version'),
    redis_mode: cluster.enabled ? 'cluster' : 'standalone',
    fencepost_version: fencepostVersion,
    os: `${type()} ${release()} ${arch()}`,
    arch_bits: 64,
    process_id: process.pid,
    run_id: runId,
    tcp_port: config.number('port'),
    server_time_usec: wallMicros(),
    uptime_in_seconds: uptime,
    uptime_in_days: Math.floor(uptime / 86_400),
    executable: process.execPath,
    config_file: '',
  };
}

function clientFields({ config, sessions }: InfoSources): Fields {
  let connected = 0;
  let subscribed = 0;
  for (const session of sessions.all()) {
    connected += 1;
    if (subscriptionCount(session) > 0) subscribed += 1;
  }
  return {
    connected_clients: connected,
    maxclients: config.number('maxclients'),
    blocked_clients: 0,
    tracking_clients: 0,
    pubsub_clients: subscribed,
  };
}

function memoryFields({ status }: InfoSources): Fields {
  const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
  const { scriptCount, scriptBytes } = status();
  const used = heapUsed + external;
  return {
    used_memory: used,
    used_memory_human: humanBytes(used),
    used_memory_rss: rss,
    used_memory_rss_human: humanBytes(rss),
    allocator_allocated: heapUsed,
    allocator_active: heapTotal,
    total_system_memory: totalmem(),
    total_system_memory_human: humanBytes(totalmem()),
    number_of_cached_scripts: scriptCount,
    used_memory_scripts: scriptBytes,
    maxmemory: 0,
    maxmemory_human: '0B',
    maxmemory_policy: 'noeviction',
    mem_fragmentation_ratio: (rss / used).toFixed(2),
  };
}

/** Every change is on disk before its reply, so nothing is ever unsaved. */
function persistenceFields(): Fields {
  return {
    loading: 0,
    rdb_changes_since_last_save: 0,
    rdb_bgsave_in_progress: 0,
    rdb_last_bgsave_status: 'ok',
    aof_enabled: 1,
    aof_rewrite_in_progress: 0,
    aof_last_bgrewrite_status: 'ok',
    aof_last_write_status: 'ok',
  };
}

function statsFields({ statistics, subscriptions, status }: InfoSources): Fields {
  const keyCounts = statistics.keyCountsSince(status().keyCounts);
  return {
    total_connections_received: statistics.connectionCount,
    total_commands_processed: statistics.commandCount,
    instantaneous_ops_per_sec: statistics.commandsPerSecond,
    total_net_input_bytes: statistics.inputBytes,
    total_net_output_bytes: statistics.outputBytes,
    instantaneous_input_kbps: statistics.inputKilobytesPerSecond.toFixed(2),
    instantaneous_output_kbps: statistics.outputKilobytesPerSecond.toFixed(2),
    rejected_connections: statistics.refusedConnectionCount,
    expired_keys: keyCounts.expiredCount,
    evicted_keys: 0,
    keyspace_hits: keyCounts.hitCount,
    keyspace_misses: keyCounts.missCount,
    pubsub_channels: subscriptions.channels(undefined).length,
    pubsub_patterns: subscriptions.patternCount(),
    total_error_replies: statistics.errorCount,
  };
}

/** To its clients every node is a master: it answers for all keys. */
function replicationFields({ runId }: InfoSources): Fields {
  return {
    role: 'master',
    connected_slaves: 0,
    master_replid: runId,
    master_repl_offset: 0,
  };
}

function cpuFields(): Fields {
  const { user, system } = process.cpuUsage();
  return {
    used_cpu_sys: (system / 1_000_000).toFixed(6),
    used_cpu_user: (user / 1_000_000).toFixed(6),
  };
}

function commandFields({ statistics }: InfoSources): Fields {
  const fields: Record<string, string> = {};
  for (const [name, command] of statistics.commands) {
    const { callCount, micros, rejectedCount, failedCount } = command;
    const perCall = callCount === 0 ? 0 : micros / callCount;
    const counts = `rejected_calls=${rejectedCount},failed_calls=${failedCount}`;
    const time = `usec=${Math.round(micros)},usec_per_call=${perCall.toFixed(2)}`;
    fields[`cmdstat_${name}`] = `calls=${callCount},${time},${counts}`;
  }
  return fields;
}

function errorFields({ statistics }: InfoSources): Fields {
  return Object.fromEntries(
    [...statistics.errorCodes].map(([code, count]) => [`errorstat_${code}`, `count=${count}`]),
  );
}

function clusterFields({ cluster }: InfoSources): Fields {
  return { cluster_enabled: cluster.enabled ? 1 : 0 };
}

/** How each group stands, as its replica here knows it. */
function raftFields({ cluster }: InfoSources): Fields {
  const groups = cluster.groups();
  return Object.fromEntries(
    groups.map((group) => [`partition${group.partition}`, raftLine(group)]),
  );
}

function fencepostFields({ config, statistics, status }: InfoSources): Fields {
  const { partitions, log } = status();
  const sum = (read: (partition: (typeof partitions)[number]) => number) =>
    partitions.reduce((total, partition) => total + read(partition), 0);
  const fields: Record<string, string | number> = {
    fencepost_version: fencepostVersion,
    // Partition 0 holds no leases: it keeps what belongs to all of them.
    partitions: partitions.filter(({ id }) => id > 0).length,
    partitions_ready: partitions.filter(({ id, served }) => served && id > 0).length,
    leases: sum(({ leaseCount }) => leaseCount),
    replies_waiting: sum(({ waitingCount }) => waitingCount),
    log_entries_waiting: sum(({ lastIndex, appliedIndex }) => lastIndex - appliedIndex),
    log_writes_in_flight: log.turnsInFlight,
    log_segments: log.segmentCount,
    log_bytes_since_checkpoint: log.bytesSinceCheckpoint,
    checkpoints: log.checkpointCount,
    loop_delay_ms: Math.round(statistics.loopDelayMs),
    lease_guard_percent: config.number('lease-guard'),
  };
  for (const partition of partitions) {
    const { id, ready, term, lastIndex, appliedIndex } = partition;
    const { lastToken, leaseCount, waitingCount } = partition;
    const position = `term=${term},last_index=${lastIndex},applied_index=${appliedIndex}`;
    const leases = `leases=${leaseCount},last_token=${lastToken}`;
    const state = `ready=${ready ? 1 : 0},${position},${leases},replies_waiting=${waitingCount}`;
    fields[`partition${id}`] = state;
  }
  return fields;
}

function keyspaceFields({ status }: InfoSources): Fields {
  return Object.fromEntries(
    status().databases.map(({ db, keyCount, expiringCount }) => [
      `db${db}`,
      `keys=${keyCount},expires=${expiringCount},avg_ttl=0`,
    ]),
  );
}

const units = ['B', 'K', 'M', 'G', 'T'];

/** As Redis shows bytes to people: `21.17M`. */
function humanBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), units.length - 1);
  return `${power === 0 ? bytes : (bytes / 1024 ** power).toFixed(2)}${units[power]}`;
}
