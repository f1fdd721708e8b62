import type { Event, KeyValue } from '../kv.ts';
import type { Version } from './version.ts';

/**
 * A change of one key, shared by the history window and every watcher it concerns; so are the
 * two forms in which watchers see it.
 */
export class ChangeEvent {
  readonly kv: KeyValue;
  /** The version it replaced, if one existed. */
  readonly previous: Version | undefined;
  /** That version's pair, once known. */
  #previousKv: KeyValue | undefined;
  #plain: Event | undefined;
  #withPrevious: Event | undefined;

  constructor(kv: KeyValue, previous: Version | undefined) {
    this.kv = kv;
    this.previous = previous;
    this.#previousKv = previous?.kv;
  }

  get isDelete(): boolean {
    return this.kv.version === 0;
  }

  get bytes(): number {
    return this.kv.key.length + this.kv.value.length + (this.#previousKv?.value.length ?? 0) + 200;
  }

  /** Defined when the previous pair must be read before {@link withPrevious} can tell it. */
  get missingPrevious(): Version | undefined {
    return this.#previousKv === undefined ? this.previous : undefined;
  }

  resolvePrevious(kv: KeyValue): void {
    this.#previousKv = kv;
    this.#withPrevious = undefined;
  }

  get plain(): Event {
    this.#plain ??= { type: this.isDelete ? 'delete' : 'put', kv: this.kv };
    return this.#plain;
  }

  get withPrevious(): Event {
    if (this.#previousKv === undefined) return this.plain;
    this.#withPrevious ??= { ...this.plain, prevKv: this.#previousKv };
    return this.#withPrevious;
  }
}

/** What watchers without previous pairs see; those of one revision ask one after the other. */
export class PlainEvents {
  #events: readonly ChangeEvent[] = [];
  #plain: readonly Event[] = [];

  of(events: readonly ChangeEvent[]): readonly Event[] {
    if (events !== this.#events) {
      this.#events = events;
      this.#plain = events.map((event) => event.plain);
    }
    return this.#plain;
  }
}

/** The events of one revision, in order of the operations that made them. */
export interface RevisionEvents {
  readonly revision: number;
  readonly events: readonly ChangeEvent[];
}
