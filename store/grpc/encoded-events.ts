import type { Event } from '../kv.ts';
import { writeEvents } from './messages/watch.ts';
import { encode } from './wire/writer.ts';

/** Larger ones are encoded for each watcher rather than kept and copied. */
const MAX_KEPT_BYTES = 64 * 1024;

/**
 * The events of one batch as they stand in the message of every watcher that wants just these.
 * Watchers of one revision are served one after the other, so the last batch is the one to keep.
 */
export class EncodedEvents {
  #events: readonly Event[] = [];
  #bytes: Buffer = Buffer.alloc(0);

  of(events: readonly Event[]): Buffer {
    if (areSame(this.#events, events)) return this.#bytes;
    const bytes = encode((writer) => writeEvents(writer, events));
    if (bytes.length <= MAX_KEPT_BYTES) [this.#events, this.#bytes] = [events, bytes];
    return bytes;
  }
}

/** Watchers share the events, not the arrays of them. */
function areSame(some: readonly Event[], others: readonly Event[]): boolean {
  if (some === others) return true;
  if (some.length !== others.length) return false;
  for (let i = 0; i < some.length; i++) if (some[i] !== others[i]) return false;
  return true;
}
