/**
 * The requests that wait at one priority level: in queues, of which each flow has a hand, and
 * which take turns by how much each was given (start-time fair queueing, counted in seats). How
 * long requests were at work does not count: on one thread most of that is waiting for the store.
 */
import { deal } from './deal.ts';
import type { Holder } from './flows-at-work.ts';

export interface Waiting {
  /** Flows share queues: {@link deal} looks at nothing else. */
  readonly holder: Holder;
  /** Its turn has come; it holds its seats. */
  readonly start: () => void;
}

export interface Queuing {
  readonly queues: number;
  readonly handSize: number;
  readonly queueLengthLimit: number;
}

/** Flows whose hands are kept. */
const MOST_HANDS = 64;

interface Place {
  readonly waiting: Waiting;
  /** Virtual time. */
  readonly due: number;
}

/**
 * Not a Map by what waits: in V8 the tables that a Map has outgrown keep their entries until a full
 * collection, and all that belongs to a request with them.
 */
interface Queue {
  readonly line: Place[];
  /** Virtual time up to which what it asked for reaches. */
  end: number;
}

export class QueueSet {
  /** Those that somebody was in, ever. */
  readonly #queues = new Map<number, Queue>();
  /** Dealt lately. */
  readonly #hands = new Map<string, { readonly queues: number; readonly cards: number[] }>();
  #virtualTime = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** False: the shortest queue of the flow's hand is full. */
  add(waiting: Waiting, { queues, handSize, queueLengthLimit }: Queuing): boolean {
    let chosen = -1;
    let shortest = Infinity;
    for (const index of this.#handOf(waiting.holder.flow, queues, handSize)) {
      const length = this.#queues.get(index)?.line.length ?? 0;
      if (length >= shortest) continue;
      shortest = length;
      chosen = index;
    }
    if (shortest >= queueLengthLimit) return false;
    let queue = this.#queues.get(chosen);
    if (queue === undefined) this.#queues.set(chosen, (queue = { line: [], end: 0 }));
    if (shortest === 0) queue.end = 0;
    const due = Math.max(queue.end, this.#virtualTime);
    queue.line.push({ waiting, due });
    queue.end = due + waiting.holder.width;
    this.#length++;
    return true;
  }

  /** A burst is of few flows. */
  #handOf(flow: string, queues: number, handSize: number): readonly number[] {
    const known = this.#hands.get(flow);
    if (known?.queues === queues && known.cards.length === handSize) return known.cards;
    if (this.#hands.size === MOST_HANDS) this.#hands.clear();
    const cards = deal(flow, queues, handSize);
    this.#hands.set(flow, { queues, cards });
    return cards;
  }

  /** False: it is not in line any more. */
  remove(waiting: Waiting): boolean {
    for (const { line } of this.#queues.values()) {
      const at = line.findIndex((place) => place.waiting === waiting);
      if (at < 0) continue;
      line.splice(at, 1);
      this.#length--;
      return true;
    }
    return false;
  }

  /**
   * Takes out who is next of those that `mayStart`. Undefined if nobody may, or if there is no
   * room for the next one: no smaller one goes first, or a large one would wait for ever.
   */
  next(
    mayStart: (waiting: Waiting) => boolean,
    fits: (waiting: Waiting) => boolean,
  ): Waiting | undefined {
    let best: Place[] | undefined;
    let due = Infinity;
    for (const { line } of this.#queues.values()) {
      const first = line[0];
      if (first === undefined || first.due >= due || !mayStart(first.waiting)) continue;
      best = line;
      due = first.due;
    }
    if (best === undefined || !fits(best[0]!.waiting)) return undefined;
    this.#virtualTime = Math.max(this.#virtualTime, due);
    this.#length--;
    return best.shift()!.waiting;
  }
}
