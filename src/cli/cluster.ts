import { type CallOptions, exchange } from './call.ts';

/** Exit codes of `fencepost cluster`. */
const done = 0;
const failed = 1;
const leaderless = 2;

/**
 * `fencepost cluster status`: the nodes and partitions, as the node that is asked sees them.
 *
 * @returns the exit code: 0; 1 if there was no such reply; 2 if a partition has no leader
 */
export async function showCluster(options: CallOptions): Promise<number> {
  const reply = await ask(['FENCEPOST', 'STATUS'], options);
  if (reply === undefined) return failed;
  const status = readMap(reply);
  const nodes = [...readMap(status.get('nodes'))];
  const partitions = [...readMap(status.get('partitions'))];
  const name = status.get('cluster');
  const who = name === 'none' ? 'no cluster' : `cluster ${name}`;
  const state = `${status.get('state')}, as node ${status.get('node')} sees it`;
  options.output.write(`${who}: ${state}\n\n${nodeTable(nodes)}\n${partitionTable(partitions)}`);
  return status.get('state') === 'ok' ? done : leaderless;
}

/**
 * `fencepost cluster add | promote | remove | transfer`: changes the cluster and waits until it
 * is done. A change that was begun goes on if nobody waits for it any more.
 *
 * @param args the subcommand of FENCEPOST and its arguments
 * @returns the exit code: 0, or 1 if it was refused or no reply came in time
 */
export async function changeCluster(
  args: readonly string[],
  options: CallOptions,
): Promise<number> {
  const reply = await ask(['FENCEPOST', ...args], options);
  if (reply === undefined) return failed;
  options.output.write(`${outcomeOf(args)}\n`);
  return done;
}

/** The reply; undefined after the reason why there is none was written. */
async function ask(request: readonly string[], options: CallOptions): Promise<unknown> {
  const { password, output, host, port } = options;
  const requests = password === undefined ? [request] : [['AUTH', password], request];
  try {
    const replies = await exchange(requests, options);
    const refusal = replies.find((reply) => reply instanceof Error);
    if (refusal === undefined) return replies.at(-1);
    output.write(`${refusal.message}\n`);
  } catch (failure) {
    const reason = failure instanceof Error ? failure.message : String(failure);
    output.write(`no reply from ${host}:${port}: ${reason}\n`);
  }
  return undefined;
}

function outcomeOf([action, first = '', second = '']: readonly string[]): string {
  switch (action) {
    case 'add':
      return `node ${first} is a member of every partition; a new one votes once it is promoted`;
    case 'promote':
      return `node ${first} votes in every partition`;
    case 'remove':
      return `node ${first} is no member of any partition`;
    default:
      return first.toLowerCase() === 'all'
        ? `node ${second} leads every partition`
        : `node ${second} leads partition ${first}`;
  }
}

type Lines = readonly (readonly [string, unknown])[];

/** What a node is to become, behind what it is. */
const wishes: ReadonlyMap<string, string> = new Map([
  ['voter', ', to vote'],
  ['learner', ', to learn only'],
  ['removed', ', to be removed'],
]);

function nodeTable(nodes: Lines): string {
  const rows = nodes.map(([name, line]) => {
    const fields = readFields(line);
    const shown = ['peer', 'client', 'state'].map((field) => fields.get(field));
    const wanted = wishes.get(fields.get('wanted') ?? '') ?? '';
    const role = `${fields.get('role')}${wanted}`;
    return [name.replace(/^node/, ''), ...shown, role, fields.get('leads')];
  });
  return table(['NODE', 'PEERS AT', 'CLIENTS AT', 'STATE', 'ROLE', 'LEADS'], rows);
}

/** Partition 0 has no slots; nodes that learn or leave are marked beside those that vote. */
function partitionTable(partitions: Lines): string {
  const rows = partitions.map(([name, line]) => {
    const fields = readFields(line);
    const { voters = '', learners = '', outgoing = '' } = Object.fromEntries(fields);
    const members = [
      voters,
      ...(learners === '' ? [] : [`learning ${learners}`]),
      ...(outgoing === '' ? [] : [`changing from ${outgoing}`]),
    ];
    const leader = fields.get('leader');
    return [
      name.replace(/^partition/, ''),
      fields.get('slots'),
      leader === '0' ? 'none' : leader,
      fields.get('term'),
      fields.get('commit'),
      fields.get('applied'),
      members.join(', '),
    ];
  });
  const heads = ['PARTITION', 'SLOTS', 'LEADER', 'TERM', 'COMMIT', 'APPLIED', 'VOTERS'];
  return table(heads, rows);
}

/** Columns of one width; `-` where there is nothing. */
function table(
  heads: readonly string[],
  rows: readonly (readonly (string | undefined)[])[],
): string {
  const filled = [heads, ...rows].map((row) => row.map((cell) => (cell ? cell : '-')));
  const widths = heads.map((_head, at) => Math.max(...filled.map((row) => row[at]?.length ?? 0)));
  const lines = filled.map((row) => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)));
  return lines.map((cells) => `${cells.join('  ').trimEnd()}\n`).join('');
}

/** A map in RESP2 is a flat array of names and values. */
function readMap(reply: unknown): ReadonlyMap<string, unknown> {
  const map = new Map<string, unknown>();
  if (!Array.isArray(reply)) return map;
  for (let at = 0; at + 1 < reply.length; at += 2) map.set(String(reply[at]), reply[at + 1]);
  return map;
}

/** `name=value,name=value` */
function readFields(line: unknown): ReadonlyMap<string, string> {
  const fields = String(line).split(',');
  return new Map(fields.map((field) => [field.replace(/=.*/, ''), field.replace(/^[^=]*=/, '')]));
}
