import { asciiLower, type ByteString } from '../base/byte-string.ts';
import { limits } from '../base/limits.ts';
import type { Keyspace } from '../keyspace/keyspace.ts';
import { type ErrorReply, error } from '../resp/reply.ts';
import { type CompiledScript, compileScript } from '../script/compile.ts';
import type { KeyContext } from './context.ts';
import { RecentMap } from './recent-map.ts';
import type { ServerPort } from './server-port.ts';

/** A script that is ready to run, under its SHA-1. */
export interface ReadyScript {
  readonly sha1: ByteString;
  readonly script: CompiledScript;
}

const NO_SCRIPT = error('NOSCRIPT No matching script. Please use EVAL.');
const TOO_MANY_SCRIPTS = error(
  `ERR the scripts of the cluster would exceed ${limits.scriptCacheBytesMax} bytes; ` +
    'SCRIPT FLUSH makes room',
);

/** What a script counts for besides its source. */
const compiledOverheadBytes = 1024;
const sha1Digits = 40;

/**
 * Compiled scripts of this process. They follow from their source alone, so what is kept here
 * changes no reply; which scripts EVALSHA may name is in the meta keyspace.
 */
const readyBySource = new RecentMap<ByteString, ReadyScript>(limits.compiledScriptBytesMax);
const readyBySha1 = new RecentMap<ByteString, ReadyScript>(limits.compiledScriptBytesMax);

/** The script with this source, which the cluster knows from here on; or why it does not run. */
export function learnScript(context: KeyContext, source: ByteString): ReadyScript | ErrorReply {
  const ready = readyBySource.find(source) ?? compile(source, context.server.sha1Hex(source));
  if ('kind' in ready) return ready;
  const { meta } = context;
  if (meta.findScript(ready.sha1) !== undefined || context.learnsScripts === false) return ready;
  if (meta.scriptBytes + source.length > limits.scriptCacheBytesMax) return TOO_MANY_SCRIPTS;
  meta.addScript(ready.sha1, source);
  return ready;
}

/** The script with this SHA-1, in upper or lower case, if the cluster knows it. */
export function recallScript(context: KeyContext, sha1: ByteString): ReadyScript | ErrorReply {
  if (sha1.length !== sha1Digits) return NO_SCRIPT;
  const { meta } = context;
  const digits = meta.findScript(sha1) === undefined ? asciiLower(sha1) : sha1;
  const source = meta.findScript(digits);
  if (source === undefined) return NO_SCRIPT;
  return readyBySha1.find(digits) ?? compile(source, digits);
}

/** The SHA-1 of a source, looked up if the script has run here lately. */
export function sha1OfScript(server: ServerPort, source: ByteString): ByteString {
  return readyBySource.find(source)?.sha1 ?? server.sha1Hex(source);
}

/** Whether EVALSHA of these digits finds a script. */
export function knowsScript(meta: Keyspace, sha1: ByteString): boolean {
  return meta.findScript(sha1) !== undefined || meta.findScript(asciiLower(sha1)) !== undefined;
}

function compile(source: ByteString, sha1: ByteString): ReadyScript | ErrorReply {
  const script = compileScript(source);
  if (script.kind === 'error') return script;
  const ready = { sha1, script };
  const weight = source.length + compiledOverheadBytes;
  readyBySource.set(source, ready, weight);
  readyBySha1.set(sha1, ready, weight);
  return ready;
}
