import { acl } from './acl.ts';
import { append } from './append.ts';
import { auth } from './auth.ts';
import { client } from './client.ts';
import { asking, cluster, readonly, readwrite } from './cluster.ts';
import type { Command } from './command.ts';
import { command } from './command-container.ts';
import { config } from './config.ts';
import { dbsize } from './dbsize.ts';
import { decr } from './decr.ts';
import { decrby } from './decrby.ts';
import { del } from './del.ts';
import { delex } from './delex.ts';
import { delifeq } from './delifeq.ts';
import { discard } from './discard.ts';
import { echo } from './echo.ts';
import { evalCommand } from './eval.ts';
import { evalRo } from './eval-ro.ts';
import { evalsha } from './evalsha.ts';
import { evalshaRo } from './evalsha-ro.ts';
import { exec } from './exec.ts';
import { exists } from './exists.ts';
import { expire } from './expire.ts';
import { expireat } from './expireat.ts';
import { expiretime } from './expiretime.ts';
import { fencepost } from './fencepost.ts';
import { flushall } from './flushall.ts';
import { flushdb } from './flushdb.ts';
import { get } from './get.ts';
import { getdel } from './getdel.ts';
import { getex } from './getex.ts';
import { getrange } from './getrange.ts';
import { getset } from './getset.ts';
import { hello } from './hello.ts';
import { incr } from './incr.ts';
import { incrby } from './incrby.ts';
import { info } from './info.ts';
import { kextend } from './kextend.ts';
import { keys } from './keys.ts';
import { kget } from './kget.ts';
import { klock } from './klock.ts';
import { kunlock } from './kunlock.ts';
import { latency } from './latency.ts';
import { memory } from './memory.ts';
import { mget } from './mget.ts';
import { module } from './module.ts';
import { mset } from './mset.ts';
import { msetnx } from './msetnx.ts';
import { multi } from './multi.ts';
import { object } from './object.ts';
import { persist } from './persist.ts';
import { pexpire } from './pexpire.ts';
import { pexpireat } from './pexpireat.ts';
import { pexpiretime } from './pexpiretime.ts';
import { ping } from './ping.ts';
import { psetex } from './psetex.ts';
import { psubscribe } from './psubscribe.ts';
import { pttl } from './pttl.ts';
import { publish } from './publish.ts';
import { pubsub } from './pubsub.ts';
import { punsubscribe } from './punsubscribe.ts';
import { quit } from './quit.ts';
import { randomkey } from './randomkey.ts';
import { rename } from './rename.ts';
import { renamenx } from './renamenx.ts';
import { reset } from './reset.ts';
import { role } from './role.ts';
import { scan } from './scan.ts';
import { script } from './script.ts';
import { select } from './select.ts';
import { set } from './set.ts';
import { setex } from './setex.ts';
import { setnx } from './setnx.ts';
import { shutdown } from './shutdown.ts';
import { slowlog } from './slowlog.ts';
import { strlen } from './strlen.ts';
import { subscribe } from './subscribe.ts';
import { substr } from './substr.ts';
import { time } from './time.ts';
import { touch } from './touch.ts';
import { ttl } from './ttl.ts';
import { type } from './type.ts';
import { unlink } from './unlink.ts';
import { unsubscribe } from './unsubscribe.ts';
import { unwatch } from './unwatch.ts';
import { wait } from './wait.ts';
import { watch } from './watch.ts';

/** Every command of the server. A new one is a file of its own and a line here. */
export const allCommands: readonly Command[] = [
  acl,
  append,
  asking,
  auth,
  client,
  cluster,
  command,
  config,
  dbsize,
  decr,
  decrby,
  del,
  delex,
  delifeq,
  discard,
  echo,
  evalCommand,
  evalRo,
  evalsha,
  evalshaRo,
  exec,
  exists,
  expire,
  expireat,
  expiretime,
  fencepost,
  flushall,
  flushdb,
  get,
  getdel,
  getex,
  getrange,
  getset,
  hello,
  incr,
  incrby,
  info,
  kextend,
  keys,
  kget,
  klock,
  kunlock,
  latency,
  memory,
  mget,
  module,
  mset,
  msetnx,
  multi,
  object,
  persist,
  pexpire,
  pexpireat,
  pexpiretime,
  ping,
  psetex,
  psubscribe,
  pttl,
  publish,
  pubsub,
  punsubscribe,
  quit,
  randomkey,
  readonly,
  readwrite,
  rename,
  renamenx,
  reset,
  role,
  scan,
  script,
  select,
  set,
  setex,
  setnx,
  shutdown,
  slowlog,
  strlen,
  subscribe,
  substr,
  time,
  touch,
  ttl,
  type,
  unlink,
  unsubscribe,
  unwatch,
  wait,
  watch,
];
