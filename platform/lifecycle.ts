/** Something running. `stop` is idempotent and resolves when nothing of it is left behind. */
export interface Running {
  stop(): Promise<void>;
}

/**
 * Starts parts in order and stops them in reverse: what a part was built on outlives it.
 * If a start fails, the parts already running are stopped before the failure is rethrown.
 */
export class Lifecycle implements Running {
  readonly #parts: Running[] = [];
  #stopping: Promise<void> | undefined;

  async start<T extends Running>(part: () => T | Promise<T>): Promise<T> {
    try {
      const running = await part();
      this.#parts.push(running);
      return running;
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Stops the parts in reverse order. One failing stop does not keep the others running. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #stopAll(): Promise<void> {
    const errors: unknown[] = [];
    for (let part = this.#parts.pop(); part !== undefined; part = this.#parts.pop()) {
      try {
        await part.stop();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length === 1) throw errors[0];
    if (errors.length > 1) throw new AggregateError(errors, 'several parts failed to stop');
  }
}

/** What is started as one of the parts stops with `work`, however that ends. */
export async function withLifecycle(work: (parts: Lifecycle) => Promise<void>): Promise<void> {
  const parts = new Lifecycle();
  try {
    await work(parts);
  } finally {
    await parts.stop();
  }
}
