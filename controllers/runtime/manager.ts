import { AssertionError } from '../../platform/assert.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Running } from '../../platform/lifecycle.ts';
import type { Logger } from '../../platform/logger.ts';
import { isStatus } from '../../api/status.ts';
import type { Controller } from './controller.ts';

const DEFAULT_CONCURRENCY = 5;

/** What became of one key. */
export interface Reconciled {
  /** Its name. */
  readonly controller: string;
  readonly key: string;
  readonly seconds: number;
  readonly failed: boolean;
}

export interface ManagerOptions {
  readonly controllers: readonly Controller[];
  readonly logger: Logger;
  readonly concurrency?: number;
  /** For `reconciled`. */
  readonly clock?: Clock;
  /** Told of each key that was worked on. */
  readonly reconciled?: (reconciled: Reconciled) => void;
}

/** One controller, and whether it works. */
interface Place {
  readonly controller: Controller;
  workers: readonly Promise<void>[];
  isBegun: boolean;
  /** The last switch: they happen one after another. */
  turn: Promise<void>;
}

/**
 * Runs controllers: each starts as soon as its own caches are synced, so that a kind the server
 * does not answer for holds up only those who need it. Those that are off learn of what happens
 * as the others do, and do nothing: switched on, they go on with what has gathered.
 */
export class Manager implements Running {
  readonly #places: readonly Place[];
  readonly #logger: Logger;
  readonly #concurrency: number;
  readonly #clock: Clock | undefined;
  readonly #reconciled: (reconciled: Reconciled) => void;
  #stopped: Promise<void> | undefined;
  #stopping = false;

  constructor(options: ManagerOptions) {
    this.#places = options.controllers.map((controller) => ({
      controller,
      workers: [],
      isBegun: false,
      turn: Promise.resolve(),
    }));
    this.#logger = options.logger;
    this.#concurrency = options.concurrency ?? DEFAULT_CONCURRENCY;
    this.#clock = options.clock;
    this.#reconciled = options.reconciled ?? (() => {});
  }

  /**
   * Lets those work, by default all, and no others. Resolves when each of them works and no key of
   * another is in work; rejects if an informer was stopped before it synced.
   */
  async run(wanted: ReadonlySet<string> = new Set(this.names)): Promise<void> {
    const turns = this.#places.map((place) => {
      const isOn = wanted.has(place.controller.name);
      const switched = (): Promise<void> => (isOn ? this.#begin(place) : this.#rest(place));
      place.turn = place.turn.then(switched, switched);
      return place.turn;
    });
    await Promise.all(turns);
  }

  get names(): readonly string[] {
    return this.#places.map(({ controller }) => controller.name);
  }

  /** Keys in work are finished, as far as their client lets them; waiting ones are dropped. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stopAll();
    return this.#stopped;
  }

  async #begin(place: Place): Promise<void> {
    const { controller } = place;
    if (place.workers.length > 0) return;
    for (const informer of controller.informers) informer.start();
    await Promise.all(controller.informers.map((informer) => informer.whenSynced()));
    if (this.#stopping) return;
    if (!place.isBegun) controller.begin?.();
    place.isBegun = true;
    controller.queue.resume();
    const length = controller.concurrency ?? this.#concurrency;
    place.workers = Array.from({ length }, () => this.#work(controller));
    this.#logger.debug({ controller: controller.name }, 'controller started');
  }

  async #rest(place: Place): Promise<void> {
    place.controller.queue.pause();
    await Promise.all(place.workers);
    place.workers = [];
  }

  async #stopAll(): Promise<void> {
    this.#stopping = true;
    for (const { controller } of this.#places) controller.queue.stop();
    await Promise.all(this.#places.flatMap(({ workers }) => workers));
    await Promise.all(this.#places.map(async ({ controller }) => controller.stop?.()));
  }

  async #work(controller: Controller): Promise<void> {
    const { queue } = controller;
    for (;;) {
      const key = await queue.next();
      if (key === undefined) return;
      const begunMs = this.#clock?.monotonic() ?? 0;
      let failed = true;
      try {
        const result = await controller.reconcile(key);
        failed = false;
        queue.forget(key);
        if (result?.requeueAfterMs !== undefined) queue.addAfter(key, result.requeueAfterMs);
      } catch (error) {
        // A broken invariant ends the process: nothing decided from here on could be trusted.
        if (error instanceof AssertionError) throw error;
        if (!this.#stopping) this.#logFailure(controller, key, error);
        queue.addRateLimited(key);
      } finally {
        queue.done(key);
        const seconds = ((this.#clock?.monotonic() ?? 0) - begunMs) / 1000;
        this.#reconciled({ controller: controller.name, key, seconds, failed });
      }
    }
  }

  #logFailure(controller: Controller, key: string, error: unknown): void {
    const fields = { controller: controller.name, key, err: error };
    // Writing on a stale cache is how optimistic concurrency works, not a failure.
    if (isStatus(error, 'Conflict')) this.#logger.debug(fields, 'stale, will retry');
    else this.#logger.warn(fields, 'reconcile failed, will retry');
  }
}
