/**
 * The contract of store/kv.ts in the plainest way: the whole history in an array. A model to
 * test against, not a store. Time and faults are the test's: {@link MemoryKv.breakWatches} loses
 * connections, {@link MemoryKv.hold} delays events, {@link MemoryKv.expire} ends a lease.
 */
import { BoundedStream } from '../../platform/stream.ts';
import {
  type Compare,
  END_OF_KEYSPACE,
  type Event,
  type KeyValue,
  type Kv,
  type KvStatus,
  type RangeRequest,
  type RangeResponse,
  type RequestOp,
  type ResponseOp,
  StoreError,
  type TxnRequest,
  type TxnResponse,
  type Watch,
  type WatchBatch,
  type WatchRequest,
} from '../../store/kv.ts';

interface Span {
  readonly key: string;
  readonly rangeEnd?: string;
}

function covers({ key, rangeEnd }: Span, candidate: string): boolean {
  if (rangeEnd === undefined) return candidate === key;
  return candidate >= key && (rangeEnd === END_OF_KEYSPACE || candidate < rangeEnd);
}

interface Watcher {
  readonly request: WatchRequest;
  readonly stream: BoundedStream<WatchBatch>;
  /** Next revision to deliver. */
  next: number;
}

export class MemoryKv implements Kv {
  #revision = 1;
  #compacted = 0;
  /** Events of each revision from 2 on. */
  readonly #history: { readonly revision: number; readonly events: readonly Event[] }[] = [];
  #current = new Map<string, KeyValue>();
  readonly #watchers = new Set<Watcher>();
  readonly #leases = new Set<string>();
  #nextLease = 1;
  #held = false;
  /** Calls by method, for tests of how often the store is asked. */
  readonly calls = { range: 0, txn: 0, watch: 0, leaseGrant: 0 };
  /** Set to make every call fail. */
  failure: StoreError | undefined;

  get revision(): number {
    return this.#revision;
  }

  async range(request: RangeRequest): Promise<RangeResponse> {
    this.calls.range++;
    this.#fail();
    return this.#range(request);
  }

