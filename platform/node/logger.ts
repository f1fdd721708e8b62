import { destination, type LevelWithSilent, pino } from 'pino';
import type { Logger } from '../logger.ts';

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LoggerOptions {
  readonly level: LogLevel;
  /** The component, on every line. */
  readonly name: string;
}

/** JSON lines on standard error, one per event (pino). */
export function createLogger({ level, name }: LoggerOptions): Logger {
  const sink = pino(
    {
      level: level satisfies LevelWithSilent,
      base: { component: name },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: pino.stdSerializers.err, err: pino.stdSerializers.err },
    },
    destination({ dest: 2, sync: true }),
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
