/** One watch of a remote store, fed by the stream it shares with others. */
import { BoundedStream, StreamOverflowError } from '../../platform/stream.ts';
import type { ReceivedWatchResponse } from '../grpc/messages/watch.ts';
import { storeErrorOf } from '../grpc/status.ts';
import {
  END_OF_KEYSPACE,
  StoreError,
  type Event,
  type Watch,
  type WatchBatch,
  type WatchRequest,
} from '../kv.ts';

/** Responses that may wait for the consumer. One that is slower has to watch anew. */
const MAX_WAITING = 10_000;
const UNKNOWN_STATUS = 2;

/** What a watch asks of the stream it is on. */
export interface WatchHost {
  askForProgress(watch: RemoteWatch): void;
  cancel(watch: RemoteWatch): void;
}

function inRange(request: WatchRequest, key: string): boolean {
  const { rangeEnd } = request;
  if (rangeEnd === undefined) return key === request.key;
  return key >= request.key && (rangeEnd === END_OF_KEYSPACE || key < rangeEnd);
}

const wanted = (request: WatchRequest, event: Event): boolean =>
  (event.type === 'put' ? request.noPut !== true : request.noDelete !== true) &&
  inRange(request, event.kv.key);

export class RemoteWatch implements Watch {
  readonly request: WatchRequest;
  readonly created: Promise<number>;
  readonly #host: WatchHost;
  readonly #batches: BoundedStream<WatchBatch>;
  #settle!: { resolve: (revision: number) => void; reject: (error: StoreError) => void };
  #isCreated = false;
  #ended = false;
  /** Set if the server watches all keys for us: see watch-stream.ts. */
  #filters = false;
  /** Everything up to here has been received; undefined until known. */
  #seen: number | undefined;
  /** The revision of which progress is owed, when the server cannot say it itself. */
  #target: number | undefined;
  /** A progress batch is owed. */
  owed = false;

  constructor(request: WatchRequest, host: WatchHost) {
    this.request = request;
    this.#host = host;
    this.#batches = new BoundedStream(MAX_WAITING, () => this.cancel());
    this.created = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    // Whoever iterates learns of the failure there.
    this.created.catch(() => {});
  }

  get isCreated(): boolean {
    return this.#isCreated;
  }

  requestProgress(): void {
    if (this.#ended) return;
    this.owed = true;
    this.#host.askForProgress(this);
  }

  cancel(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#settle.reject(new StoreError('unavailable', { detail: 'the watch was cancelled' }));
    this.#batches.end();
    this.#host.cancel(this);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<WatchBatch> {
    try {
      yield* this.#batches;
    } catch (error) {
      if (!(error instanceof StreamOverflowError)) throw error;
      throw new StoreError('unavailable', { detail: error.message, cause: error });
    }
  }

  /** The server is asked for all keys; what this watch did not ask for is dropped here. */
  filterLocally(): void {
    this.#filters = true;
  }

  receive(response: ReceivedWatchResponse): void {
    if (this.#ended) return;
    if (response.created && !response.canceled) this.#created(response.revision);
    if (response.canceled) this.fail(cancellation(response));
    else if (response.events.length > 0) this.#events(response.events);
    else if (!response.created) this.progress(response.revision);
  }

  /** Everything up to `revision` has been delivered. */
  progress(revision: number): void {
    // etcd before 3.6 may say so of a watch whose first revision is still to come.
    if (this.#filters || revision < (this.request.startRevision ?? 0)) return;
    this.owed = false;
    this.#push({ revision, events: [] });
  }

  /** Progress up to `revision` is due once that much has been received. */
  progressOnceAt(revision: number): void {
    this.#target = Math.max(this.#target ?? 0, revision);
    this.#checkTarget();
  }

  fail(error: StoreError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#settle.reject(error);
    this.#batches.fail(error);
  }

  #created(revision: number): void {
    this.#isCreated = true;
    const { startRevision = 0 } = this.request;
    this.#seen = startRevision > 0 ? startRevision - 1 : revision;
    this.#settle.resolve(revision);
    this.#checkTarget();
  }

  #events(events: readonly Event[]): void {
    const revision = events[events.length - 1]!.kv.modRevision;
    const own = this.#filters ? events.filter((event) => wanted(this.request, event)) : events;
    this.#seen = revision;
    if (own.length > 0) this.#push({ revision, events: own });
    this.#checkTarget();
  }

  #checkTarget(): void {
    if (this.#target === undefined || this.#seen === undefined || this.#seen < this.#target) return;
    const revision = this.#target;
    this.#target = undefined;
    this.owed = false;
    this.#push({ revision, events: [] });
  }

  #push(batch: WatchBatch): void {
    // A full stream ends itself and, through onClose, this watch.
    this.#batches.push(batch);
  }
}

function cancellation(response: ReceivedWatchResponse): StoreError {
  const { compactRevision, cancelReason } = response;
  if (compactRevision > 0) return new StoreError('compacted', { compactRevision });
  const details = cancelReason === '' ? 'the server cancelled the watch' : cancelReason;
  return storeErrorOf({ code: UNKNOWN_STATUS, details });
}
