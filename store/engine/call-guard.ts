import { EngineError } from './engine.ts';

/**
 * Lets calls through while open and makes `close` wait for those under way: the RocksDB binding
 * kills the process on any call before open or after close.
 */
export class CallGuard {
  readonly #name: string;
  #underWay = 0;
  #closing: Promise<void> | undefined;
  #drained: (() => void) | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  get open(): boolean {
    return this.#closing === undefined;
  }

  assertOpen(): void {
    if (!this.open) throw new EngineError('closed', `${this.#name} is closed`);
  }

  /** Runs one call; throws `closed` once closing began. */
  async run<T>(call: () => Promise<T>): Promise<T> {
    this.enter();
    try {
      return await call();
    } finally {
      this.leave();
    }
  }

  enter(): void {
    this.assertOpen();
    this.#underWay++;
  }

  leave(): void {
    this.#underWay--;
    if (this.#underWay === 0) this.#drained?.();
  }

  /** Refuses further calls, waits for those under way, then runs `release` once. */
  close(release: () => Promise<void>): Promise<void> {
    this.#closing ??= this.#drain().then(release);
    return this.#closing;
  }

  #drain(): Promise<void> {
    if (this.#underWay === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#drained = resolve;
    });
  }
}
