import { deepEqual } from '../../api/deep.ts';
import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import { isStatus } from '../../api/status.ts';
import { type Clock, sleep } from '../../platform/clock.ts';
import { type Kv, type RequestOp, StoreError, type TxnResponse } from '../../store/kv.ts';
import { PendingWrite } from './pending-write.ts';
import type { ResourceCache } from './resource-cache.ts';
import type { ResourceCodec } from './resource-codec.ts';
import { translateStoreError } from './store-errors.ts';
import { StoredObject } from './stored-object.ts';
import type { TtlLeases } from './ttl-leases.ts';
import type { WatchCache } from './watch-cache.ts';

/** What is to become of an object, given its current state. */
export type Decision =
  /** `owned`: who owns what of it is no less than the rest (see {@link ResourceWriter}). */
  | {
      readonly type: 'put';
      readonly object: Mutable<KubernetesObject>;
      readonly owned?: boolean | undefined;
    }
  /** `last`: what the write that finishes it makes of it, which is never stored. */
  | { readonly type: 'delete'; readonly last?: Mutable<KubernetesObject> }
  | { readonly type: 'keep' };

/** Depends on nothing but `current` (undefined: there is none): asked again after a conflict. */
export type Decide = (current: StoredObject | undefined) => Decision | Promise<Decision>;

export interface Outcome {
  readonly type: 'created' | 'updated' | 'deleted' | 'kept';
  /** After the write; the last state, as of the deletion, if it was deleted. */
  readonly object: StoredObject | undefined;
}

export type Created =
  | { readonly created: StoredObject }
  /** What holds the key; undefined only if the store did not say. */
  | { readonly existing: StoredObject | undefined };

/** The two ways to write; `suffix` names the object (see keys.ts). */
export interface Writer {
  /** Takes over `object`. If the key is taken: what is there instead. */
  create(suffix: string, object: Mutable<KubernetesObject>): Promise<Created>;
  /**
   * Reads, decides, writes if nobody else did in between; else again. A refusal or a decision to
   * write nothing counts only on the store's own word.
   */
  transact(suffix: string, decide: Decide): Promise<Outcome>;
}

/**
 * Conflicts before a write gives up: more than writers of one object can be at once. Each means
 * that another write succeeded; kube-apiserver goes on until the client does not wait any more.
 */
const MAX_ATTEMPTS = 2_000;

/** Signals that so many conflicts in a row made the write give up. */
export class ContentionError extends Error {
  override readonly name = 'ContentionError';
}

/** Of a writer who stands in line, or does not yet. */
interface Turn {
  end?: () => void;
}

/**
 * Longer nobody waits for those before: they may be waiting for us, as for a webhook that writes
 * the object that it is asked about.
 */
const TURN_MS = 1_000;

/**
 * The writes of one resource: compare-and-swap on the key's modRevision. An object that is too
 * large for the store is written without its managedFields, unless it is written for their sake.
 */
export class ResourceWriter implements Writer {
  readonly #kv: Kv;
  readonly #clock: Clock;
  readonly #whole: WatchCache;
  readonly #cache: ResourceCache;
  /** True of a key whose value is to be written even if it says the same. */
  readonly #isStale: (key: string) => boolean;
  readonly #ttl: { readonly leases: TtlLeases; readonly seconds: number } | undefined;
  /** Of keys that several write at once: when the last of those in line is done. */
  readonly #lines = new Map<string, Promise<void>>();
  #lastRevision = 0;

  constructor(options: {
    readonly kv: Kv;
    readonly clock: Clock;
    readonly whole: WatchCache;
    readonly cache: ResourceCache;
    readonly ttl?: { readonly leases: TtlLeases; readonly seconds: number } | undefined;
    readonly isStale?: ((key: string) => boolean) | undefined;
  }) {
    this.#kv = options.kv;
    this.#clock = options.clock;
    this.#whole = options.whole;
    this.#cache = options.cache;
    this.#ttl = options.ttl;
    this.#isStale = options.isStale ?? (() => false);
  }

