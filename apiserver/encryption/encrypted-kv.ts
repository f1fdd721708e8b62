/**
 * A store whose values are encrypted on their way in and decrypted on their way out, by rules per
 * resource. Everything above sees plain values; the store, its log and its snapshots see none.
 */
import { statusError } from '../../api/status.ts';
import {
  type Event,
  type KeyValue,
  type Kv,
  type RequestOp,
  type ResponseOp,
  StoreError,
  type TxnRequest,
  type TxnResponse,
  type Watch,
  type WatchBatch,
  type WatchRequest,
} from '../../store/kv.ts';
import { ProviderAway, type Transformer } from './transformer.ts';

/** Which transformers a key's values have; undefined: they are left alone. */
export type TransformersOf = (key: string) => readonly Transformer[] | undefined;

const startsWith = (value: Uint8Array, prefix: string): boolean => {
  if (value.length < prefix.length) return false;
  for (let i = 0; i < prefix.length; i++) if (value[i] !== prefix.charCodeAt(i)) return false;
  return true;
};

const ENCRYPTED = 'k8s:enc:';

type Eventually<T> = T | Promise<T>;

/** In one go unless one of them takes time. */
function eachOf<T>(items: readonly Eventually<T>[]): Eventually<readonly T[]> {
  const waits = items.some((item) => item instanceof Promise);
  return waits ? Promise.all(items) : (items as readonly T[]);
}

export class EncryptedKv {
  readonly #transformersOf: TransformersOf;
  /** What the value of a key was known by when it was read. */
  readonly #marks = new Map<string, string>();
  /** Keys whose values nothing opened. */
  readonly #unopened = new Set<string>();
  /** A provider was away when one of them was read. */
  #someAway = false;
  readonly #watches = new Set<{ readonly watch: Watch; lost: boolean }>();
  readonly kv: Kv;

  constructor(kv: Kv, transformersOf: TransformersOf) {
    this.#transformersOf = transformersOf;
    this.kv = {
      range: async (request) => {
        const answer = await kv.range(request);
        return { ...answer, kvs: await eachOf(answer.kvs.map((pair) => this.#opened(pair))) };
      },
      txn: async (request) => this.#openedAnswer(await kv.txn(this.#sealedTxn(request))),
      watch: (request) => this.#watch(kv, request),
      compact: (revision) => kv.compact(revision),
      leaseGrant: (seconds) => kv.leaseGrant(seconds),
      status: () => kv.status(),
      close: () => kv.close(),
    };
  }

  /** True if the value under the key should be written anew though it says the same. */
  isStale(key: string): boolean {
    if (this.#unopened.has(key)) return true;
    const mark = this.#marks.get(key);
    return mark !== undefined && mark !== this.#transformersOf(key)?.[0]?.mark;
  }

  /** Other transformers hold, or (`back`) one that was away answers: what was not opened may be. */
  reopen({ back }: { readonly back: boolean }): void {
    if (back ? !this.#someAway : this.#unopened.size === 0) return;
    this.#someAway = false;
    for (const each of this.#watches) {
      each.lost = true;
      each.watch.cancel();
    }
  }

  #sealedTxn(request: TxnRequest): TxnRequest {
    const seal = (op: RequestOp): RequestOp => {
      if (op.type === 'txn') return { ...op, request: this.#sealedTxn(op.request) };
      if (op.type !== 'put') return op;
      const { key, value } = op.request;
      return { ...op, request: { ...op.request, value: this.#sealed(key, value) } };
    };
    return {
      compare: request.compare,
      success: request.success.map(seal),
      failure: request.failure.map(seal),
    };
  }

  #sealed(key: string, value: Uint8Array): Uint8Array {
    const first = this.#transformersOf(key)?.[0];
    try {
      return first === undefined ? value : first.seal(value, key);
    } catch (error) {
      const text = `Internal error occurred: ${(error as Error).message}`;
      throw statusError('InternalError', text);
    }
  }

  async #openedAnswer(answer: TxnResponse): Promise<TxnResponse> {
    const open = async (op: ResponseOp): Promise<ResponseOp> => {
      switch (op.type) {
        case 'range': {
          const kvs = await eachOf(op.response.kvs.map((pair) => this.#opened(pair)));
          return { ...op, response: { ...op.response, kvs } };
        }
        case 'txn':
          return { ...op, response: await this.#openedAnswer(op.response) };
        default:
          return op;
      }
    };
    return { ...answer, responses: await Promise.all(answer.responses.map(open)) };
  }

  /** What no key of ours opens stays as it is: only who asks for that object learns of it. */
  #opened(pair: KeyValue): Eventually<KeyValue> {
    const transformers = this.#transformersOf(pair.key);
    if (transformers === undefined || pair.value.length === 0) return pair;
    const plain = !startsWith(pair.value, ENCRYPTED);
    const transformer = transformers.find(({ prefix }) =>
      prefix === '' ? plain : startsWith(pair.value, prefix),
    );
    if (transformer === undefined) return this.#closed(pair);
    try {
      const opened = transformer.open(pair.value.subarray(transformer.prefix.length), pair.key);
      if (!(opened instanceof Promise)) return this.#noted(pair, opened);
      return opened.then(
        (value) => this.#noted(pair, value),
        (error: unknown) => this.#closed(pair, error),
      );
    } catch (error) {
      return this.#closed(pair, error);
    }
  }

  #noted(
    pair: KeyValue,
    { value, mark }: { readonly value: Uint8Array; readonly mark: string },
  ): KeyValue {
    this.#marks.set(pair.key, mark);
    this.#unopened.delete(pair.key);
    return value === pair.value ? pair : { ...pair, value };
  }

  #closed(pair: KeyValue, error?: unknown): KeyValue {
    this.#unopened.add(pair.key);
    if (error instanceof ProviderAway) this.#someAway = true;
    return pair;
  }

  #watch(kv: Kv, request: WatchRequest): Watch {
    const watch = kv.watch(request);
    const open = (batch: WatchBatch): Promise<WatchBatch> => this.#openedBatch(batch);
    const all = this.#watches;
    return {
      created: watch.created,
      requestProgress: () => watch.requestProgress(),
      cancel: () => watch.cancel(),
      async *[Symbol.asyncIterator]() {
        const each = { watch, lost: false };
        all.add(each);
        try {
          for await (const batch of watch) yield await open(batch);
        } finally {
          all.delete(each);
        }
        // What was read cannot be built upon: everything is to be read anew.
        if (each.lost) throw new StoreError('compacted', { detail: 'other keys are there' });
      },
    };
  }

  /** One after the other: the last value of a key is the one that counts. */
  async #openedBatch(batch: WatchBatch): Promise<WatchBatch> {
    const events: Event[] = [];
    for (const event of batch.events) {
      const prevKv = event.prevKv && (await this.#opened(event.prevKv));
      const before = prevKv === undefined ? {} : { prevKv };
      if (event.type === 'delete') {
        this.#forget(event.kv.key);
        events.push({ ...event, ...before });
        continue;
      }
      const opened = this.#opened(event.kv);
      const kv = opened instanceof Promise ? await opened : opened;
      events.push({ ...event, kv, ...before });
    }
    return { ...batch, events };
  }

  #forget(key: string): void {
    this.#marks.delete(key);
    this.#unopened.delete(key);
  }
}
