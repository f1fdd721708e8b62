/**
 * Ordered bytes on disk: what the store keeps its log and its revisions in.
 *
 * In: one interface and its error table; `rocksdb.ts`, `leveldb.ts` and `memory.ts` (tests,
 * with crash semantics) implement it. Out: what the bytes mean (`store/persistence`) and who may
 * write when (the single writer of `store/replica`).
 *
 * Contract of every engine:
 * - A batch is atomic: after a crash all of it is there or nothing.
 * - A batch with `sync` is durable when its promise resolves, and so is every batch that
 *   resolved before it. A batch without `sync` may be lost by a crash, but never one in the
 *   middle: what survives is a prefix of the batches in order of resolution.
 * - With `mayBlock` the calling thread itself may wait for the disk.
 * - `iterate` sees the state as of its call, whatever is written meanwhile.
 * - Calls after `close` began reject with `closed`; `close` waits for those under way.
 * - Keys and values are Buffers that nobody changes after handing them over.
 */
import type { Disk } from '../../platform/files/disk.ts';
import type { Effects } from '../../platform/effects.ts';

export type WriteOperation =
  | { readonly type: 'put'; readonly key: Buffer; readonly value: Buffer }
  | { readonly type: 'del'; readonly key: Buffer };

/** Half-open. Keys sort as unsigned bytes. */
export interface KeyRange {
  readonly gte: Buffer;
  readonly lt: Buffer;
}

export type KeyAndValue = readonly [key: Buffer, value: Buffer];

/** `diskBytes`: what the engine occupies; `liveBytes`: an estimate without garbage. */
export type EngineProperty = 'diskBytes' | 'liveBytes';

export interface WriteOptions {
  readonly sync: boolean;
  readonly mayBlock?: boolean;
}

export interface Engine {
  get(key: Buffer): Promise<Buffer | undefined>;
  /** In the order of `keys`. */
  getMany(keys: readonly Buffer[]): Promise<(Buffer | undefined)[]>;
  batch(operations: readonly WriteOperation[], options: WriteOptions): Promise<void>;
  /** Ascending, in chunks of a bounded size. Leaving the loop early releases the snapshot. */
  iterate(range: KeyRange): AsyncIterable<readonly KeyAndValue[]>;
  /** Deletes every key in the range; unsynced and not atomic. */
  clear(range: KeyRange): Promise<void>;
  /** Gives back the space of what was deleted or replaced. May take long; hinders no call. */
  compact(): Promise<void>;
  property(name: EngineProperty): number;
  /** Idempotent. Waits for calls under way. */
  close(): Promise<void>;
}

export interface EngineOptions extends Effects {
  /** Folder of the engine's files. Made if missing. */
  readonly path: string;
  readonly disk: Disk;
}

export type EngineFactory = (options: EngineOptions) => Promise<Engine>;

/** Entries per chunk of {@link Engine.iterate}. */
export const ITERATE_CHUNK_ENTRIES = 512;
/** A chunk also ends at the entry that takes it past this size. */
export const ITERATE_CHUNK_BYTES = 1 << 20;

export type EngineErrorReason = 'closed' | 'locked' | 'noSpace' | 'corrupt' | 'failed';

/** An expected failure of storage. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly reason: EngineErrorReason;

  constructor(reason: EngineErrorReason, message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }
}
