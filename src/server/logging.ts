import { type Logger, pino } from 'pino';

export interface LogOptions {
  /** `debug`, `info`, `warn`, `error` or `silent`. */
  readonly level: string;
  readonly format: string;
  /** Takes one whole line. */
  readonly write: (line: string) => void;
}

/**
 * The log of the process. Lines for people hold the time, the level, the message and what came
 * with it; in the other format each line is one JSON object of pino.
 */
export function createLogger({ level, format, write }: LogOptions): Logger {
  const destination = { write: format === 'json' ? write : (line: string) => write(textOf(line)) };
  return pino({ level, base: null }, destination);
}

/** Levels of `redis.log` and of `ServerPort.log` in the words of pino. */
export function levelOfRedis(level: number): 'debug' | 'info' | 'warn' {
  if (level >= 3) return 'warn';
  return level === 2 ? 'info' : 'debug';
}

/** What pino adds itself, which the text shows in its own places. */
const ownFields = new Set(['time', 'level', 'msg', 'err']);

/** One line of pino as people read it: `2026-01-31T12:00:00.000Z info  ready port=7379`. */
export function textOf(line: string): string {
  const fields: unknown = JSON.parse(line);
  if (!isRecord(fields)) return line;
  const level = pino.levels.labels[Number(fields.level)] ?? String(fields.level);
  const head = `${new Date(Number(fields.time)).toISOString()} ${level.padEnd(5)}`;
  const details = Object.entries(fields)
    .filter(([name]) => !ownFields.has(name))
    .map(([name, value]) => ` ${name}=${JSON.stringify(value)}`);
  // A stack is for those who search the cause, and stands on lines of its own.
  const stack = isRecord(fields.err) ? `\n${fields.err.stack ?? fields.err.message}` : '';
  return `${head} ${fields.msg ?? ''}${details.join('')}${stack}\n`;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
