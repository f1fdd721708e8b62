/**
 * client-go's three guards against a flood of Events, per object the events are about:
 * - a bucket of 25 events that refills at one in five minutes drops the rest;
 * - from the tenth different message of one reason on, none of them more than ten minutes after the
 *   one before, they become one event, "(combined from similar events): …";
 * - the same event again raises `count` of the one already written.
 */
import type { ObjectReference } from '../api/types/core-v1.ts';
import type { Clock } from '../platform/clock.ts';
import { TokenBucket } from './rate-limiter.ts';

const BURST = 25;
const REFILL_MS = 300_000;
/** Different messages that are still written one by one. */
const SIMILAR_LIMIT = 9;
const SIMILAR_WINDOW_MS = 600_000;
/** Entries kept per table; the least recently used goes first. */
const TABLE_LIMIT = 4096;

/** One event as the server has it or will have it. */
export interface Occurrence {
  readonly count: number;
  readonly message: string;
  readonly firstMs: number;
  /** Set once written: the next one is a patch of it. */
  readonly name?: string;
  written(name: string): void;
}

interface Text {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
}

interface Written {
  count: number;
  name: string | undefined;
  readonly firstMs: number;
}

interface Similar {
  readonly messages: Set<string>;
  lastMs: number;
}

/** A map that forgets the least recently used beyond its limit. */
class Recent<V> {
  readonly #entries = new Map<string, V>();

  getOrAdd(key: string, make: () => V): V {
    const value = this.#entries.get(key) ?? make();
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size > TABLE_LIMIT) {
      for (const oldest of this.#entries.keys()) {
        this.#entries.delete(oldest);
        break;
      }
    }
    return value;
  }
}

export class EventCorrelator {
  readonly #clock: Clock;
  readonly #buckets = new Recent<TokenBucket>();
  readonly #similar = new Recent<Similar>();
  readonly #written = new Recent<Written>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** False: this object has had its share of events for now. */
  admits(about: ObjectReference): boolean {
    const now = this.#clock.monotonic();
    const bucket = this.#buckets.getOrAdd(
      identity(about),
      () => new TokenBucket(BURST, REFILL_MS, now),
    );
    return bucket.tryTake(now);
  }

  observe(about: ObjectReference, text: Text): Occurrence {
    const group = [identity(about), text.type, text.reason].join('\n');
    const combined = this.#combines(group, text.message);
    const key = combined ? group : `${group}\n${text.message}`;
    const written = this.#written.getOrAdd(key, () => ({
      count: 0,
      name: undefined,
      firstMs: this.#clock.now(),
    }));
    written.count++;
    return {
      count: written.count,
      message: combined ? `(combined from similar events): ${text.message}` : text.message,
      firstMs: written.firstMs,
      ...(written.name === undefined ? {} : { name: written.name }),
      written: (name) => {
        written.name = name;
      },
    };
  }

  #combines(group: string, message: string): boolean {
    const now = this.#clock.monotonic();
    const similar = this.#similar.getOrAdd(group, () => ({ messages: new Set(), lastMs: now }));
    if (now - similar.lastMs > SIMILAR_WINDOW_MS) similar.messages.clear();
    similar.lastMs = now;
    if (similar.messages.size < SIMILAR_LIMIT) {
      similar.messages.add(message);
      return false;
    }
    return !similar.messages.has(message);
  }
}

function identity(about: ObjectReference): string {
  return [about.kind, about.namespace, about.name, about.uid].join('/');
}
