import type { Turns } from '../../platform/turns.ts';
import type { CacheWatcher } from './cache-watcher.ts';
import type { CacheEvent } from './watch-event.ts';

/** Watchers told of events per turn. The first so many are told within the call. */
const PER_TURN = 32;
/** Events that may wait for turns; who brings another one then tells all of the oldest. */
const WAITING_EVENTS = 64;

/**
 * The watchers of one resource. Each is offered every event of its namespace in order, many of
 * them in later turns: what made the event, a write about to be answered, is not kept behind a
 * thousand watchers.
 */
export class Watchers {
  readonly #nextTurn: Turns['nextTurn'];
  readonly #everywhere = new Set<CacheWatcher>();
  readonly #byNamespace = new Map<string, Set<CacheWatcher>>();
  /** Those that somebody has yet to be offered, oldest first. */
  #events: CacheEvent[] = [];
  /** Who has yet to be offered the oldest. */
  #rest: Iterator<CacheWatcher> | undefined;
  #isTurnAsked = false;

  constructor({ nextTurn }: Pick<Turns, 'nextTurn'>) {
    this.#nextTurn = nextTurn;
  }

  /** Events before this revision were offered to all; undefined if every event was. */
  get waitingFrom(): number | undefined {
    return this.#events[0]?.revision;
  }

  get size(): number {
    let count = this.#everywhere.size;
    for (const bucket of this.#byNamespace.values()) count += bucket.size;
    return count;
  }

  /** It is offered the events that come from now on; waiting ones are not for it. */
  add(watcher: CacheWatcher): void {
    const { namespace } = watcher;
    const bucket = this.#bucket(namespace) ?? new Set();
    if (namespace !== '') this.#byNamespace.set(namespace, bucket);
    bucket.add(watcher);
  }

  remove(watcher: CacheWatcher): void {
    const { namespace } = watcher;
    const bucket = this.#bucket(namespace);
    bucket?.delete(watcher);
    if (namespace !== '' && bucket?.size === 0) this.#byNamespace.delete(namespace);
  }

  #bucket(namespace: string): Set<CacheWatcher> | undefined {
    return namespace === '' ? this.#everywhere : this.#byNamespace.get(namespace);
  }

  offer(event: CacheEvent): void {
    if (this.#events.length === WAITING_EVENTS) this.#tell(Infinity, 1);
    this.#events.push(event);
    if (this.#isTurnAsked) return;
    this.#tell(PER_TURN);
    this.#goOn();
  }

  /** Offers all that waits. */
  catchUp(): void {
    this.#tell(Infinity);
  }

  #goOn(): void {
    if (this.#events.length === 0) return;
    this.#isTurnAsked = true;
    this.#nextTurn(() => {
      this.#isTurnAsked = false;
      this.#tell(PER_TURN);
      this.#goOn();
    });
  }

  /** Offers to so many watchers, or until so many events were offered to all. */
  #tell(watchers: number, events = Infinity): void {
    let [told, done] = [0, 0];
    while (told < watchers && done < events && this.#events.length > 0) {
      this.#rest ??= this.#concerned(this.#events[0]!);
      const next = this.#rest.next();
      if (next.done === true) {
        this.#rest = undefined;
        this.#events.shift();
        done++;
      } else {
        next.value.offer(this.#events[0]!);
        told++;
      }
    }
  }

  /** Sets may change on the way: who leaves is passed over. */
  *#concerned({ namespace }: CacheEvent): Generator<CacheWatcher> {
    yield* this.#everywhere;
    if (namespace !== '') yield* this.#byNamespace.get(namespace) ?? [];
  }

  /** Ends them all, after what waits for them: with `error`, or cleanly. */
  end(error?: Error): void {
    this.catchUp();
    const all = [...this.#everywhere, ...[...this.#byNamespace.values()].flatMap((s) => [...s])];
    for (const watcher of all) {
      if (error === undefined) watcher.end();
      else watcher.fail(error);
    }
    this.#everywhere.clear();
    this.#byNamespace.clear();
  }
}
