import { parseTime } from '../../api/time.ts';
import type { LogEntry, LogQuery } from '../../kubelet/container-streams.ts';
import { realClock } from '../../platform/node/clock.ts';
import { tailLines } from '../../platform/node/files/file-tail.ts';
import { consoleLine } from '../../platform/node/logger.ts';
import type { ControlPlanePart } from './parts.ts';

interface Line {
  readonly ts?: string;
  readonly component?: string;
}

/** A line that is no JSON (a stack trace, Node.js' own words) tells nothing of itself. */
function read(text: string): Line {
  try {
    return JSON.parse(text) as Line;
  } catch {
    return {};
  }
}

export interface ComponentRun {
  readonly startedAt: number;
  readonly endedAt: number | undefined;
}

/** What a component has written in one run, as `wherry logs` shows it. */
export async function* componentLog(
  { log }: ControlPlanePart,
  { startedAt, endedAt }: ComponentRun,
  query: LogQuery,
): AsyncGenerator<LogEntry> {
  const sinceMs = Math.max(startedAt, query.sinceMs ?? 0);
  const untilMs = endedAt ?? Infinity;
  let [ours, atMs] = [log.component === undefined, 0];
  const keep = (text: string): boolean => {
    const { ts, component } = read(text);
    // A line without a head goes with the one before it.
    if (ts !== undefined) {
      atMs = parseTime(ts) ?? atMs;
      ours = log.component === undefined || component === log.component;
    }
    return ours && atMs >= sinceMs && atMs <= untilMs;
  };
  const { tailLines: lines, signal } = query;
  const follow = query.follow && endedAt === undefined;
  const tail = lines === undefined ? {} : { lines };
  try {
    for await (const text of tailLines(log.path, {
      keep,
      follow,
      signal,
      clock: realClock,
      ...tail,
    }))
      yield entryOf(text, atMs);
  } catch (error) {
    // It has written nothing yet.
    if ((error as { code?: string }).code !== 'ENOENT') throw error;
  }
}

function entryOf(text: string, before: number): LogEntry {
  const { ts } = read(text);
  const shown = ts === undefined ? text : consoleLine(text).trimEnd();
  return {
    atMs: (ts === undefined ? undefined : parseTime(ts)) ?? before,
    stream: 'stderr',
    line: Buffer.from(shown),
  };
}
