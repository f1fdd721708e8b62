/**
 * All watches of one client on one Watch.Watch stream.
 *
 * A broken stream fails its watches with `unavailable`; the next watch opens another. Progress
 * is asked for until it comes, because a server that is behind answers nothing.
 *
 * etcd before 3.4.31, and 3.5 before 3.5.13, may announce progress before an event it covers
 * (etcd issue 15220). On those the server is asked for *all* keys: every revision has an event
 * somewhere, so having received the event of revision R proves that nothing at or below R is
 * missing. What was not asked for is dropped here.
 */
import { Metadata, type ClientDuplexStream, type ServiceError } from '@grpc/grpc-js';
import type { Clock, Timer } from '../../platform/clock.ts';
import {
  readWatchResponse,
  writeWatchCommand,
  type ReceivedWatchResponse,
  type WatchCommand,
} from '../grpc/messages/watch.ts';
import { storeErrorOf } from '../grpc/status.ts';
import { decode } from '../grpc/wire/reader.ts';
import { encode } from '../grpc/wire/writer.ts';
import { END_OF_KEYSPACE, StoreError, type WatchRequest } from '../kv.ts';
import type { Endpoints } from './endpoints.ts';
import { RemoteWatch, type WatchHost } from './remote-watch.ts';

/** kube-apiserver's interval. */
const PROGRESS_RETRY_MS = 100;

type Call = ClientDuplexStream<Buffer, Buffer>;

const asIs = (bytes: Buffer): Buffer => bytes;

/** Whether progress on request can be trusted. */
export function announcesProgress(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split(/[.+-]/).map(Number);
  if (major !== 3) return major > 3;
  if (minor === 4) return patch >= 31;
  return minor === 5 ? patch >= 13 : minor > 5;
}

export interface WatchStreamOptions {
  readonly endpoints: Endpoints;
  readonly clock: Clock;
  /** Of the server that answers now. */
  readonly version: () => Promise<string>;
  /** The store's current revision, read linearizably. */
  readonly revision: () => Promise<number>;
  /** Called once, when no watch can be added any more. */
  readonly onEnd: () => void;
}

export class ClientWatchStream implements WatchHost {
  readonly #options: WatchStreamOptions;
  readonly #watches = new Map<number, RemoteWatch>();
  readonly #ids = new Map<RemoteWatch, number>();
  /** IDs whose `created` is outstanding: replies come in the order of the requests. */
  readonly #creating: number[] = [];
  readonly #opened: Promise<void>;
  #call: Call | undefined;
  #announces = true;
  #nextId = 1;
  #progressTimer: Timer | undefined;
  #ended = false;

  constructor(options: WatchStreamOptions) {
    this.#options = options;
    this.#opened = this.#open().catch((error: unknown) => {
      const failure = error instanceof StoreError ? error : undefined;
      this.#end(failure ?? new StoreError('unavailable', { cause: error }));
    });
  }

  watch(request: WatchRequest): RemoteWatch {
    const watch = new RemoteWatch(request, this);
    const watchId = this.#nextId++;
    this.#watches.set(watchId, watch);
    this.#ids.set(watch, watchId);
    if (this.#call === undefined) void this.#opened.then(() => this.#create(watch, watchId));
    else this.#create(watch, watchId);
    return watch;
  }

  askForProgress(watch: RemoteWatch): void {
    if (this.#call === undefined) void this.#opened.then(() => this.#sendProgressRequest(watch));
    else this.#sendProgressRequest(watch);
    this.#retryProgress();
  }

  cancel(watch: RemoteWatch): void {
    const watchId = this.#ids.get(watch);
    if (watchId === undefined) return;
    this.#forget(watchId);
    if (this.#ended) return;
    // A stream without watches is not worth its place; the next watch opens one.
    if (this.#watches.size === 0) this.#end(new StoreError('stopped'));
    else if (this.#call !== undefined) this.#send({ type: 'cancel', watchId });
  }

  close(): void {
    this.#end(new StoreError('stopped'));
  }

  async #open(): Promise<void> {
    const { endpoints, version } = this.#options;
    this.#announces = announcesProgress(await version());
    const endpoint = await endpoints.connected();
    if (this.#ended) return;
    const metadata = new Metadata();
    metadata.set('hasleader', 'true');
    const path = '/etcdserverpb.Watch/Watch';
    const call = endpoint.client.makeBidiStreamRequest(path, asIs, asIs, metadata);
    call.on('data', (bytes: Buffer) => {
      try {
        this.#receive(decode(bytes, readWatchResponse));
      } catch (error) {
        this.#end(new StoreError('unavailable', { detail: 'unreadable answer', cause: error }));
      }
    });
    call.on('error', (failure: ServiceError) => {
      endpoints.lost(endpoint, failure.details);
      const meaning = storeErrorOf(failure);
      // Whatever broke the stream, the watch may be resumed.
      this.#end(new StoreError('unavailable', { detail: meaning.message, cause: failure }));
    });
    call.on('end', () => this.#end(new StoreError('unavailable', { detail: 'stream ended' })));
    this.#call = call;
  }

  #create(watch: RemoteWatch, watchId: number): void {
    if (this.#ended || !this.#watches.has(watchId)) return;
    let { request } = watch;
    if (!this.#announces) {
      watch.filterLocally();
      const all = { key: '\0', rangeEnd: END_OF_KEYSPACE, noPut: false, noDelete: false };
      request = { ...request, ...all };
    }
    this.#creating.push(watchId);
    this.#send({ type: 'create', request, watchId, fragment: false });
  }

  #send(command: WatchCommand): void {
    this.#call!.write(encode((writer) => writeWatchCommand(writer, command)));
  }

  #sendProgressRequest(watch: RemoteWatch): void {
    if (this.#ended || !watch.owed) return;
    if (this.#announces) {
      this.#send({ type: 'progress' });
      return;
    }
    this.#options.revision().then(
      (revision) => watch.progressOnceAt(revision),
      // The retry asks again; a broken connection ends the stream.
      () => {},
    );
  }

  #retryProgress(): void {
    this.#progressTimer ??= this.#options.clock.after(PROGRESS_RETRY_MS, () => {
      this.#progressTimer = undefined;
      const owing = [...this.#watches.values()].filter(({ owed }) => owed);
      if (owing.length === 0) return;
      if (this.#call !== undefined) for (const watch of owing) this.#sendProgressRequest(watch);
      this.#retryProgress();
    });
  }

  #receive(response: ReceivedWatchResponse): void {
    if (response.watchId === -1 && !response.created) {
      for (const watch of this.#watches.values()) {
        if (watch.owed && watch.isCreated) watch.progress(response.revision);
      }
      return;
    }
    let { watchId } = response;
    if (response.created) {
      // A refused create has no ID: it answers the oldest one outstanding.
      if (watchId === -1) watchId = this.#creating.shift() ?? -1;
      else this.#creating.splice(this.#creating.indexOf(watchId), 1);
    }
    const watch = this.#watches.get(watchId);
    if (response.canceled) this.#forget(watchId);
    watch?.receive(response);
    if (this.#watches.size === 0) this.#end(new StoreError('stopped'));
  }

  #forget(watchId: number): void {
    const watch = this.#watches.get(watchId);
    this.#watches.delete(watchId);
    if (watch !== undefined) this.#ids.delete(watch);
  }

  #end(error: StoreError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#progressTimer?.cancel();
    this.#options.onEnd();
    const watches = [...this.#watches.values()];
    this.#watches.clear();
    this.#ids.clear();
    for (const watch of watches) watch.fail(error);
    this.#call?.on('error', () => {});
    this.#call?.cancel();
  }
}
