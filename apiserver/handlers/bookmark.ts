import type { WatchItem } from '../registry/resource-store.ts';

export type Bookmark = Extract<WatchItem, { type: 'BOOKMARK' }>;

const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';
/** An empty list of what was streamed (KEP-3157): what a client is to make of the events. */
const INITIAL_EVENTS_LIST_BLUEPRINT = 'kubernetes.io/initial-events-list-blueprint';

/**
 * All that a bookmark's object says: how far the watch got, and if that was its first state.
 * `emptyList` is in the encoding of the watch.
 */
export function bookmarkMetadata(
  { revision, initialEventsEnd }: Bookmark,
  emptyList: () => Uint8Array,
) {
  const resourceVersion = String(revision);
  if (!initialEventsEnd) return { resourceVersion };
  const annotations = {
    [INITIAL_EVENTS_END]: 'true',
    [INITIAL_EVENTS_LIST_BLUEPRINT]: Buffer.from(emptyList()).toString('base64'),
  };
  return { resourceVersion, annotations };
}
