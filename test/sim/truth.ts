/**
 * The store's own history, as the members wrote it to their disks. Every one of them must write
 * the same, also when it applies the same entries again after a crash: so this is the check that
 * the state machines are equal, at each revision, and it outlives compactions.
 */
import type { Event, KeyValue } from '../../store/kv.ts';
import { decodeRecord, encodeRecord } from '../../store/mvcc/record.ts';
import { recordKey, revisionOfKey } from '../../store/persistence/keyspace.ts';

const RECORD = recordKey(0, 0)[0];

const eventOf = (kv: KeyValue): Event => ({ type: kv.version === 0 ? 'delete' : 'put', kv });

export const textOf = (event: Event): string | undefined =>
  event.type === 'delete' ? undefined : Buffer.from(event.kv.value).toString();

interface Written {
  /** In the order of their effects. */
  readonly records: Map<number, Buffer>;
  /** When the first of the members wrote it. */
  readonly at: number;
}

export class Truth {
  readonly problems: string[] = [];
  readonly #written = new Map<number, Written>();
  #events: ReadonlyMap<number, readonly Event[]> | undefined;

  /** A member writes this. */
  note(key: Buffer, value: Buffer, at: number): void {
    if (key[0] !== RECORD) return;
    const { main, sub } = revisionOfKey(key);
    const written = this.#written.get(main) ?? { records: new Map<number, Buffer>(), at };
    this.#written.set(main, written);
    const before = written.records.get(sub);
    if (before?.equals(value) === true) return;
    if (before !== undefined) this.problems.push(`members differ at revision ${main}.${sub}`);
    written.records.set(sub, value);
    this.#events = undefined;
  }

  /** For tests of what reads it. */
  static of(events: readonly KeyValue[]): Truth {
    const truth = new Truth();
    events.forEach((kv, sub) =>
      truth.note(recordKey(kv.modRevision, sub), encodeRecord(kv), kv.modRevision),
    );
    return truth;
  }

  /** By revision, ascending. */
  get events(): ReadonlyMap<number, readonly Event[]> {
    this.#events ??= new Map(
      [...this.#written]
        .sort(([a], [b]) => a - b)
        .map(([main, { records }]) => {
          const ordered = [...records].sort(([a], [b]) => a - b);
          return [main, ordered.map(([, record]) => eventOf(decodeRecord(record, main)))];
        }),
    );
    return this.#events;
  }

  get revision(): number {
    return Math.max(1, ...this.#written.keys());
  }

  writtenAt(revision: number): number {
    return this.#written.get(revision)?.at ?? Infinity;
  }

  /** What happened to the key last, up to a revision. */
  last(key: string, revision: number): Event | undefined {
    for (let at = revision; at > 1; at--) {
      const found = this.events.get(at)?.find(({ kv }) => kv.key === key);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The pair as of a revision. */
  pair(key: string, revision: number): KeyValue | undefined {
    const event = this.last(key, revision);
    return event === undefined || event.type === 'delete' ? undefined : event.kv;
  }
}
