/**
 * Everything a member writes to its engine, in one stream of batches with one in flight.
 *
 * A batch carries what gathered while the one before was on its way: hard state and entries of
 * a Ready, and the effects of commands applied since. Only entries and votes need a sync; the
 * effects ride along, or follow unsynced when nothing else comes. They carry the applied index,
 * so that after a crash the log's tail is applied again and nothing twice.
 */
import { assert } from '../../platform/assert.ts';
import type { Engine, WriteOperation } from '../engine/engine.ts';
import { encodeRecord } from '../mvcc/record.ts';
import type { Change } from '../mvcc/writer.ts';
import type { Entry, HardState } from '../raft/entry.ts';
import { emptyHardState } from '../raft/entry.ts';
import { LogWindow } from '../raft/log-storage.ts';
import { ClusterState } from './cluster-state.ts';
import { LogBlocks } from './log-blocks.ts';
import {
  decodeHardState,
  decodePoint,
  encodeHardState,
  encodeNumber,
  encodePoint,
} from './log-codec.ts';
import type { Timekeeper } from './timing.ts';
import { factKey, hardStateKey, leaseKey, metaKeys, recordKey } from './keyspace.ts';

export interface Effects {
  readonly changes: readonly Change[];
  /** Who belongs to the cluster, if that has changed. */
  readonly cluster: string | undefined;
  /** The index and revision they reach up to. */
  readonly appliedIndex: number;
  readonly revision: number;
}

export interface Batch {
  readonly hardState: HardState | undefined;
  readonly entries: readonly Entry[];
  readonly mustSync: boolean;
  readonly mayBlock: boolean;
  readonly effects: Effects | undefined;
}

export interface LoadedLog {
  readonly window: LogWindow;
  readonly hardState: HardState;
  readonly applied: number;
  readonly compactRevision: number | undefined;
  /** Empty for a member that joins and has not been told yet. */
  readonly cluster: ClusterState;
}

export class Persistence {
  readonly #engine: Engine;
  readonly #blocks: LogBlocks;
  readonly #timekeeper: Timekeeper;
  #busy = false;
  #window: LogWindow | undefined;

  constructor(engine: Engine, timekeeper: Timekeeper) {
    this.#engine = engine;
    this.#blocks = new LogBlocks(engine);
    this.#timekeeper = timekeeper;
  }

  async loadLog(): Promise<LoadedLog> {
    const [start, hardState, applied, compactRevision, cluster] = await this.#engine.getMany([
      metaKeys.logStart,
      hardStateKey,
      metaKeys.applied,
      metaKeys.compactRevision,
      metaKeys.cluster,
    ]);
    const window = new LogWindow(start === undefined ? { index: 0, term: 0 } : decodePoint(start));
    await this.#blocks.load(window);
    this.#window = window;
    return {
      window,
      hardState: hardState === undefined ? emptyHardState : decodeHardState(hardState),
      applied: applied?.readDoubleBE(0) ?? 0,
      compactRevision: compactRevision?.readDoubleBE(0),
      cluster: cluster === undefined ? new ClusterState() : ClusterState.decode(cluster.toString()),
    };
  }

  /** Resolves when the batch is written, and durable if it had to be. */
  async write(batch: Batch): Promise<void> {
    assert(!this.#busy, 'one batch is in flight at a time');
    this.#busy = true;
    const operations: WriteOperation[] = [];
    const encoding = this.#timekeeper.now();
    this.#blocks.append(operations, batch.entries);
    if (batch.hardState !== undefined)
      operations.push({
        type: 'put',
        key: hardStateKey,
        value: encodeHardState(batch.hardState),
      });
    if (batch.effects !== undefined) addEffects(operations, batch.effects);
    if (batch.entries.length > 0) this.#timekeeper.took('walWrite', encoding);
    const began = this.#timekeeper.now();
    await this.#engine.batch(operations, { sync: batch.mustSync, mayBlock: batch.mayBlock });
    this.#timekeeper.took(batch.mustSync ? 'walFsync' : 'backendCommit', began);
    this.#window!.append(batch.entries);
    this.#busy = false;
  }

  /**
   * Drops entries up to `index`, whose effects are in the engine. If the drop survives a crash,
   * so do the effects, because they were written before it.
   */
  async dropLog(index: number): Promise<void> {
    const window = this.#window!;
    const start = encodePoint({ index, term: window.term(index)! });
    window.compact(index);
    await this.#engine.batch([{ type: 'put', key: metaKeys.logStart, value: start }], {
      sync: false,
    });
    await this.#blocks.drop(index);
  }
}

function addEffects(operations: WriteOperation[], effects: Effects): void {
  for (const change of effects.changes) {
    switch (change.type) {
      case 'record':
        operations.push({
          type: 'put',
          key: recordKey(change.kv.modRevision, change.sub),
          value: encodeRecord(change.kv),
        });
        break;
      case 'leaseGranted':
        operations.push({
          type: 'put',
          key: leaseKey(change.id),
          value: Buffer.concat([
            encodeNumber(change.ttlSeconds),
            ...(change.remainingSeconds === undefined
              ? []
              : [encodeNumber(change.remainingSeconds)]),
          ]),
        });
        break;
      case 'fact':
        operations.push(
          change.value === undefined
            ? { type: 'del', key: factKey(change.name) }
            : { type: 'put', key: factKey(change.name), value: Buffer.from(change.value) },
        );
        break;
      case 'leaseRemoved':
        operations.push({ type: 'del', key: leaseKey(change.id) });
        break;
      case 'compacted':
        operations.push({
          type: 'put',
          key: metaKeys.compactRevision,
          value: encodeNumber(change.revision),
        });
        break;
    }
  }
  if (effects.cluster !== undefined)
    operations.push({ type: 'put', key: metaKeys.cluster, value: Buffer.from(effects.cluster) });
  operations.push({
    type: 'put',
    key: metaKeys.applied,
    value: encodeNumber(effects.appliedIndex),
  });
}
