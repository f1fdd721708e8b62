/**
 * The state machine against a model that keeps every version in one list and answers each
 * question by reading the list from the start. Between commands the store may lose its cache
 * to the bound, be flushed, compacted physically or restarted; none of it may show.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MvccModel } from '../../test/model/mvcc-model.ts';
import { interval, proposable, revision, steps } from '../../test/model/mvcc-commands.ts';
import { StoreError } from '../kv.ts';
import type { Event, KeyValue, RangeRequest } from '../kv.ts';
import type { StoreCommand } from './command.ts';
import { ChangeEvent } from './event.ts';
import type { RevisionEvents } from './event.ts';
import { contains } from './interval.ts';
import { decodeRecord, encodeRecord } from './record.ts';
import { select, wantsValues } from './range.ts';
import { MvccStore } from './store.ts';
import type { Version } from './version.ts';
import type { Watcher } from './watcher.ts';

type Outcome = { readonly answer: unknown } | { readonly error: string };

function outcome(run: () => unknown): Outcome {
  try {
    return { answer: run() };
  } catch (error) {
    if (error instanceof StoreError) return { error: error.reason };
    throw error;
  }
}

/** So small that everything overflows all the time. */
const tight = { cacheBytes: 700, watchLimits: { watcherBytes: 600, windowBytes: 900 } };

/** The store with a shell around it: an engine of records, and watchers pulled by hand. */
class Shell {
  store = new MvccStore(tight);
  #records = new Map<string, Buffer>();
  #leases = new Map<string, number>();
  readonly #facts = new Set<string>();
  #compactRevision: number | undefined;

