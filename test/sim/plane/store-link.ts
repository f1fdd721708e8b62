/**
 * One API server's way to the store: slow, at times cut, and dead when the server is. A call that
 * is answered "unavailable" may have taken effect or not.
 */
import { BoundedStream } from '../../../platform/stream.ts';
import { type Kv, StoreError, type Watch, type WatchBatch } from '../../../store/kv.ts';
import type { SeededRandom, SimTime } from '../time.ts';
import { Pump } from './pump.ts';

export interface StoreWeather {
  /** One call in so many fails, before or after it took effect; 0: none. */
  failOneIn: number;
  /** Events reach the server's cache up to so much later. */
  watchLagMs: number;
}

export interface StoreLinkParts {
  readonly kv: Kv;
  readonly time: SimTime;
  readonly random: SeededRandom;
  readonly weather: StoreWeather;
  /** A planted bug: what a transaction compares is not looked at. */
  readonly blind: boolean;
}

/** What a dead process waits for. */
const never = <T>(): Promise<T> => new Promise(() => {});
const WATCH_LIMIT = 100_000;

export class StoreLink implements Kv {
  readonly #parts: StoreLinkParts;
  readonly #pumps = new Set<Pump<WatchBatch>>();
  #isAlive = true;

  constructor(parts: StoreLinkParts) {
    this.#parts = parts;
  }

  /** The server at this end is gone: nothing it asked is answered. */
  kill(): void {
    this.#isAlive = false;
    for (const pump of this.#pumps) pump.drop();
  }

  /** Watches break, as when the store's member restarts. */
  cutWatches(): void {
    for (const pump of this.#pumps) pump.fail(new StoreError('unavailable'));
  }

  range: Kv['range'] = (request) => this.#call((kv) => kv.range(request));
  compact: Kv['compact'] = (revision) => this.#call((kv) => kv.compact(revision));
  leaseGrant: Kv['leaseGrant'] = (seconds) => this.#call((kv) => kv.leaseGrant(seconds));
  status: Kv['status'] = () => this.#call((kv) => kv.status());
  close: Kv['close'] = () => Promise.resolve();
  txn: Kv['txn'] = (request) => {
    const writesPod = request.success.some(
      (op) => op.type === 'put' && op.request.key.startsWith('/registry/pods/'),
    );
    const asked = this.#parts.blind && writesPod ? { ...request, compare: [] } : request;
    return this.#call((kv) => kv.txn(asked));
  };

  watch: Kv['watch'] = (request) => {
    const { kv, time, random, weather } = this.#parts;
    const inner = kv.watch(request);
    const stream = new BoundedStream<WatchBatch>(WATCH_LIMIT, () => pump.drop());
    const pump = new Pump<WatchBatch>({
      time,
      stream,
      delayMs: () => random.between(0, Math.max(1, weather.watchLagMs)),
      stopped: () => {
        this.#pumps.delete(pump);
        inner.cancel();
      },
    });
    this.#pumps.add(pump);
    void pump.run(inner);
    const watch: Watch = {
      created: inner.created,
      requestProgress: () => inner.requestProgress(),
      cancel: () => {
        stream.end();
        pump.drop();
      },
      [Symbol.asyncIterator]: () => stream,
    };
    return watch;
  };

  async #call<T>(call: (kv: Kv) => Promise<T>): Promise<T> {
    const { kv, time, random, weather } = this.#parts;
    await time.sleep(random.below(3));
    const fails = weather.failOneIn > 0 && random.oneIn(weather.failOneIn);
    if (fails && random.oneIn(2))
      return this.#answer(Promise.reject(new StoreError('unavailable')));
    // What has left a server that dies meanwhile still arrives.
    const answer = await call(kv).then(
      (value) => () => value,
      (error: unknown) => () => {
        throw error;
      },
    );
    await time.sleep(random.below(3));
    if (fails) return this.#answer(Promise.reject(new StoreError('unavailable')));
    return this.#isAlive ? answer() : never();
  }

  #answer<T>(answer: Promise<T>): Promise<T> {
    if (this.#isAlive) return answer;
    answer.catch(() => {});
    return never();
  }
}
