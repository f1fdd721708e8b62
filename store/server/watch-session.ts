/** A watch as its consumer sees it: takes from the hub, reads history when it is behind. */
import type { Clock, Timer } from '../../platform/clock.ts';
import { StoreError } from '../kv.ts';
import type { WatchBatch, WatchRequest } from '../kv.ts';
import type { ChangeEvent } from '../mvcc/event.ts';
import type { MvccStore } from '../mvcc/store.ts';
import type { PendingBatch, Watcher } from '../mvcc/watcher.ts';
import type { Records } from '../persistence/records.ts';
import type { LocalWatch, WatchConsumer } from './interface.ts';
import type { Wakes } from './wakes.ts';
import { WatchIterator } from './watch-iterator.ts';

export interface WatchEnvironment {
  readonly store: MvccStore;
  readonly records: Records;
  readonly clock: Clock;
  readonly wakes: Wakes;
  readonly progressIntervalMs: number;
  readonly onEnd: (session: WatchSession) => void;
}

export class WatchSession implements LocalWatch {
  readonly created: Promise<number>;
  readonly #environment: WatchEnvironment;
  readonly #watcher: Watcher;
  #progressRequested = false;
  /** Something was handed out since the progress timer last looked. */
  #active = false;
  #progressTimer: Timer | undefined;
  #consumer: WatchConsumer | undefined;
  /** One, with which iterations that are left off go on. */
  #iterator: WatchIterator | undefined;
  /** It is handed something, or it or the disk takes its time: what comes meanwhile waits. */
  #isBusy = false;
  /** Its turn to be woken will come. */
  #isCalled = false;
  /** Set once: how it ends. */
  #end: { readonly error?: unknown } | undefined;

  constructor(request: WatchRequest, environment: WatchEnvironment) {
    const { store, wakes } = environment;
    this.#environment = environment;
    const wake = (): void => {
      this.#isCalled = false;
      this.#pump();
    };
    this.#watcher = store.watches.watch(request, () => {
      if (this.#isBusy || this.#isCalled || this.#consumer === undefined) return;
      this.#isCalled = true;
      wakes.call(wake);
    });
    this.created = Promise.resolve(store.current);
    if (request.progressNotify === true) this.#armProgress();
  }

  requestProgress(): void {
    this.#progressRequested = true;
    this.#pump();
  }

  cancel(): void {
    this.#finish({});
  }

  /** Ends the watch from the store's side. */
  fail(error: StoreError): void {
    this.#finish({ error });
  }

  [Symbol.asyncIterator](): AsyncIterator<WatchBatch> {
    return (this.#iterator ??= new WatchIterator(this));
  }

  deliver(consumer: WatchConsumer): void {
    this.#consumer = consumer;
    this.#pump();
  }

  /** Hands out what there is. */
  #pump(): void {
    const consumer = this.#consumer;
    if (consumer === undefined || this.#isBusy) return;
    this.#isBusy = true;
    try {
      while (this.#end === undefined) {
        const step = this.#step(consumer);
        if (step === undefined) continue;
        if (step === 'nothing') this.#isBusy = false;
        else this.#goOnAfter(step);
        return;
      }
    } catch (error) {
      this.#finish({ error });
    }
    this.#consumer = undefined;
    consumer.ended(this.#end!.error);
  }

  /** Hands out a batch, or reads on in history; undefined: and the next may follow at once. */
  #step(consumer: WatchConsumer): Promise<void> | 'nothing' | undefined {
    const batch = this.#take();
    if (batch instanceof Promise) return batch.then((given) => this.#hand(consumer, given));
    if (batch !== undefined) return this.#hand(consumer, batch);
    return this.#watcher.synced ? 'nothing' : this.#catchUp();
  }

  #hand(consumer: WatchConsumer, batch: WatchBatch): Promise<void> | undefined {
    // What came while previous pairs were read is for nobody if the watch ended meanwhile.
    if (this.#end !== undefined) return undefined;
    this.#active = true;
    return consumer.batch(batch);
  }

  #goOnAfter(step: Promise<void>): void {
    const goOn = (): void => {
      this.#isBusy = false;
      this.#pump();
    };
    step.then(goOn, (error: unknown) => {
      this.#finish({ error });
      goOn();
    });
  }

  /** What can be handed out now. */
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
    const { watches } = this.#environment.store;
    watches.delivered += events.length;
    if (!this.#watcher.prevKv) return { revision, events: watches.plainEvents.of(events) };
    if (events.some((event) => event.missingPrevious !== undefined))
      return this.#deliverPrevious(revision, events);
    return { revision, events: events.map((event) => event.withPrevious) };
  }

  async #deliverPrevious(revision: number, events: readonly ChangeEvent[]): Promise<WatchBatch> {
    await this.#environment.records.resolvePrevious(events);
    return { revision, events: events.map((event) => event.withPrevious) };
  }

  #finish(end: { readonly error?: unknown }): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#progressTimer?.cancel();
    this.#environment.store.watches.remove(this.#watcher);
    this.#environment.onEnd(this);
    this.#pump();
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
