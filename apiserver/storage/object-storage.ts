import type { VersionParameters } from './list-options.ts';
import type { ListPage } from './list-page.ts';
import type { Scope } from './predicate.ts';
import type { StoredObject } from './stored-object.ts';
import type { WatchItem } from './watch-event.ts';
import type { Writer } from './write.ts';

export interface WatchParameters extends VersionParameters {
  readonly allowBookmarks: boolean;
}

/** The events of a watch, in order; an iteration that is given up must be returned. */
export interface ObjectWatcher extends AsyncIterator<WatchItem> {
  /** Tells the consumer that nothing at or below `revision` follows. */
  bookmark(revision: number): void;
  /** Ends cleanly after what waits. */
  end(): void;
}

/** The objects of one resource as the registry works with them. */
export interface ObjectStorage {
  readonly writer: Writer;
  readonly dryRun: Writer;
  /** The revision up to which a watcher of this resource has been told everything. */
  readonly revision: number;
  get(
    at: { readonly namespace: string; readonly name: string },
    resourceVersion: string,
  ): Promise<StoredObject | undefined>;
  list(scope: Scope, parameters: VersionParameters): Promise<ListPage>;
  /**
   * The iteration rejects with a StatusError when the server cannot go on, and with
   * StreamOverflowError when the consumer is too slow.
   */
  watch(scope: Scope, parameters: WatchParameters): Promise<ObjectWatcher>;
}
