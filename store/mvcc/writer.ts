import type {
  DeleteRangeRequest,
  DeleteRangeResponse,
  KeyValue,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
  ResponseOp,
  TxnResponse,
} from '../kv.ts';
import { ChangeEvent } from './event.ts';
import type { KeyIndex } from './key-index.ts';
import type { Lessor } from './lessor.ts';
import { select } from './range.ts';
import type { Selection } from './range.ts';
import { revisionOf } from './txn-plan.ts';
import type { PlannedOp, TxnPlan } from './txn-plan.ts';
import type { ValueCache } from './value-cache.ts';
import { NO_LEASE, Version, tombstoneOf } from './version.ts';
import type { WatchHub } from './watch-hub.ts';

/** What the engine must be told. */
export type Change =
  | { readonly type: 'record'; readonly sub: number; readonly kv: KeyValue }
  | {
      readonly type: 'leaseGranted';
      readonly id: string;
      readonly ttlSeconds: number;
      readonly remainingSeconds?: number;
    }
  | { readonly type: 'leaseRemoved'; readonly id: string }
  | { readonly type: 'compacted'; readonly revision: number }
  | Fact;

/** A small piece of replicated state under a name, besides keys and leases; absent: removed. */
export interface Fact {
  readonly type: 'fact';
  readonly name: string;
  readonly value?: Uint8Array;
}

/** Operations applied since start. */
export interface Counters {
  puts: number;
  /** Of keys and values put. */
  putBytes: number;
  deletes: number;
  ranges: number;
  txns: number;
}

/** The part of the store that a write touches. */
export interface WriterState {
  readonly index: KeyIndex;
  readonly lessor: Lessor;
  readonly cache: ValueCache;
  readonly watches: WatchHub;
  readonly counters: Counters;
  current: number;
  resident(version: Version): KeyValue;
  /** The value of a pair that stays. */
  keep(value: Uint8Array): Uint8Array;
  respond(request: RangeRequest, selection: Selection): RangeResponse;
  changed(change: Change): void;
}

/**
 * The writes of one command: they share one main revision, which exists only if something
 * changed. Everything that can fail was checked before.
 */
export class Writer {
  readonly #store: WriterState;
  readonly #main: number;
  readonly #events: ChangeEvent[] = [];

  constructor(store: WriterState) {
    this.#store = store;
    this.#main = store.current + 1;
  }

  put(request: PutRequest): PutResponse {
    const store = this.#store;
    const previous = store.index.live(request.key);
    const value =
      request.ignoreValue === true ? store.resident(previous!).value : store.keep(request.value);
    const lease = request.ignoreLease === true ? previous!.lease : (request.lease ?? NO_LEASE);
    const prevKv =
      request.prevKv === true && previous !== undefined ? store.resident(previous) : undefined;
    this.#write(
      {
        // Texts of one key need not be kept twice.
        key: previous?.key ?? request.key,
        value,
        createRevision: previous?.createRevision ?? this.#main,
        modRevision: this.#main,
        version: (previous?.version ?? 0) + 1,
        lease,
      },
      previous,
    );
    store.counters.puts++;
    store.counters.putBytes += request.key.length + value.length;
    return prevKv === undefined ? { revision: this.#main } : { revision: this.#main, prevKv };
  }

  deleteRange(request: DeleteRangeRequest): DeleteRangeResponse {
    const store = this.#store;
    const doomed: Version[] = [];
    store.index.visit(request, undefined, (version) => doomed.push(version));
    const prevKvs = request.prevKv === true ? doomed.map((each) => store.resident(each)) : [];
    for (const version of doomed) this.#write(tombstoneOf(version.key, this.#main), version);
    store.counters.deletes += doomed.length;
    return { revision: this.#revision, deleted: doomed.length, prevKvs };
  }

  txn(plan: TxnPlan): TxnResponse {
    const responses = plan.operations.map((operation) => this.#operation(operation));
    return { revision: this.#revision, succeeded: plan.succeeded, responses };
  }

  #operation(operation: PlannedOp): ResponseOp {
    switch (operation.type) {
      case 'range': {
        const { request } = operation;
        const selection = select(this.#store.index, request, revisionOf(request));
        const response = this.#store.respond(request, selection);
        return { type: 'range', response: { ...response, revision: this.#revision } };
      }
      case 'put':
        return { type: 'put', response: this.put(operation.request) };
      case 'deleteRange':
        return { type: 'deleteRange', response: this.deleteRange(operation.request) };
      case 'txn':
        return { type: 'txn', response: this.txn(operation.plan) };
    }
  }

  /** Makes the revision visible, if there is one. */
  commit(): void {
    if (this.#events.length === 0) return;
    this.#store.current = this.#main;
    // The history keeps them: an array that grew by a push has room for sixteen more.
    const [first] = this.#events;
    this.#store.watches.notify(this.#main, this.#events.length === 1 ? [first!] : this.#events);
  }

  /** As inner responses tell it: the command's own once it has changed something. */
  get #revision(): number {
    return this.#events.length === 0 ? this.#store.current : this.#main;
  }

  #write(kv: KeyValue, previous: Version | undefined): void {
    const store = this.#store;
    const sub = this.#events.length;
    const version = new Version(kv, sub);
    store.index.append(version);
    if (!version.tombstone) store.cache.add(version, kv);
    store.lessor.moved(previous, version);
    store.changed({ type: 'record', sub, kv });
    // A watcher's previous pair is the one at the revision before.
    const before =
      previous?.main === this.#main ? store.index.at(kv.key, this.#main - 1) : previous;
    this.#events.push(new ChangeEvent(kv, before));
  }
}
