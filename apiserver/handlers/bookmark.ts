import type { WatchItem } from '../registry/resource-store.ts';

export type Bookmark = Extract<WatchItem, { type: 'BOOKMARK' }>;

/** Marks the bookmark that ends a first state (KEP-3157). */
const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

/** All that a bookmark's object says: how far the watch got, and if that was its first state. */
export function bookmarkMetadata({ revision, initialEventsEnd }: Bookmark) {
  const resourceVersion = String(revision);
  if (!initialEventsEnd) return { resourceVersion };
  return { resourceVersion, annotations: { [INITIAL_EVENTS_END]: 'true' } };
}
