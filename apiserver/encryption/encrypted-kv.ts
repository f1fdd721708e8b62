/**
 * A store whose values are encrypted on their way in and decrypted on their way out, by rules per
 * resource. Everything above sees plain values; the store, its log and its snapshots see none.
 */
import type {
  Event,
  KeyValue,
  Kv,
  RequestOp,
  ResponseOp,
  TxnRequest,
  TxnResponse,
  Watch,
  WatchBatch,
  WatchRequest,
} from '../../store/kv.ts';
import type { Transformer } from './configuration.ts';

/** Which transformers a key's values have; undefined: they are left alone. */
export type TransformersOf = (key: string) => readonly Transformer[] | undefined;

const startsWith = (value: Uint8Array, prefix: string): boolean => {
  if (value.length < prefix.length) return false;
  for (let i = 0; i < prefix.length; i++) if (value[i] !== prefix.charCodeAt(i)) return false;
  return true;
};

const ENCRYPTED = 'k8s:enc:';

export class EncryptedKv {
  readonly #transformersOf: TransformersOf;
  /** Keys read under another transformer than new values get: their next write must happen. */
  readonly #stale = new Set<string>();
  readonly kv: Kv;

  constructor(kv: Kv, transformersOf: TransformersOf) {
    this.#transformersOf = transformersOf;
    this.kv = {
      range: async (request) => {
        const answer = await kv.range(request);
        return { ...answer, kvs: answer.kvs.map((pair) => this.#opened(pair)) };
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
    return this.#stale.has(key);
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
    if (first?.cipher === undefined) return value;
    return Buffer.concat([Buffer.from(first.prefix), first.cipher.seal(value, key)]);
  }

  #openedAnswer(answer: TxnResponse): TxnResponse {
    const open = (op: ResponseOp): ResponseOp => {
      switch (op.type) {
        case 'range': {
          const kvs = op.response.kvs.map((pair) => this.#opened(pair));
          return { ...op, response: { ...op.response, kvs } };
        }
        case 'txn':
          return { ...op, response: this.#openedAnswer(op.response) };
        default:
          return op;
      }
    };
    return { ...answer, responses: answer.responses.map(open) };
  }

  /** What no key of ours opens stays as it is: only who asks for that object learns of it. */
  #opened(pair: KeyValue): KeyValue {
    const transformers = this.#transformersOf(pair.key);
    if (transformers === undefined || pair.value.length === 0) return pair;
    const plain = !startsWith(pair.value, ENCRYPTED);
    const index = transformers.findIndex(({ prefix, cipher }) =>
      cipher === undefined ? plain : startsWith(pair.value, prefix),
    );
    if (index === 0) this.#stale.delete(pair.key);
    else this.#stale.add(pair.key);
    const { prefix, cipher } = transformers[index] ?? {};
    if (prefix === undefined || cipher === undefined) return pair;
    try {
      return { ...pair, value: cipher.open(pair.value.subarray(prefix.length), pair.key) };
    } catch {
      return pair;
    }
  }

  #watch(kv: Kv, request: WatchRequest): Watch {
    const watch = kv.watch(request);
    const open = (batch: WatchBatch): WatchBatch => this.#openedBatch(batch);
    return {
      created: watch.created,
      requestProgress: () => watch.requestProgress(),
      cancel: () => watch.cancel(),
      async *[Symbol.asyncIterator]() {
        for await (const batch of watch) yield open(batch);
      },
    };
  }

  #openedBatch(batch: WatchBatch): WatchBatch {
    const open = (event: Event): Event => {
      if (event.type === 'delete') this.#stale.delete(event.kv.key);
      const prevKv = event.prevKv && this.#opened(event.prevKv);
      const kv = event.type === 'delete' ? event.kv : this.#opened(event.kv);
      return { ...event, kv, ...(prevKv === undefined ? {} : { prevKv }) };
    };
    return { ...batch, events: batch.events.map(open) };
  }
}
