import type { ClusterEvent } from '../framework/events.ts';

/** Past this many remembered events, pods in flight are treated as woken by one of them. */
export const MAX_REMEMBERED_EVENTS = 4096;

/**
 * Pods between `pop` and the end of their cycle, and the events that happened meanwhile. A pod
 * judged on a state from before an event must be asked again if that event could help it.
 */
export class InFlight {
  /** uid → sequence number of the first event after the pod's pop; in the order of the pops. */
  readonly #since = new Map<string, number>();
  #events: ClusterEvent[] = [];
  /** Sequence number of `#events[0]`. */
  #first = 0;

  get size(): number {
    return this.#since.size;
  }

  has(uid: string): boolean {
    return this.#since.has(uid);
  }

  begin(uid: string): void {
    this.#since.set(uid, this.#first + this.#events.length);
  }

  remember(event: ClusterEvent): void {
    if (this.#since.size === 0) return;
    if (this.#events.length === MAX_REMEMBERED_EVENTS) this.#dropUntil(this.#first + 1);
    this.#events.push(event);
  }

  /** The events since the pod was popped; 'forgotten' if some of them were dropped. */
  eventsSince(uid: string): readonly ClusterEvent[] | 'forgotten' {
    const since = this.#since.get(uid);
    if (since === undefined) return [];
    return since < this.#first ? 'forgotten' : this.#events.slice(since - this.#first);
  }

  end(uid: string): void {
    if (!this.#since.delete(uid)) return;
    const oldest = this.#since.values().next();
    this.#dropUntil(oldest.done === true ? this.#first + this.#events.length : oldest.value);
  }

  #dropUntil(sequence: number): void {
    const count = sequence - this.#first;
    if (count <= 0) return;
    this.#events = count >= this.#events.length ? [] : this.#events.slice(count);
    this.#first = sequence;
  }
}