  #record(version: { main: number; sub: number }): Buffer | undefined {
    return this.#records.get(`${version.main}/${version.sub}`);
  }

  flush(): void {
    for (const change of this.store.takeChanges()) {
      if (change.type === 'record') {
        const at = `${change.kv.modRevision}/${change.sub}`;
        this.#records.set(at, encodeRecord(change.kv));
      } else if (change.type === 'leaseGranted') this.#leases.set(change.id, change.ttlSeconds);
      else if (change.type === 'leaseRemoved') this.#leases.delete(change.id);
      else if (change.type === 'compacted') this.#compactRevision = change.revision;
      else if (change.value === undefined) this.#facts.delete(change.name);
      else this.#facts.add(change.name);
    }
    this.store.flushed(this.store.current);
  }

  /** Deletes some of what compactions removed that are in the engine. */
  remove(count: number): void {
    if (this.#compactRevision === undefined) return;
    for (const version of this.store.forget(this.#compactRevision, count))
      this.#records.delete(`${version.main}/${version.sub}`);
  }

  restart(): void {
    this.flush();
    this.store = new MvccStore(tight);
    for (const [id, ttlSeconds] of this.#leases) this.store.restoreLease(id, ttlSeconds);
    const order = (at: string): number[] => at.split('/').map(Number);
    const sorted = [...this.#records].sort(([a], [b]) => {
      const [left, right] = [order(a), order(b)];
      return left[0]! - right[0]! || left[1]! - right[1]!;
    });
    for (const [at, record] of sorted)
      this.store.restoreRecord(decodeRecord(record, order(at)[0]!), order(at)[1]!);
    for (const name of this.#facts) this.store.alarms.restore(name);
    this.store.finishRestore(this.#compactRevision);
  }

  #pair(version: Version): KeyValue {
    return version.kv ?? decodeRecord(this.#record(version)!, version.main);
  }

  apply(command: StoreCommand): unknown {
    const release = this.store.cache.hold();
    try {
      for (let missing = this.store.missing(command); missing.length > 0;) {
        for (const version of missing) this.store.cache.add(version, this.#pair(version));
        missing = this.store.missing(command);
      }
      return this.store.apply(command);
    } finally {
      release();
    }
  }

  range(request: RangeRequest): unknown {
    const selection = this.store.select(request);
    if (!wantsValues(request)) return this.store.respond(request, selection);
    const kvs = selection.versions.map((version) => this.#pair(version));
    return this.store.respond(request, selection, kvs);
  }

  /** Everything the watcher can be told now. */
  drain(watcher: Watcher): Event[] {
    const events: Event[] = [];
    for (;;) {
      for (const batch of watcher.take())
        for (const event of batch.events) {
          const missing = event.missingPrevious;
          const record = missing === undefined ? undefined : this.#record(missing);
          if (record !== undefined) event.resolvePrevious(decodeRecord(record, missing!.main));
          events.push(watcher.prevKv ? event.withPrevious : event.plain);
        }
      if (watcher.synced) return events;
      const range = this.store.watches.catchUp(watcher);
      if (range === undefined) continue;
      const history: RevisionEvents[] = [];
      for (let revision = range.from; revision <= range.through; revision++) {
        const changes: ChangeEvent[] = [];
        for (let sub = 0; ; sub++) {
          const record = this.#record({ main: revision, sub });
          if (record === undefined) break;
          const kv = decodeRecord(record, revision);
          const isReadable = revision > this.store.compacted;
          const previous = isReadable ? this.store.index.at(kv.key, revision - 1) : undefined;
          changes.push(new ChangeEvent(kv, previous));
        }
        history.push({ revision, events: changes });
      }
      this.store.watches.accept(watcher, range, history);
    }
  }
}

/** Bytes as text: a Buffer and a Uint8Array of the same bytes are the same. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString('latin1')}`;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]));
}

describe('the state machine and its model', () => {
  it('agree on every answer, every error, and every revision still readable', () => {
    fc.assert(
      fc.property(steps, (script) => {
        const model = new MvccModel();
        const shell = new Shell();
        for (const each of script) {
          if (each.do === 'apply' && proposable(each.command)) {
            const expected = plain(outcome(() => model.apply(each.command)));
            expect(plain(outcome(() => shell.apply(each.command)))).toEqual(expected);
          } else if (each.do === 'read') {
            const expected = plain(outcome(() => model.range(each.request)));
            expect(plain(outcome(() => shell.range(each.request)))).toEqual(expected);
          } else if (each.do === 'shell') {
            if (each.act === 'restart') shell.restart();
            else if (each.act === 'remove') shell.remove(2);
            else shell.flush();
          }
        }
        for (let at = Math.max(1, model.compacted); at <= model.current; at++) {
          const request = { key: '\0', rangeEnd: '\0', revision: at };
          expect(plain(shell.range(request))).toEqual(plain(model.range(request)));
        }
        const attached = [...model.at(Infinity).values()].filter((kv) =>
          model.leases.has(kv.lease),
        );
        const keys = [...shell.store.lessor.all()].flatMap((each) => [...each.keys]);
        expect(keys.sort()).toEqual(attached.map((kv) => kv.key).sort());
        expect(select(shell.store.index, { key: '\0', rangeEnd: '\0' }, undefined).count).toBe(
          shell.store.index.liveKeys,
        );
      }),
      { numRuns: 400 },
    );
  });

  it('agree on what a watch is told: everything, once, in order, or "compacted"', () => {
    const watch = fc.record({ at: interval, start: revision, prevKv: fc.boolean() });
    fc.assert(
      fc.property(steps, watch, fc.nat(30), (script, { at, start, prevKv }, opensAt) => {
        const model = new MvccModel();
        const shell = new Shell();
        let watcher: Watcher | undefined;
        let from = start;
        const told: Event[] = [];
        let compacted = false;
        const drain = (): void => {
          const watching = watcher;
          if (watching === undefined || compacted) return;
          const result = outcome(() => told.push(...shell.drain(watching)));
          compacted = 'error' in result;
          if (compacted) expect(result).toEqual({ error: 'compacted' });
          else if (from <= model.current)
            expect(shell.store.watches.progress(watching)).toBe(model.current);
        };
        script.forEach((each, i) => {
          if (i === opensAt) {
            from = start || model.current + 1;
            watcher = shell.store.watches.watch({ ...at, startRevision: start, prevKv }, () => {});
          }
          if (each.do === 'apply' && proposable(each.command)) {
            outcome(() => model.apply(each.command));
            outcome(() => shell.apply(each.command));
          } else if (each.do === 'shell') {
            if (each.act === 'drain') drain();
            else if (each.act === 'remove') shell.remove(2);
            else if (each.act === 'flush') shell.flush();
            else if (watcher === undefined) shell.restart();
          }
        });
        if (watcher === undefined) return;
        shell.flush();
        drain();
        if (compacted) {
          expect(from).toBeLessThan(model.compacted);
          return;
        }
        const expected = model.log.filter((kv) => kv.modRevision >= from && contains(at, kv.key));
        expect(plain(told.map((event) => event.kv))).toEqual(plain(expected));
        for (const event of told) {
          expect(event.type).toBe(event.kv.version === 0 ? 'delete' : 'put');
          const before = model.at(event.kv.modRevision - 1).get(event.kv.key);
          if (!prevKv || before === undefined) expect(event.prevKv).toBeUndefined();
          else if (event.prevKv !== undefined || event.kv.modRevision > model.compacted)
            expect(plain(event.prevKv)).toEqual(plain(before));
        }
      }),
      { numRuns: 400 },
    );
  });
});
