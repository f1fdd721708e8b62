/**
 * The replicated state machine: etcd's multi-version store. Pure and synchronous: the same
 * commands in the same order give the same state, answers and events on every member.
 *
 * In: revisions, key index, transactions, compaction, leases, watch hub. Out: the log (the
 * caller applies committed commands in order), disk (it drains {@link MvccStore.takeChanges}
 * into the engine and makes pairs resident on demand), time (leases expire by command).
 *
 * A command either applies whole or throws a StoreError and changes nothing. Before
 * {@link MvccStore.apply}, everything {@link MvccStore.missing} names must be made resident.
 */
import { assert } from '../../platform/assert.ts';
import { Blocks } from '../../platform/bytes/blocks.ts';
import { StoreError } from '../kv.ts';
import type { KeyValue, RangeRequest, RangeResponse, TxnRequest, TxnResponse } from '../kv.ts';
import { Alarms } from './alarms.ts';
import type { Alarm, Command, CommandResponse, LeaseCheckpoint, StoreCommand } from './command.ts';
import { KeyIndex } from './key-index.ts';
import { Lessor } from './lessor.ts';
import { respond, select, wantsValues } from './range.ts';
import type { Selection } from './range.ts';
import {
  answeredVersions,
  checkPlan,
  checkPut,
  checkRevision,
  comparedVersions,
  needsPrevious,
  planTxn,
  revisionOf,
} from './txn-plan.ts';
import { ValueCache } from './value-cache.ts';
import { NO_LEASE, Version } from './version.ts';
import { WatchHub } from './watch-hub.ts';
import type { WatchLimits } from './watch-hub.ts';
import { Writer } from './writer.ts';
import type { Change, Counters, WriterState } from './writer.ts';

/** Revision of an empty store: etcd's first write makes 2. */
const FIRST_REVISION = 1;
/** Nothing is compacted yet; even `compact 0` is new. */
export const NEVER_COMPACTED = -1;

export class MvccStore implements WriterState {
  readonly index = new KeyIndex();
  readonly lessor = new Lessor();
  readonly alarms = new Alarms();
  readonly cache: ValueCache;
  readonly counters: Counters = { puts: 0, putBytes: 0, deletes: 0, ranges: 0, txns: 0 };
  /** Replaced once, by {@link finishRestore}. */
  watches: WatchHub;
  readonly #watchLimits: WatchLimits;
  readonly #values = new Blocks();
  /** Revision of the newest applied write. */
  current = FIRST_REVISION;
  /** The oldest revision that can still be read. */
  compacted = NEVER_COMPACTED;
  #changes: Change[] = [];

  constructor(options: { readonly cacheBytes: number; readonly watchLimits: WatchLimits }) {
    this.cache = new ValueCache(options.cacheBytes);
    this.#watchLimits = options.watchLimits;
    this.watches = new WatchHub(this, this.#watchLimits);
  }

  /** Versions that applying the command, or answering the transaction, reads but has not here. */
  missing(command: Command): Version[] {
    const needed: Version[] = [];
    switch (command.type) {
      case 'put':
        if (needsPrevious(command.request)) {
          const previous = this.index.live(command.request.key);
          if (previous !== undefined) needed.push(previous);
        }
        break;
      case 'deleteRange':
        if (command.request.prevKv === true)
          this.index.visit(command.request, undefined, (version) => needed.push(version));
        break;
      case 'txn': {
        comparedVersions(this.index, command.request, needed);
        // Which branch runs is known only once these are here.
        if (needed.some((version) => version.kv === undefined)) break;
        answeredVersions(this.index, planTxn(this.index, command.request), needed);
        break;
      }
      case 'compact':
      case 'leaseGrant':
      case 'leaseRevoke':
      case 'leaseCheckpoint':
      case 'alarm':
      case 'auth':
        return needed;
    }
    return needed.filter((version) => version.kv === undefined);
  }

  apply(command: StoreCommand): CommandResponse {
    if (this.alarms.any) this.alarms.check(command);
    switch (command.type) {
      case 'put': {
        checkPut(this, command.request);
        const writer = new Writer(this);
        const response = writer.put(command.request);
        writer.commit();
        return response;
      }
      case 'deleteRange': {
        const writer = new Writer(this);
        const response = writer.deleteRange(command.request);
        writer.commit();
        return response;
      }
      case 'txn':
        return this.#applyTxn(command.request);
      case 'compact':
        return this.#compact(command.revision);
      case 'leaseGrant':
        return this.#grantLease(command.id, command.ttlSeconds);
      case 'leaseRevoke':
        return this.#revokeLease(command.id);
      case 'leaseCheckpoint':
        return this.#checkpointLeases(command.checkpoints);
      case 'alarm':
        return this.#changeAlarm(command);
    }
  }

  /** Answers a transaction that only reads, from the applied state. */
  readTxn(request: TxnRequest): TxnResponse {
    const response = this.#applyTxn(request);
    assert(response.revision === this.current, 'a reading transaction makes no revision');
    return response;
  }

  #applyTxn(request: TxnRequest): TxnResponse {
    const plan = planTxn(this.index, request);
    checkPlan(this, plan);
    // A put must not push out what a later operation reads.
    const release = this.cache.hold();
    const writer = new Writer(this);
    const response = writer.txn(plan);
    writer.commit();
    release();
    this.counters.txns++;
    return response;
  }

