/** Flags of what is logged, and where. */
import { InvalidArgumentError } from 'commander';
import type { LogRotation } from '../../platform/node/files/rotating-file.ts';
import { FlagError } from './flag-error.ts';
import { boolean, list, milliseconds, type Row } from './flag-values.ts';

export interface LogFlags {
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly logFormat: 'json' | 'console';
  readonly logOutputs: readonly string[];
  readonly enableLogRotation: boolean;
  readonly logRotationConfigJson: LogRotation;
  /** Milliseconds, as the next. */
  readonly warningApplyDuration: number;
  readonly warningUnaryRequestDuration: number;
}

/** `systemd/journal` is what a unit's standard error goes to. */
function logOutputs(text: string): string[] {
  const outputs = list(text).map((place) =>
    place === 'default' || place === 'systemd/journal' ? 'stderr' : place,
  );
  if (outputs.length === 0) throw new InvalidArgumentError('A place is needed.');
  return [...new Set(outputs)];
}

const UNSET = { maxsize: 100, maxage: 0, maxbackups: 0, localtime: false, compress: false };
const MEGABYTE = 1024 * 1024;
const DAY_MS = 24 * 60 * 60 * 1000;

/** lumberjack's settings, as etcd takes them: others are passed over. */
function rotation(text: string): LogRotation {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch (error) {
    const reason = (error as Error).message;
    throw new InvalidArgumentError(`improperly formatted log rotation config: ${reason}`);
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new InvalidArgumentError('invalid log rotation config: it is no object.');
  const settings = { ...UNSET, ...(given as Partial<typeof UNSET>) };
  for (const [name, value] of Object.entries(UNSET)) {
    const is: unknown = settings[name as keyof typeof UNSET];
    const isFit = typeof is === typeof value && (typeof is !== 'number' || Number.isInteger(is));
    if (!isFit) throw new InvalidArgumentError(`invalid log rotation config: ${name}.`);
  }
  return {
    maxBytes: (settings.maxsize || UNSET.maxsize) * MEGABYTE,
    maxAgeMs: settings.maxage * DAY_MS,
    maxBackups: settings.maxbackups,
    isLocalTime: settings.localtime,
    compresses: settings.compress,
  };
}

export const logRows: readonly Row[] = [
  {
    flags: '--warning-apply-duration <duration>',
    text: 'requests that take longer to carry out are logged',
    parse: milliseconds,
    fallback: 100,
    shown: '100ms',
  },
  {
    flags: '--warning-unary-request-duration <duration>',
    text: 'calls that take longer to answer are logged',
    parse: milliseconds,
    fallback: 300,
    shown: '300ms',
  },
  {
    flags: '--log-level <level>',
    text: 'least severe line logged',
    choices: ['debug', 'info', 'warn', 'error', 'silent'],
    fallback: 'info',
  },
  {
    flags: '--log-format <format>',
    text: 'one JSON object or one text per line',
    choices: ['json', 'console'],
    fallback: 'json',
  },
  {
    flags: '--log-outputs <places>',
    text: 'where lines go: stderr, stdout or files that they are appended to',
    parse: logOutputs,
    fallback: ['stderr'],
  },
  {
    flags: '--enable-log-rotation [true|false]',
    text: 'put the one file among them aside when it is large',
    parse: boolean,
    fallback: false,
  },
  {
    flags: '--log-rotation-config-json <json>',
    text: 'how large in MB, how many files and days are kept; 0: all',
    parse: rotation,
    fallback: rotation('{}'),
    shown: JSON.stringify(UNSET),
  },
];

/** Undefined: files only grow. Throws {@link FlagError}. */
export function rotationOf(flags: LogFlags): LogRotation | undefined {
  if (!flags.enableLogRotation) return undefined;
  const files = flags.logOutputs.filter((place) => place !== 'stderr' && place !== 'stdout');
  if (files.length === 1) return flags.logRotationConfigJson;
  throw new FlagError(
    '--log-outputs requires a single file path when --log-rotate-config-json is defined',
  );
}
