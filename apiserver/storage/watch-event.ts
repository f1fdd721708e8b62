import type { Chunk } from '../../platform/net/http.ts';
import { namespaceOfSuffix } from './keys.ts';
import type { StoredObject } from './stored-object.ts';

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** An event as some watchers see it: one instance for all of them. */
export class WatchEvent {
  readonly type: WatchEventType;
  /** For DELETED: the last state, under the revision of the deletion. */
  readonly object: StoredObject;
  #renditions: Map<string, Chunk> | undefined;

  constructor(type: WatchEventType, object: StoredObject) {
    this.type = type;
    this.object = object;
  }

  /** The event in a representation, named by `key` and made at most once for all watchers. */
  rendition(key: string, make: () => Chunk): Chunk {
    this.#renditions ??= new Map();
    let rendition = this.#renditions.get(key);
    if (rendition === undefined) {
      rendition = make();
      this.#renditions.set(key, rendition);
    }
    return rendition;
  }

  forgetRenditions(): void {
    this.#renditions = undefined;
  }
}

/** Everything up to `revision` has been delivered. */
export interface Bookmark {
  readonly type: 'BOOKMARK';
  readonly revision: number;
  /** True once, after the state a WatchList began with. */
  readonly initialEventsEnd: boolean;
}

export type WatchItem = WatchEvent | Bookmark;

/** A change of one object, before it is known which watchers it concerns, and how. */
export class CacheEvent {
  readonly revision: number;
  readonly suffix: string;
  readonly namespace: string;
  /** Absent: the object was deleted. */
  readonly current: StoredObject | undefined;
  /** Absent: the object was created. */
  readonly previous: StoredObject | undefined;
  readonly #views: Partial<Record<WatchEventType, WatchEvent>> = {};

  constructor(
    suffix: string,
    change: {
      revision: number;
      current?: StoredObject | undefined;
      previous?: StoredObject | undefined;
    },
  ) {
    this.suffix = suffix;
    this.namespace = namespaceOfSuffix(suffix);
    this.revision = change.revision;
    this.current = change.current;
    this.previous = change.previous;
  }

  /** DELETED also stands for "left the selector": the state before, under this revision. */
  as(type: WatchEventType): WatchEvent {
    const known = this.#views[type];
    if (known !== undefined) return known;
    const object = type === 'DELETED' ? this.previous!.at(this.revision) : this.current!;
    return (this.#views[type] = new WatchEvent(type, object));
  }

  /** Gives up encoded forms; who still needs one makes it again. */
  forgetRenditions(): void {
    for (const view of Object.values(this.#views)) view.forgetRenditions();
  }

  /** Most watchers have read it. */
  cool(): void {
    this.forgetRenditions();
    this.previous?.superseded();
  }
}