  get codec(): ResourceCodec {
    return this.#cache.codec;
  }

  /** Of the newest change that this server made. */
  get lastRevision(): number {
    return this.#lastRevision;
  }

  async create(suffix: string, object: Mutable<KubernetesObject>): Promise<Created> {
    const { answer, written } = await this.#put(suffix, 0, { object });
    return written === undefined ? { existing: this.#rangeAnswer(answer) } : { created: written };
  }

  /**
   * Creates an object that nobody is about to read: it is not kept as a value, which the cache
   * decodes when somebody does. False if there is one already.
   */
  async createUnread(suffix: string, object: KubernetesObject): Promise<boolean> {
    return (await this.#swap(suffix, 0, this.#cache.codec.encode(object))).succeeded;
  }

  /** It starts from what this server knows, which may be behind. */
  async transact(suffix: string, decide: Decide): Promise<Outcome> {
    const turn: Turn = {};
    try {
      return await this.#transact(suffix, decide, turn);
    } finally {
      turn.end?.();
    }
  }

  async #transact(suffix: string, decide: Decide, turn: Turn): Promise<Outcome> {
    let proven = !this.#whole.ready;
    let current = proven ? await this.read(suffix) : this.newest(suffix);
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      let decision: Decision;
      try {
        decision = await decide(current);
      } catch (error) {
        if (proven) throw error;
        decision = { type: 'keep' };
      }
      const writes =
        decision.type !== 'keep' && !this.#changesNothing(decision, { suffix, current });
      if (decision.type === 'keep' || !writes) {
        if (proven) return { type: 'kept', object: current };
        proven = true;
        current = await this.read(suffix);
        continue;
      }
      const written = await this.#attempt(suffix, current, decision);
      if ('outcome' in written) return written.outcome;
      const waited = turn.end === undefined && (await this.#takeTurn(suffix, turn));
      proven = !waited || !this.#whole.ready;
      if (!waited) current = written.actual;
      else current = proven ? await this.read(suffix) : this.newest(suffix);
    }
    throw new ContentionError(`${MAX_ATTEMPTS} conflicts in a row on ${suffix}`);
  }

  /**
   * Writers of a key who met a conflict go one after the other: else each of them would decide
   * anew after every write of another. True if somebody went first.
   */
  async #takeTurn(suffix: string, turn: Turn): Promise<boolean> {
    const before = this.#lines.get(suffix);
    let done!: () => void;
    const own = new Promise<void>((resolve) => (done = resolve));
    this.#lines.set(suffix, own);
    turn.end = () => {
      if (this.#lines.get(suffix) === own) this.#lines.delete(suffix);
      done();
    };
    if (before === undefined) return false;
    const came = new AbortController();
    await Promise.race([before, sleep(this.#clock, TURN_MS, came.signal)]);
    came.abort();
    return true;
  }

  /** What this server knows: the cache's state, or its own write that the cache has yet to see. */
  newest(suffix: string): StoredObject | undefined {
    return this.#whole.ownWrite(this.#cache.prefix + suffix) ?? this.#cache.get(suffix);
  }

  /** The object by a linearizable read of its key. */
  async read(suffix: string): Promise<StoredObject | undefined> {
    try {
      const { kvs } = await this.#kv.range({ key: this.#cache.prefix + suffix });
      return kvs[0] && this.#shared(suffix, kvs[0]);
    } catch (error) {
      throw translateStoreError(error);
    }
  }

  async #attempt(
    suffix: string,
    current: StoredObject | undefined,
    decision: Exclude<Decision, { type: 'keep' }>,
  ): Promise<{ readonly outcome: Outcome } | { readonly actual: StoredObject | undefined }> {
    const expected = current?.revision ?? 0;
    if (decision.type === 'delete') {
      const answer = await this.#swap(suffix, expected, undefined);
      if (!answer.succeeded) return { actual: this.#rangeAnswer(answer) };
      return { outcome: { type: 'deleted', object: current?.at(answer.revision) } };
    }
    const { answer, written } = await this.#put(suffix, expected, decision);
    if (written === undefined) return { actual: this.#rangeAnswer(answer) };
    return { outcome: { type: current === undefined ? 'created' : 'updated', object: written } };
  }

  /** Puts `object`, which is taken over, if the key is still at `expected`. */
  async #put(
    suffix: string,
    expected: number,
    {
      object,
      owned,
    }: { readonly object: Mutable<KubernetesObject>; readonly owned?: boolean | undefined },
  ): Promise<{ readonly answer: TxnResponse; readonly written: StoredObject | undefined }> {
    const key = this.#cache.prefix + suffix;
    const write = new PendingWrite(this.#cache.codec, object);
    this.#whole.writing(key, write);
    try {
      const answer = await this.#swap(suffix, expected, write.stored);
      if (!answer.succeeded) return { answer, written: undefined };
      const written = write.written(answer.revision);
      this.#whole.wrote(key, written);
      return { answer, written };
    } catch (error) {
      const { managedFields = [] } = object.metadata;
      if (owned || managedFields.length === 0 || !isTooLarge(error)) throw error;
      delete object.metadata.managedFields;
      return await this.#put(suffix, expected, { object });
    } finally {
      this.#whole.answered(key, write);
    }
  }

  /** One transaction: if the key is still at `expected`, put (or delete); else read it. */
  async #swap(suffix: string, expected: number, stored: Uint8Array | undefined) {
    const key = this.#cache.prefix + suffix;
    const lease = stored && this.#ttl && (await this.#ttl.leases.leaseFor(this.#ttl.seconds));
    const put = lease === undefined ? {} : { lease };
    const change: RequestOp =
      stored === undefined
        ? { type: 'deleteRange', request: { key } }
        : { type: 'put', request: { key, value: stored, ...put } };
    try {
      const answer = await this.#kv.txn({
        compare: [{ key, target: 'mod', result: 'equal', operand: expected }],
        success: [change],
        failure: [{ type: 'range', request: { key } }],
      });
      if (answer.succeeded) this.#lastRevision = Math.max(this.#lastRevision, answer.revision);
      return answer;
    } catch (error) {
      if (error instanceof StoreError && error.reason === 'leaseNotFound')
        this.#ttl?.leases.forget(this.#ttl.seconds);
      throw translateStoreError(error);
    }
  }

  #rangeAnswer(answer: TxnResponse): StoredObject | undefined {
    const first = answer.responses[0];
    if (first?.type !== 'range') return undefined;
    const kv = first.response.kvs[0];
    return kv && this.#shared(kv.key.slice(this.#cache.prefix.length), kv);
  }

  #shared(suffix: string, kv: { value: Uint8Array; modRevision: number }): StoredObject {
    const cached = this.#cache.get(suffix);
    if (cached?.revision === kv.modRevision) return cached;
    return StoredObject.fromStore(this.#cache.codec, kv);
  }

  /** The resourceVersion is not part of what is stored. */
  #changesNothing(
    decision: Exclude<Decision, { type: 'keep' }>,
    at: { readonly suffix: string; readonly current: StoredObject | undefined },
  ): boolean {
    const { suffix, current } = at;
    if (decision.type === 'delete') return current === undefined;
    if (current === undefined || this.#isStale(this.#cache.prefix + suffix)) return false;
    const { object } = decision;
    const { codec } = this.#cache;
    if (codec.isUnsettled(object)) return current.holds(codec.encode(object));
    if (!current.current) return false;
    object.metadata.resourceVersion = String(current.revision);
    return deepEqual(object, current.value);
  }
}

const isTooLarge = (error: unknown): boolean => isStatus(error, 'RequestEntityTooLarge');