  /** Finds what a range answers with. Throws `futureRevision`, `compacted`. */
  select(request: RangeRequest): Selection {
    this.counters.ranges++;
    const revision = revisionOf(request);
    if (revision !== undefined) checkRevision(revision, this);
    return select(this.index, request, revision);
  }

  /** `kvs` absent: the selection's pairs are resident, or not wanted. */
  respond(request: RangeRequest, selection: Selection, kvs?: KeyValue[]): RangeResponse {
    kvs ??= selection.versions.map((version) =>
      wantsValues(request) ? this.resident(version) : version.withoutValue(),
    );
    return respond(request, selection, { kvs, revision: this.current });
  }

  resident(version: Version): KeyValue {
    assert(version.kv !== undefined, 'what a command reads is resident');
    this.cache.touch(version);
    return version.kv;
  }

  keep(value: Uint8Array): Uint8Array {
    return this.#values.keep(value);
  }

  /** What applied commands changed since the last call, in order. */
  takeChanges(): readonly Change[] {
    const changes = this.#changes;
    this.#changes = [];
    return changes;
  }

  changed(change: Change): void {
    this.#changes.push(change);
  }

  /**
   * Forgets at most `max` versions that a compaction up to `revision` has made unreachable, and
   * returns them: their records may be deleted. None: nothing is left.
   */
  forget(revision: number, max: number): readonly Version[] {
    assert(revision <= this.compacted, 'only what is compacted is forgotten');
    const forgotten = this.index.compact(revision, max);
    for (const version of forgotten) this.cache.remove(version);
    return forgotten;
  }

  /** Records up to `revision` are in the engine. */
  flushed(revision: number): void {
    this.cache.flushed(revision);
    this.watches.flushed(revision);
  }

  #compact(revision: number): { revision: number } {
    if (revision > this.current) throw new StoreError('futureRevision');
    if (revision <= this.compacted)
      throw new StoreError('compacted', { compactRevision: this.compacted });
    this.compacted = revision;
    this.changed({ type: 'compacted', revision });
    this.watches.compacted(revision);
    return { revision: this.current };
  }

  #grantLease(id: string, ttlSeconds: number): { revision: number } {
    if (this.lessor.get(id) !== undefined) throw new StoreError('leaseExists');
    this.lessor.grant(id, ttlSeconds);
    this.changed({ type: 'leaseGranted', id, ttlSeconds });
    return { revision: this.current };
  }

  /** Deletes the lease's keys, in order, in one revision. */
  #revokeLease(id: string): { revision: number } {
    const lease = this.lessor.get(id);
    if (lease === undefined) throw new StoreError('leaseNotFound');
    const writer = new Writer(this);
    for (const key of [...lease.keys].sort()) writer.deleteRange({ key });
    writer.commit();
    this.lessor.remove(id);
    this.changed({ type: 'leaseRemoved', id });
    return { revision: this.current };
  }

  #checkpointLeases(checkpoints: readonly LeaseCheckpoint[]): { revision: number } {
    for (const { id, remainingSeconds } of checkpoints) {
      const lease = this.lessor.checkpoint(id, remainingSeconds);
      if (lease === undefined) continue;
      const { ttlSeconds } = lease;
      this.changed({ type: 'leaseGranted', id, ttlSeconds, remainingSeconds });
    }
    return { revision: this.current };
  }

  #changeAlarm(command: Alarm & { action: 'activate' | 'deactivate' }): {
    revision: number;
    changed: boolean;
  } {
    const fact = this.alarms.change(command);
    if (fact !== undefined) this.changed(fact);
    return { revision: this.current, changed: fact !== undefined };
  }

  /** Loads one stored version; they come in order of revision. */
  restoreRecord(kv: KeyValue, sub: number): void {
    const version = new Version(kv, sub);
    this.index.append(version);
    this.current = kv.modRevision;
    if (kv.version > 0) this.cache.add(version, kv);
    this.cache.flushed(kv.modRevision);
  }

  restoreLease(id: string, ttlSeconds: number, remainingSeconds?: number): void {
    this.lessor.grant(id, ttlSeconds, remainingSeconds);
  }

  /** Ends loading. What {@link forget} did not get to before the stop comes up again. */
  finishRestore(compactRevision: number | undefined): void {
    if (compactRevision !== undefined) {
      this.compacted = compactRevision;
      this.current = Math.max(this.current, compactRevision);
    }
    this.index.visit({ key: '\0', rangeEnd: '\0' }, undefined, (version) => {
      if (version.lease !== NO_LEASE) this.lessor.moved(undefined, version);
    });
    this.watches = new WatchHub(this, this.#watchLimits);
    this.flushed(this.current);
  }
}