  #range(request: RangeRequest): RangeResponse {
    const at = request.revision || this.#revision;
    if (at > this.#revision) throw new StoreError('futureRevision');
    if (at < this.#compacted)
      throw new StoreError('compacted', { compactRevision: this.#compacted });
    const state = this.#stateAt(at);
    const single = request.rangeEnd === undefined ? state.get(request.key) : undefined;
    const all =
      request.rangeEnd === undefined
        ? [...(single === undefined ? [] : [single])]
        : [...state.values()]
            .filter((kv) => covers(request, kv.key))
            .sort((a, b) => (a.key < b.key ? -1 : 1));
    const limit = request.limit || Infinity;
    const kvs = request.countOnly ? [] : all.slice(0, limit);
    return { revision: this.#revision, kvs, more: all.length > limit, count: all.length };
  }

  #stateAt(revision: number): Map<string, KeyValue> {
    if (revision === this.#revision) return this.#current;
    const state = new Map<string, KeyValue>();
    for (const { revision: at, events } of this.#history) {
      if (at > revision) break;
      for (const { type, kv } of events) {
        if (type === 'put') state.set(kv.key, kv);
        else state.delete(kv.key);
      }
    }
    return state;
  }

  async txn(request: TxnRequest): Promise<TxnResponse> {
    this.calls.txn++;
    this.#fail();
    const succeeded = request.compare.every((compare) => this.#compare(compare));
    const events: Event[] = [];
    const ops = succeeded ? request.success : request.failure;
    const before = this.#revision;
    const responses = ops.map((op) => this.#op(op, before + 1, events));
    if (events.length > 0) {
      this.#revision++;
      this.#history.push({ revision: this.#revision, events });
      this.#deliver();
    }
    return { revision: this.#revision, succeeded, responses };
  }

  #compare(compare: Compare): boolean {
    const kv = this.#current.get(compare.key);
    if (compare.target === 'value' || compare.target === 'lease')
      throw new Error(`the model does not compare by ${compare.target}`);
    const actual =
      { version: kv?.version, create: kv?.createRevision, mod: kv?.modRevision }[compare.target] ??
      0;
    switch (compare.result) {
      case 'equal':
        return actual === compare.operand;
      case 'notEqual':
        return actual !== compare.operand;
      case 'greater':
        return actual > compare.operand;
      case 'less':
        return actual < compare.operand;
    }
  }

  #op(op: RequestOp, revision: number, events: Event[]): ResponseOp {
    switch (op.type) {
      case 'range':
        return { type: 'range', response: this.#range(op.request) };
      case 'put': {
        const { key, value, lease = '0' } = op.request;
        if (lease !== '0' && !this.#leases.has(lease)) throw new StoreError('leaseNotFound');
        const old = this.#current.get(key);
        const kv: KeyValue = {
          key,
          value,
          lease,
          modRevision: revision,
          createRevision: old?.createRevision ?? revision,
          version: (old?.version ?? 0) + 1,
        };
        this.#current.set(key, kv);
        events.push({ type: 'put', kv });
        return { type: 'put', response: { revision } };
      }
      case 'deleteRange': {
        const keys = [...this.#current.keys()].filter((key) => covers(op.request, key)).sort();
        for (const key of keys) events.push(this.#delete(key, revision));
        const response = { revision, deleted: keys.length, prevKvs: [] };
        return { type: 'deleteRange', response };
      }
      default:
        throw new StoreError('keyNotFound');
    }
  }

  #delete(key: string, revision: number): Event {
    this.#current.delete(key);
    const kv = { key, value: new Uint8Array(), modRevision: revision };
    return { type: 'delete', kv: { ...kv, createRevision: 0, version: 0, lease: '0' } };
  }

  watch(request: WatchRequest): Watch {
    this.calls.watch++;
    const stream = new BoundedStream<WatchBatch>(100_000, () => this.#watchers.delete(watcher));
    const watcher: Watcher = { request, stream, next: request.startRevision || this.#revision + 1 };
    const created = this.failure === undefined;
    if (!created) stream.fail(this.failure!);
    else if (watcher.next < this.#compacted)
      stream.fail(new StoreError('compacted', { compactRevision: this.#compacted }));
    else this.#watchers.add(watcher);
    queueMicrotask(() => this.#deliver());
    return {
      created: created ? Promise.resolve(this.#revision) : Promise.reject(this.failure!),
      requestProgress: () => {
        queueMicrotask(() => {
          if (this.#held) return;
          this.#deliver();
          stream.push({ revision: this.#revision, events: [] });
        });
      },
      cancel: () => stream.end(),
      [Symbol.asyncIterator]: () => stream,
    };
  }

  #deliver(): void {
    if (this.#held) return;
    for (const watcher of this.#watchers) {
      // The history holds every revision from 2 on.
      for (const { revision, events } of this.#history.slice(Math.max(watcher.next - 2, 0))) {
        const seen = events.filter(({ kv }) => covers(watcher.request, kv.key));
        if (seen.length > 0) watcher.stream.push({ revision, events: seen });
      }
      watcher.next = this.#revision + 1;
    }
  }

  async compact(revision: number): Promise<void> {
    this.#fail();
    if (revision > this.#revision) throw new StoreError('futureRevision');
    if (revision <= this.#compacted)
      throw new StoreError('compacted', { compactRevision: this.#compacted });
    this.#compacted = revision;
  }

  async leaseGrant(ttlSeconds: number) {
    this.calls.leaseGrant++;
    this.#fail();
    const id = String(this.#nextLease++);
    this.#leases.add(id);
    return { id, ttlSeconds };
  }

  async status(): Promise<KvStatus> {
    return { version: '3.6.0', dbSize: 0 };
  }

  async close(): Promise<void> {
    this.breakWatches();
  }

  /** Deletes what the lease holds, as one revision. */
  expire(lease: string): void {
    this.#leases.delete(lease);
    const keys = [...this.#current.values()].filter((kv) => kv.lease === lease);
    if (keys.length === 0) return;
    this.#revision++;
    const events = keys.map(({ key }) => this.#delete(key, this.#revision));
    this.#history.push({ revision: this.#revision, events });
    this.#deliver();
  }

  /** Loses every watch connection. */
  breakWatches(): void {
    for (const { stream } of [...this.#watchers]) stream.fail(new StoreError('unavailable'));
    this.#watchers.clear();
  }

  /** While held, events wait. */
  hold(held: boolean): void {
    this.#held = held;
    this.#deliver();
  }

  #fail(): void {
    if (this.failure !== undefined) throw this.failure;
  }
}
