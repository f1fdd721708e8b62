import type { WatchRequest } from '../kv.ts';
import type { ChangeEvent } from './event.ts';
import { contains } from './interval.ts';
import type { Interval } from './interval.ts';

export interface PendingBatch {
  readonly revision: number;
  readonly events: readonly ChangeEvent[];
}

/**
 * One watch. *Synced*: everything up to the store's revision was offered to it, and the commit
 * path hands it each new revision. *Unsynced*: it is behind; it reads history when its consumer
 * asks for more, and costs the commit path nothing. A synced watcher whose consumer lets more
 * than its bound pile up becomes unsynced: slow is a state, never a wait.
 */
export class Watcher {
  readonly interval: Interval;
  readonly startRevision: number;
  readonly prevKv: boolean;
  readonly #noPut: boolean;
  readonly #noDelete: boolean;
  readonly #onReady: () => void;
  /** Valid while unsynced: the first revision not yet offered. */
  next: number;
  synced: boolean;
  #queue: PendingBatch[] = [];
  #queuedBytes = 0;
  readonly #maxBytes: number;

  constructor(
    request: WatchRequest,
    options: {
      readonly currentRevision: number;
      /** What may wait for the consumer before the watcher falls back to reading history. */
      readonly maxBytes: number;
      /** Called on the commit path: it must only note that there is work. */
      readonly onReady: () => void;
    },
  ) {
    const { currentRevision } = options;
    const key = request.key === '' ? '\0' : request.key;
    this.interval =
      request.rangeEnd === undefined || request.rangeEnd === ''
        ? { key }
        : { key, rangeEnd: request.rangeEnd };
    this.startRevision = request.startRevision || currentRevision + 1;
    this.prevKv = request.prevKv === true;
    this.#noPut = request.noPut === true;
    this.#noDelete = request.noDelete === true;
    this.#onReady = options.onReady;
    this.#maxBytes = options.maxBytes;
    this.next = this.startRevision;
    this.synced = this.startRevision > currentRevision;
  }

  get idle(): boolean {
    return this.#queue.length === 0;
  }

  /** Events that wait for the consumer. */
  get waiting(): number {
    return this.#queue.reduce((sum, { events }) => sum + events.length, 0);
  }

  get full(): boolean {
    return this.#queuedBytes >= this.#maxBytes;
  }

  wants(event: ChangeEvent): boolean {
    if (event.isDelete ? this.#noDelete : this.#noPut) return false;
    return contains(this.interval, event.kv.key);
  }

  /** From the commit path: the watcher's events of one new revision. */
  offer(revision: number, events: readonly ChangeEvent[]): void {
    if (!this.synced || revision < this.startRevision) return;
    if (this.full) {
      this.synced = false;
      this.next = revision;
      return;
    }
    this.enqueue(revision, events);
    this.#onReady();
  }

  enqueue(revision: number, events: readonly ChangeEvent[]): void {
    this.#queue.push({ revision, events });
    for (const event of events) this.#queuedBytes += event.bytes;
  }

  /** Everything that waits, oldest first. */
  take(): PendingBatch[] {
    const taken = this.#queue;
    this.#queue = [];
    this.#queuedBytes = 0;
    return taken;
  }

  wake(): void {
    this.#onReady();
  }
}
