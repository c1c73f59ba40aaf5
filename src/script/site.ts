/** Where a piece of source came from: `source` as given to the loader, `label` in messages. */
export interface Chunk {
  readonly source: string;
  readonly label: string;
  /** The label in messages of the parser, which has room for more. */
  readonly parserLabel: string;
}

/** What a value was called in the source, for messages: `local 'x'`, `field 'y'`. */
export interface ValueName {
  readonly kind: 'local' | 'upvalue' | 'global' | 'field' | 'method' | 'constant';
  readonly name: string;
}

/** A place in a script: where a frame is while it calls, or fails. */
export interface Site {
  readonly chunk: Chunk;
  readonly line: number;
  /** At a call, the name of the function that is called. */
  readonly callee: ValueName | undefined;
}

/** Bytes of a label with C's NUL (luaconf.h, LUA_IDSIZE; llex.c, MAXSRC). */
const labelBytesMax = 60;
const parserLabelBytesMax = 80;

/** A chunk and its labels (lobject.c, `luaO_chunkid`). */
export function chunkOf(source: string): Chunk {
  return {
    source,
    label: labelOf(source, labelBytesMax),
    parserLabel: labelOf(source, parserLabelBytesMax),
  };
}

function labelOf(source: string, bytesMax: number): string {
  if (source.startsWith('=')) return source.slice(1, bytesMax);
  if (source.startsWith('@')) {
    const path = source.slice(1);
    const room = bytesMax - " '...' ".length - 1;
    return path.length > room ? `...${path.slice(path.length - room)}` : path;
  }
  const room = bytesMax - ' [string "..."] '.length - 1;
  const lineEnd = source.search(/[\r\n]/);
  const line = lineEnd < 0 ? source : source.slice(0, lineEnd);
  const text = line.slice(0, room);
  const cut = lineEnd >= 0 || line.length > room;
  return cut ? `[string "${text}..."]` : `[string "${text}"]`;
}
