import type { Status } from '../../api/status.ts';
import type { Chunk } from '../../platform/net/http.ts';
import type { WatchItem } from '../registry/resource-store.ts';

export type EventEncoder = (item: WatchItem) => Chunk;

/** How one watcher gets its events. */
export interface WatchEncoder {
  readonly event: EventEncoder;
  /** The last event of a watch that cannot go on. */
  readonly error: (status: Status) => Chunk;
}
