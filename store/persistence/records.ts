/** Reads stored versions back from the engine. */
import { assert } from '../../platform/assert.ts';
import type { AuthStore } from '../auth/auth-store.ts';
import type { Engine } from '../engine/engine.ts';
import type { KeyValue } from '../kv.ts';
import { ChangeEvent } from '../mvcc/event.ts';
import type { RevisionEvents } from '../mvcc/event.ts';
import { decodeRecord } from '../mvcc/record.ts';
import type { MvccStore } from '../mvcc/store.ts';
import type { Version } from '../mvcc/version.ts';
import type { HistoryRange } from '../mvcc/watch-hub.ts';
import { damaged } from './damaged.ts';
import {
  allRecords,
  factNameOf,
  factRange,
  leaseIdOf,
  leaseRange,
  recordKey,
  recordRange,
  revisionOfKey,
} from './keyspace.ts';

export class Records {
  readonly #engine: Engine;
  readonly #store: MvccStore;
  /** Reads under way, which a removal must not overtake. */
  readonly #reading = new Set<Promise<unknown>>();

  constructor(engine: Engine, store: MvccStore) {
    this.#engine = engine;
    this.#store = store;
  }

  /**
   * Fills an empty store.
   *
   * @throws EngineError `corrupt` if a revision is missing that no compaction has removed.
   */
  async restore(compactRevision: number | undefined, auth: AuthStore): Promise<void> {
    const store = this.#store;
    for await (const chunk of this.#engine.iterate(leaseRange))
      for (const [key, value] of chunk) {
        const remainingSeconds = value.length > 8 ? value.readDoubleBE(8) : undefined;
        store.restoreLease(leaseIdOf(key), value.readDoubleBE(0), remainingSeconds);
      }
    for await (const chunk of this.#engine.iterate(factRange))
      for (const [key, value] of chunk) {
        store.alarms.restore(factNameOf(key));
        auth.restore(factNameOf(key), value);
      }
    const floor = Math.max(store.current, compactRevision ?? 0);
    let last = { main: floor, sub: 0 };
    for await (const chunk of this.#engine.iterate(allRecords))
      for (const [key, value] of chunk) {
        const { main, sub } = revisionOfKey(key);
        if (main > floor) {
          // Each revision has changed something.
          const isFirst = sub === 0 && main === last.main + 1;
          if (!isFirst && (main !== last.main || sub !== last.sub + 1))
            throw damaged(`what followed revision ${last.main}.${last.sub} is missing`);
          last = { main, sub };
        }
        store.restoreRecord(decodeRecord(value, main), sub);
      }
    store.finishRestore(compactRevision);
  }

  /** The pairs of `versions`, in their order. All must exist. */
  async pairs(versions: readonly Version[]): Promise<KeyValue[]> {
    const found = await this.#load(versions);
    return found.map((kv, i) => {
      assert(kv !== undefined, `revision ${versions[i]!.main} of a readable key is stored`);
      return kv;
    });
  }

  /** Makes `versions` resident. */
  async makeResident(versions: readonly Version[]): Promise<void> {
    await this.pairs(versions);
  }

  /** Finds the previous pairs that `events` lack; one that is compacted away stays unknown. */
  async resolvePrevious(events: readonly ChangeEvent[]): Promise<void> {
    const lacking = events.filter((event) => event.missingPrevious !== undefined);
    if (lacking.length === 0) return;
    const found = await this.#load(lacking.map((event) => event.missingPrevious!));
    found.forEach((kv, i) => {
      if (kv !== undefined) lacking[i]!.resolvePrevious(kv);
    });
  }

  /** The events of a part of history, from the engine. */
  history(range: HistoryRange): Promise<RevisionEvents[]> {
    return this.#track(this.#history(range));
  }

  async #history(range: HistoryRange): Promise<RevisionEvents[]> {
    const revisions: { revision: number; events: ChangeEvent[] }[] = [];
    for await (const chunk of this.#engine.iterate(recordRange(range.from, range.through)))
      for (const [key, value] of chunk) {
        const { main } = revisionOfKey(key);
        const kv = decodeRecord(value, main);
        const event = new ChangeEvent(kv, this.#previous(kv.key, main));
        const last = revisions[revisions.length - 1];
        if (last?.revision === main) last.events.push(event);
        else revisions.push({ revision: main, events: [event] });
      }
    return revisions;
  }

  /** What a read just before revision `main` found; nothing if such a read is refused now. */
  #previous(key: string, main: number): Version | undefined {
    return main > this.#store.compacted ? this.#store.index.at(key, main - 1) : undefined;
  }

  #load(versions: readonly Version[]): Promise<(KeyValue | undefined)[]> {
    return this.#track(this.#loadMissing(versions));
  }

  async #loadMissing(versions: readonly Version[]): Promise<(KeyValue | undefined)[]> {
    const pairs = versions.map((version) => version.kv);
    const missing = versions.filter((version) => version.kv === undefined);
    const keys = missing.map(({ main, sub }) => recordKey(main, sub));
    const records = await this.#engine.getMany(keys);
    let next = 0;
    return pairs.map((kv, i) => {
      if (kv !== undefined) return kv;
      const record = records[next++];
      if (record === undefined) return undefined;
      const version = versions[i]!;
      const loaded = decodeRecord(record, version.main);
      this.#store.cache.add(version, loaded);
      return loaded;
    });
  }

  #track<T>(reading: Promise<T>): Promise<T> {
    this.#reading.add(reading);
    const done = (): void => void this.#reading.delete(reading);
    reading.then(done, done);
    return reading;
  }

  /** Resolves when every read that began before has ended. */
  async quiet(): Promise<void> {
    await Promise.allSettled(this.#reading);
  }
}
