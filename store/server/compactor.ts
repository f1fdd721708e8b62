/** Deletes what compactions made unreachable, in bounded steps, beside all other work. */
import type { Engine } from '../engine/engine.ts';
import type { Version } from '../mvcc/version.ts';
import { recordKey } from './keyspace.ts';
import type { Records } from './records.ts';

/** Records deleted per batch. */
const STEP = 1000;

export class Compactor {
  readonly #engine: Engine;
  readonly #records: Records;
  #queue: readonly Version[][] = [];
  #running: Promise<void> | undefined;
  #stopping = false;
  /** Versions deleted since the start. */
  removed = 0;

  constructor(engine: Engine, records: Records) {
    this.#engine = engine;
    this.#records = records;
  }

  /**
   * The compaction must be in the engine already: a log that is applied again after a crash
   * may read, before it reaches the compaction, what is deleted here.
   */
  remove(versions: readonly Version[]): Promise<void> {
    this.#queue = [...this.#queue, [...versions]];
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      const [versions, ...rest] = this.#queue;
      this.#queue = rest;
      await this.#records.quiet();
      for (let i = 0; i < versions!.length && !this.#stopping; i += STEP) {
        const step = versions!.slice(i, i + STEP);
        await this.#engine.batch(
          step.map(({ main, sub }) => ({ type: 'del', key: recordKey(main, sub) })),
          { sync: false },
        );
        this.removed += step.length;
      }
    }
  }

  get isIdle(): boolean {
    return this.#running === undefined;
  }

  /** Resolves when nothing waits to be deleted. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  /** Leaves the rest for the next start, which finds it again. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
  }
}
