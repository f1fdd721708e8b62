/**
 * Logging to standard error through pino: one JSON object per line, or one line of text for
 * people. Both are written before the call returns, so that a crash loses nothing.
 */
import { destination, type DestinationStream, type LevelWithSilent, pino } from 'pino';
import type { Logger } from '../logger.ts';

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

export const logFormats = ['json', 'console'] as const;
export type LogFormat = (typeof logFormats)[number];

export interface LoggerOptions {
  readonly level: LogLevel;
  /** The component, on every line. */
  readonly name: string;
  /** Default json. */
  readonly format?: LogFormat;
  /** Where lines go instead of standard error; each ends with a newline. */
  readonly write?: (line: string) => void;
}

const shown = (value: unknown): string =>
  typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);

/** `2026-11-21T04:47:15.123Z INFO  store  ready to serve client requests url=…` */
function textOf(json: string): string {
  const { time, level, component, msg, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const head = `${String(time)} ${String(level).toUpperCase().padEnd(5)} ${String(component)}`;
  const tail = Object.entries(fields).map(([key, value]) => ` ${key}=${shown(value)}`);
  return `${head}  ${String(msg)}${tail.join('')}\n`;
}

export function createLogger({ level, name, format = 'json', write }: LoggerOptions): Logger {
  const lines: DestinationStream =
    write === undefined ? destination({ dest: 2, sync: true }) : { write };
  const sink = pino(
    {
      level: level satisfies LevelWithSilent,
      base: { component: name },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: pino.stdSerializers.err, err: pino.stdSerializers.err },
    },
    format === 'json' ? lines : { write: (json) => lines.write(textOf(json)) },
  );
  const wrap = (at: pino.Logger): Logger => ({
    debug: (fields, message) => at.debug(fields, message),
    info: (fields, message) => at.info(fields, message),
    warn: (fields, message) => at.warn(fields, message),
    error: (fields, message) => at.error(fields, message),
    child: (fields) => wrap(at.child(fields)),
  });
  return wrap(sink);
}
