/**
 * Which revision the store was at at some time. The store keeps no times, so they are read off
 * what is written all the time: Leases carry the time of their renewal; where there are none,
 * Events and the objects asked for carry the time of their last change. The answer is as exact as
 * these are frequent: seconds, on a cluster with nodes.
 */
import type { KubernetesObject } from '../../api/meta.ts';
import { formatTime, parseTime } from '../../api/time.ts';
import { parseDuration } from '../flags/go-values.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { exactly, isForgotten } from './past.ts';

export interface Moment {
  readonly revision: number;
  /** Of the last write known to be at or before that revision. */
  readonly timeMs: number;
}

interface Timed extends KubernetesObject {
  readonly spec?: { readonly renewTime?: string };
  readonly lastTimestamp?: string;
  readonly eventTime?: string;
}

interface TimedList {
  readonly metadata: { readonly resourceVersion?: string };
  readonly items?: readonly Timed[] | null;
}

const LEASES = '/apis/coordination.k8s.io/v1/leases';
const EVENTS = '/api/v1/events';

/** "5m-ago", "5m", "2026-11-21T11:00:00Z". */
export function timeOf(text: string, nowMs: number): number {
  const at = parseTime(text);
  if (at !== undefined) return at;
  try {
    return nowMs - parseDuration(text.replace(/-?ago$/, ''));
  } catch {
    throw new UsageError(
      `--at is a time as 2026-11-21T11:00:00Z or 5m-ago, not ${JSON.stringify(text)}`,
    );
  }
}

/** The last revision at or before `timeMs`. `path`: the collection that is going to be read. */
export async function momentAt(session: Session, timeMs: number, path: string): Promise<Moment> {
  const paths = await clockPaths(session, path);
  const newest = await readTimes(session, paths, undefined);
  if (newest.timeMs <= timeMs) return newest;
  let found: Moment | undefined;
  let oldest: Moment = newest;
  // Invariant: everything from `high` on is later than `timeMs`, everything below `low` is not.
  let low = 1;
  let high = newest.revision;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const there = await timesAt(session, paths, middle);
    if (there !== undefined && there.timeMs > timeMs) {
      oldest = there;
      high = middle;
    } else {
      if (there !== undefined) found = there;
      low = middle + 1;
    }
  }
  if (found !== undefined) return { ...found, revision: low - 1 };
  throw new UsageError(
    `nothing is kept from ${formatTime(timeMs)}: the store has compacted what is older than ` +
      `${formatTime(oldest.timeMs)} (revision ${oldest.revision})`,
  );
}

/** Leases are the best clock; of a cluster without, what is there has to do. */
async function clockPaths(session: Session, path: string): Promise<readonly string[]> {
  try {
    const list = (await session.api.send({ method: 'GET', path: LEASES })) as TimedList;
    if (list.items?.some(({ spec }) => spec?.renewTime !== undefined)) return [LEASES, path];
  } catch {
    // Who may not read leases has another clock.
  }
  return [EVENTS, path];
}

async function timesAt(
  session: Session,
  paths: readonly string[],
  revision: number,
): Promise<Moment | undefined> {
  try {
    const there = await readTimes(session, paths, revision);
    // Before anything with a time was written, there is nothing to go by.
    return there.timeMs === 0 ? undefined : { ...there, revision };
  } catch (error) {
    if (isForgotten(error)) return undefined;
    throw error;
  }
}

async function readTimes(
  session: Session,
  paths: readonly string[],
  revision: number | undefined,
): Promise<Moment> {
  const query = revision === undefined ? {} : exactly(revision);
  const lists = await Promise.all(
    [...new Set(paths)].map(
      async (path) => (await session.api.send({ method: 'GET', path, query })) as TimedList,
    ),
  );
  const times = lists.flatMap(({ items }) => (items ?? []).map(lastWrite));
  const revisions = lists.map(({ metadata }) => Number(metadata.resourceVersion));
  return { revision: Math.max(...revisions), timeMs: Math.max(0, ...times) };
}

function lastWrite({ metadata, spec, lastTimestamp, eventTime }: Timed): number {
  const texts = [
    spec?.renewTime,
    lastTimestamp,
    eventTime,
    metadata.creationTimestamp,
    ...(metadata.managedFields ?? []).map(({ time }) => time),
  ];
  return Math.max(0, ...texts.map((text) => parseTime(text ?? '') ?? 0));
}
