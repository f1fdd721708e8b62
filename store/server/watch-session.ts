/** A watch as its consumer sees it: pulls from the hub, reads history when it is behind. */
import type { Clock, Timer } from '../../platform/clock.ts';
import { StoreError } from '../kv.ts';
import type { Watch, WatchBatch, WatchRequest } from '../kv.ts';
import type { ChangeEvent } from '../mvcc/event.ts';
import type { MvccStore } from '../mvcc/store.ts';
import type { PendingBatch, Watcher } from '../mvcc/watcher.ts';
import type { Records } from '../persistence/records.ts';
import type { Wakes } from './wakes.ts';

export interface WatchEnvironment {
  readonly store: MvccStore;
  readonly records: Records;
  readonly clock: Clock;
  readonly wakes: Wakes;
  readonly progressIntervalMs: number;
  readonly onEnd: (session: WatchSession) => void;
}

export class WatchSession implements Watch, AsyncIterator<WatchBatch> {
  readonly created: Promise<number>;
  readonly #environment: WatchEnvironment;
  readonly #watcher: Watcher;
  #progressRequested = false;
  /** Something was handed out since the progress timer last looked. */
  #active = false;
  #progressTimer: Timer | undefined;
  #wake: (() => void) | undefined;
  /** Its turn to be woken will come. */
  #isCalled = false;
  /** Set once: how the iteration ends. */
  #end: { readonly error?: StoreError } | undefined;

  constructor(request: WatchRequest, environment: WatchEnvironment) {
    const { store, wakes } = environment;
    this.#environment = environment;
    const wake = (): void => this.#notify();
    this.#watcher = store.watches.watch(request, () => {
      if (this.#wake === undefined || this.#isCalled) return;
      this.#isCalled = true;
      wakes.call(wake);
    });
    this.created = Promise.resolve(store.current);
    if (request.progressNotify === true) this.#armProgress();
  }

  requestProgress(): void {
    this.#progressRequested = true;
    this.#notify();
  }

  cancel(): void {
    this.#finish({});
  }

  /** Ends the watch from the store's side. */
  fail(error: StoreError): void {
    this.#finish({ error });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<WatchBatch>> {
    while (this.#end === undefined) {
      const batch = this.#take();
      const given = batch instanceof Promise ? await batch : batch;
      // What came while previous pairs were read is for nobody if the watch ended meanwhile.
      if (given !== undefined && this.#end === undefined) {
        this.#active = true;
        return { done: false, value: given };
      }
      if (given !== undefined) continue;
      if (this.#watcher.synced) await this.#news();
      else await this.#catchUp();
    }
    const { error } = this.#end;
    this.#end = {};
    if (error !== undefined) throw error;
    return { done: true, value: undefined };
  }

  return(): Promise<IteratorResult<WatchBatch>> {
    this.#finish({});
    return Promise.resolve({ done: true, value: undefined });
  }

  /** What can be handed out now. Not async: with many watchers of one key every turn counts. */
  #take(): WatchBatch | Promise<WatchBatch> | undefined {
    const { watches } = this.#environment.store;
    const watcher = this.#watcher;
    if (!watcher.idle) return this.#deliver(watcher.take());
    if (!watcher.synced || !this.#progressRequested) return undefined;
    const revision = watches.progress(watcher);
    if (revision === undefined) return undefined;
    this.#progressRequested = false;
    return { revision, events: [] };
  }

  #news(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  async #catchUp(): Promise<void> {
    const { store, records } = this.#environment;
    try {
      const range = store.watches.catchUp(this.#watcher);
      if (range === undefined) return;
      const history = await records.history(range);
      if (this.#end === undefined) store.watches.accept(this.#watcher, range, history);
    } catch (error) {
      if (this.#end !== undefined) return;
      if (!(error instanceof StoreError)) throw error;
      this.#finish({ error });
    }
  }

  #deliver(pending: readonly PendingBatch[]): WatchBatch | Promise<WatchBatch> {
    const { revision } = pending[pending.length - 1]!;
    const events: readonly ChangeEvent[] =
      pending.length === 1 ? pending[0]!.events : pending.flatMap((batch) => batch.events);
    this.#environment.store.watches.delivered += events.length;
    if (!this.#watcher.prevKv) return { revision, events: events.map((event) => event.plain) };
    if (events.some((event) => event.missingPrevious !== undefined))
      return this.#deliverPrevious(revision, events);
    return { revision, events: events.map((event) => event.withPrevious) };
  }

  async #deliverPrevious(revision: number, events: readonly ChangeEvent[]): Promise<WatchBatch> {
    await this.#environment.records.resolvePrevious(events);
    return { revision, events: events.map((event) => event.withPrevious) };
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    this.#isCalled = false;
    wake?.();
  }

  #finish(end: { readonly error?: StoreError }): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#progressTimer?.cancel();
    this.#environment.store.watches.remove(this.#watcher);
    this.#environment.onEnd(this);
    this.#notify();
  }

  #armProgress(): void {
    const { clock, progressIntervalMs } = this.#environment;
    this.#progressTimer = clock.after(progressIntervalMs, () => {
      if (!this.#active) this.requestProgress();
      this.#active = false;
      this.#armProgress();
    });
  }
}
