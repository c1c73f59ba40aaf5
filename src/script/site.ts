/** Where a piece of source came from: `source` as given to the loader, `label` in messages. */
export interface Chunk {
  readonly source: string;
  readonly label: string;
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

const labelBytesMax = 60;

/** The label of a chunk (lobject.c, `luaO_chunkid`). */
export function chunkOf(source: string): Chunk {
  return { source, label: labelOf(source) };
}

function labelOf(source: string): string {
  if (source.startsWith('=')) return source.slice(1, labelBytesMax);
  if (source.startsWith('@')) {
    const path = source.slice(1);
    const room = labelBytesMax - " '...' ".length - 1;
    return path.length > room ? `...${path.slice(path.length - room)}` : path;
  }
  const room = labelBytesMax - ' [string "..."] '.length - 1;
  const lineEnd = source.search(/[\r\n]/);
  const line = lineEnd < 0 ? source : source.slice(0, lineEnd);
  const text = line.slice(0, room);
  const cut = lineEnd >= 0 || line.length > room;
  return cut ? `[string "${text}..."]` : `[string "${text}"]`;
}
