/**
 * Logging to standard error through pino: one JSON object per line, or one line of text for
 * people. Both are written before the call returns, so that a crash loses nothing.
 */
import { mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { isatty } from 'node:tty';
import { destination, type DestinationStream, type LevelWithSilent, pino } from 'pino';
import type { Logger } from '../logger.ts';
import { RotatingFile, type LogRotation } from './files/rotating-file.ts';

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

export type LogFormat = 'json' | 'console';

export interface LoggerOptions {
  readonly level: LogLevel;
  /** The component, on every line. */
  readonly name: string;
  /** Default: console where somebody reads along in a terminal, else json. */
  readonly format?: LogFormat;
  /** `stderr`, `stdout`, or files that lines are appended to. Default: `stderr`. */
  readonly outputs?: readonly string[];
  /** Of its files. Absent: they only grow. */
  readonly rotation?: LogRotation | undefined;
  /** Where lines go instead; each ends with a newline. */
  readonly write?: (line: string) => void;
  /** JSON lines of level info and above go there too, whatever `level` is. */
  readonly file?: string;
}

const STANDARD_OUTPUT = 1;
const STANDARD_ERROR = 2;
const streams: Readonly<Record<string, number>> = {
  stdout: STANDARD_OUTPUT,
  stderr: STANDARD_ERROR,
};
/** A log file larger than this is put aside as `<file>.1` when the next process begins to write. */
const ROTATE_BYTES = 16 * 1024 * 1024;

/** Of lines that could not be written yet. */
const WAITING_BYTES = 1024 * 1024;

/** Of an error its message: the rest is in the JSON. */
function shown(value: unknown): string {
  if (typeof value === 'string' && /^[^\s"=]+$/.test(value)) return value;
  const isError = typeof value === 'object' && value !== null && 'stack' in value;
  return JSON.stringify(isError && 'message' in value ? value.message : value);
}

/** `2026-11-21T04:47:15.123Z INFO  store  ready to serve client requests url=…` */
export function consoleLine(json: string): string {
  const { ts, level, component, msg, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const head = `${String(ts)} ${String(level).toUpperCase().padEnd(5)} ${String(component)}`;
  const tail = Object.entries(fields).map(([key, value]) => ` ${key}=${shown(value)}`);
  return `${head}  ${String(msg)}${tail.join('')}\n`;
}

/** Throws the operating system's error for a file of `outputs` that cannot be opened. */
export function createLogger(options: LoggerOptions): Logger {
  const { level, name, write, file, outputs = ['stderr'], rotation } = options;
  const watched = write === undefined && isatty(STANDARD_ERROR);
  const { format = watched ? 'console' : 'json' } = options;
  const lines: DestinationStream = write === undefined ? sinkOf(outputs, rotation) : { write };
  const shown: DestinationStream =
    format === 'json' ? lines : { write: (json) => lines.write(consoleLine(json)) };
  const settings = {
    base: { component: name },
    // As etcd and Kubernetes call it.
    timestamp: () => `,"ts":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { error: pino.stdSerializers.err, err: pino.stdSerializers.err },
  };
  if (file === undefined) {
    return wrap(pino({ ...settings, level: level satisfies LevelWithSilent }, shown));
  }
  const both = pino.multistream([
    { level: 'info', stream: logFile(file) },
    ...(level === 'silent' ? [] : [{ level, stream: shown }]),
  ]);
  return wrap(pino({ ...settings, level: level === 'debug' ? 'debug' : 'info' }, both));
}

/** Appends; its folder is made. */
function logFile(path: string): DestinationStream {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > ROTATE_BYTES) renameSync(path, `${path}.1`);
  return sink({ dest: path, mode: 0o600 });
}

/**
 * Lines are written before the call returns. Those that cannot be, as on a full disk, wait for the
 * next one, and are dropped when they are too many: no process ends because it cannot log.
 */
function sink(to: { readonly dest: string | number; readonly mode?: number }): DestinationStream {
  const stream = destination({ ...to, sync: true, maxLength: WAITING_BYTES });
  stream.on('error', () => {});
  return stream;
}

function sinkOf(outputs: readonly string[], rotation?: LogRotation): DestinationStream {
  const sinks = outputs.map((output) => {
    const stream = streams[output];
    if (stream === undefined && rotation !== undefined) return new RotatingFile(output, rotation);
    return sink({ dest: stream ?? output });
  });
  return { write: (line) => sinks.forEach((each) => each.write(line)) };
}

const wrap = (at: pino.Logger): Logger => ({
  debug: (fields, message) => at.debug(fields, message),
  info: (fields, message) => at.info(fields, message),
  warn: (fields, message) => at.warn(fields, message),
  error: (fields, message) => at.error(fields, message),
  child: (fields) => wrap(at.child(fields)),
});
