/**
 * `get --watch`: the present state, then a line for each change until Ctrl-C. A watch that the
 * server ends goes on from the last revision seen; if that is compacted (410) everything is listed
 * anew, and what differs from what was printed is printed.
 */
import { isStatus, StatusError } from '../../api/status.ts';
import { sleep } from '../../platform/clock.ts';
import type { Session } from '../session.ts';

/** A change, or a part of the first list. `object` is a Table or an object, as was asked for. */
export interface Observed {
  readonly type: string;
  readonly object: unknown;
}

export interface Listed {
  readonly resourceVersion: string;
  readonly parts: readonly unknown[];
}

export interface Watched {
  readonly path: string;
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly accept: string;
  /** All that is there, cut into what one event would carry each. */
  list(): Promise<Listed>;
  /** Identity and version of a part, to know after a relist what has changed. */
  versionOf(part: unknown): { readonly key: string; readonly resourceVersion: string } | undefined;
}

/** Transport failures in a row before the watch is given up. */
const MAX_FAILURES = 5;
const FIRST_WAIT_MS = 500;
const MAX_WAIT_MS = 10_000;

export async function* observe(
  session: Session,
  watched: Watched,
  first: Listed,
): AsyncGenerator<Observed> {
  const seen = new Map<string, string>();
  let from = '';
  let failures = 0;
  const remember = (object: unknown, gone: boolean): void => {
    const version = watched.versionOf(object);
    if (version === undefined) return;
    if (gone) seen.delete(version.key);
    else seen.set(version.key, version.resourceVersion);
    from = version.resourceVersion || from;
  };
  for (const part of first.parts) remember(part, false);
  from = first.resourceVersion;
  while (!session.signal.aborted) {
    try {
      for await (const event of await openWatch(session, watched, from)) {
        failures = 0;
        remember(event.object, event.type === 'DELETED');
        if (event.type !== 'BOOKMARK') yield event;
      }
    } catch (error) {
      if (session.signal.aborted) return;
      if (isExpired(error)) {
        const listed = await watched.list();
        from = listed.resourceVersion;
        for (const part of listed.parts) {
          const version = watched.versionOf(part);
          if (version !== undefined && seen.get(version.key) === version.resourceVersion) continue;
          remember(part, false);
          yield { type: 'ADDED', object: part };
        }
        from = listed.resourceVersion;
        continue;
      }
      failures++;
      if (error instanceof StatusError || failures > MAX_FAILURES) throw error;
    }
    // A server that ends every watch at once must not be asked without a pause.
    const waitMs = Math.min(FIRST_WAIT_MS * 2 ** Math.min(failures, 10), MAX_WAIT_MS);
    await sleep(session.clock, waitMs, session.signal);
  }
}

function openWatch(session: Session, watched: Watched, from: string) {
  return session.api.watch({
    method: 'GET',
    path: watched.path,
    query: { ...watched.query, watch: 'true', allowWatchBookmarks: 'true', resourceVersion: from },
    accept: watched.accept,
    signal: session.signal,
  });
}

const isExpired = (error: unknown): boolean =>
  isStatus(error, 'Expired') || isStatus(error, 'Gone');
