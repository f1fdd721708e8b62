/** Log files that were put aside, under lumberjack's names: as Kubernetes and etcd have them. */
import { basename, dirname, extname, join } from 'node:path';

/** Which of them are kept; 0: all. */
export interface Retention {
  readonly maxBackups: number;
  readonly maxAgeMs: number;
}

export const PACKED = '.gz';
const TIME = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}$/;
const MINUTE_MS = 60_000;

/** `2026-01-02T03-04-05.678` */
function stampOf(atMs: number, isLocalTime: boolean): string {
  const offsetMs = isLocalTime ? new Date(atMs).getTimezoneOffset() * MINUTE_MS : 0;
  return new Date(atMs - offsetMs).toISOString().replaceAll(':', '-').replace('Z', '');
}

/** "audit.log" → "audit-2026-01-02T03-04-05.678.log" */
export function backupOf(path: string, atMs: number, isLocalTime = false): string {
  const ending = extname(path);
  const name = `${basename(path, ending)}-${stampOf(atMs, isLocalTime)}${ending}`;
  return join(dirname(path), name);
}

/** Of the files in its folder those that are kept, and those whose time is over. */
export function backupsOf(
  path: string,
  names: readonly string[],
  { maxBackups, maxAgeMs, isLocalTime = false }: Retention & { readonly isLocalTime?: boolean },
): { readonly kept: string[]; readonly expired: string[] } {
  const ending = extname(path);
  const prefix = `${basename(path, ending)}-`;
  const oldest = maxAgeMs === 0 ? '' : stampOf(Date.now() - maxAgeMs, isLocalTime);
  const backups = names
    .map((name) => ({ name, plain: name.endsWith(PACKED) ? name.slice(0, -PACKED.length) : name }))
    .filter(({ plain }) => plain.startsWith(prefix) && plain.endsWith(ending))
    .map(({ name, plain }) => ({
      name,
      time: plain.slice(prefix.length, -ending.length || undefined),
    }))
    .filter(({ time }) => TIME.test(time))
    .sort((a, b) => (a.time < b.time ? 1 : -1));
  const isExpired = (time: string, i: number): boolean =>
    (maxBackups > 0 && i >= maxBackups) || time < oldest;
  const pathsOf = (expired: boolean): string[] =>
    backups
      .filter(({ time }, i) => isExpired(time, i) === expired)
      .map(({ name }) => join(dirname(path), name));
  return { kept: pathsOf(false), expired: pathsOf(true) };
}
