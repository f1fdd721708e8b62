/**
 * One Watch.Watch stream: many watchers, one connection.
 *
 * Each watcher's batches go to the stream, which takes no more of them while it is full, so a slow
 * client holds back nobody but itself; how far it may fall behind is the member's bound. Replies
 * of one watcher keep their order: created, events, canceled.
 */
import { StoreError, storeErrors, type Event, type WatchBatch } from '../kv.ts';
import type { LocalWatch } from '../server/interface.ts';
import { codeNames } from '../http/call-counts.ts';
import { codes, storeStatus } from './status.ts';
import {
  NO_WATCH_ID,
  readWatchCommand,
  writeEvent,
  writeWatchResponse,
  type WatchCreate,
  type WatchResponse,
} from './messages/watch.ts';
import type { DuplexCall, ServiceContext } from './unary.ts';
import { decode } from './wire/reader.ts';
import { encode, encodeBriefly } from './wire/writer.ts';

interface Watcher {
  readonly watch: LocalWatch;
  readonly create: WatchCreate;
  /** Everything up to here is on the stream. */
  syncedTo: number;
  /** Asked for progress and not heard from since. */
  owesProgress: boolean;
  canceled: boolean;
}

/** Texts of etcd's mvcc package, which have no gRPC code: they travel as a cancel reason. */
const DUPLICATE_ID = 'mvcc: duplicate watch ID provided on the WatchStream';
const EMPTY_RANGE = 'mvcc: watcher range is empty';

export class WatchStream {
  readonly #context: ServiceContext;
  readonly #call: DuplexCall;
  readonly #fail: (error: unknown) => void;
  readonly #watchers = new Map<number, Watcher>();
  #nextId = 0;
  #drained: Promise<void> | undefined;
  /** A progress request waits for its watchers; another arrived meanwhile. */
  #progress: 'idle' | 'asked' | 'askedAgain' = 'idle';
  #closed = false;

  /** `fail` ends the stream with what went wrong. */
  constructor(context: ServiceContext, call: DuplexCall, fail: (error: unknown) => void) {
    this.#context = context;
    this.#call = call;
    this.#fail = fail;
  }

  receive(message: Buffer): void {
    const command = decode(message, readWatchCommand);
    if (command?.type === 'create') this.#create(command);
    else if (command?.type === 'cancel') this.#cancel(command.watchId);
    else if (command?.type === 'progress') this.#askForProgress();
  }

  /** No reason to let go of watchers: etcd keeps them. */
  halfClosed(): void {}

  close(): void {
    this.#closed = true;
    for (const watcher of this.#watchers.values()) watcher.watch.cancel();
    this.#watchers.clear();
  }

  #create(create: WatchCreate): void {
    const watch = this.#refusal(create) ?? this.#watch(create);
    if (typeof watch === 'string') {
      const refused = { watchId: NO_WATCH_ID, created: true, canceled: true };
      void this.#send({ ...refused, cancelReason: watch }, this.#context.member.head().revision);
      return;
    }
    const id = create.watchId === 0 ? this.#freeId() : create.watchId;
    const watcher: Watcher = {
      watch,
      create,
      syncedTo: 0,
      owesProgress: this.#progress !== 'idle',
      canceled: false,
    };
    this.#watchers.set(id, watcher);
    if (watcher.owesProgress) watch.requestProgress();
    void watch.created.then((revision) => {
      void this.#send({ watchId: id, created: true }, revision);
      watch.deliver({
        batch: (batch) => this.#forward(id, watcher, batch),
        ended: (error) => this.#ended(id, watcher, error),
      });
    });
  }

  /** Or why it may not be, as Go prints the status. */
  #watch({ request }: WatchCreate): LocalWatch | string {
    try {
      return this.#context.callsOf(this.#call).watch(request);
    } catch (error) {
      const status = error instanceof StoreError ? storeStatus(error.reason) : undefined;
      if (status === undefined || status.code === codes.unavailable) throw error;
      return `rpc error: code = ${codeNames[status.code]} desc = ${status.details}`;
    }
  }

  #refusal({ request, watchId }: WatchCreate): string | undefined {
    const { key, rangeEnd, startRevision = 0 } = request;
    if (startRevision < 0) return storeErrors.compacted[1];
    if (rangeEnd !== undefined && rangeEnd !== '\0' && key >= rangeEnd) return EMPTY_RANGE;
    if (watchId !== 0 && this.#watchers.has(watchId)) return DUPLICATE_ID;
    return undefined;
  }

  #freeId(): number {
    while (this.#watchers.has(this.#nextId)) this.#nextId++;
    return this.#nextId++;
  }

  /** An unknown ID is met with silence, as in etcd. */
  #cancel(id: number): void {
    const watcher = this.#watchers.get(id);
    if (watcher === undefined) return;
    watcher.canceled = true;
    watcher.watch.cancel();
  }

  #ended(id: number, watcher: Watcher, error: unknown): void {
    if (this.#closed) return;
    let last: WatchResponse = { watchId: id, canceled: true };
    let { revision } = this.#context.member.head();
    if (!watcher.canceled) {
      if (!(error instanceof StoreError) || error.reason !== 'compacted')
        return this.#fail(error ?? new StoreError('stopped'));
      last = { ...last, compactRevision: error.compactRevision ?? 0 };
      // etcd leaves the revision out here.
      revision = 0;
    }
    this.#watchers.delete(id);
    void this.#send(last, revision);
    this.#answerProgress();
  }

  /** Resolves when the stream takes more; undefined if it does. */
  #forward(id: number, watcher: Watcher, batch: WatchBatch): Promise<void> | undefined {
    if (this.#closed || watcher.canceled) return undefined;
    if (batch.events.length > 0) {
      const { watchTimes } = this.#context;
      const began = watchTimes.now();
      const full = this.#sendEvents(id, watcher, batch);
      watchTimes.sentEvents(began, batch.events.length);
      return full;
    }
    watcher.syncedTo = Math.max(watcher.syncedTo, batch.revision);
    if (watcher.owesProgress) {
      watcher.owesProgress = false;
      this.#answerProgress();
    } else if (watcher.create.request.progressNotify === true) {
      return this.#send({ watchId: id }, batch.revision);
    }
    return undefined;
  }

  #sendEvents(id: number, watcher: Watcher, batch: WatchBatch): Promise<void> | undefined {
    const encodedEvents = this.#context.encodedEvents.of(batch.events);
    const whole = this.#encode({ watchId: id, encodedEvents }, batch.revision);
    const { maxMessageBytes } = this.#context;
    const isWhole = !watcher.create.fragment || whole.length < maxMessageBytes;
    if (!isWhole && batch.events.length > 1) return this.#sendFragments(id, watcher, batch);
    const full = this.#write(whole);
    watcher.syncedTo = Math.max(watcher.syncedTo, batch.revision);
    return full;
  }

  async #sendFragments(id: number, watcher: Watcher, batch: WatchBatch): Promise<void> {
    const fragments = fragmentsOf(batch.events, this.#context.maxMessageBytes);
    for (const [index, events] of fragments.entries()) {
      const fragment = index < fragments.length - 1;
      await this.#send({ watchId: id, events, fragment }, batch.revision);
    }
    watcher.syncedTo = Math.max(watcher.syncedTo, batch.revision);
  }

  /**
   * One answer for the stream, once every watcher has caught up: no event at or below the
   * announced revision may follow (etcd bugs 15220, 20221). Requests that arrive meanwhile share
   * one further answer.
   */
  #askForProgress(): void {
    if (this.#watchers.size === 0) return;
    if (this.#progress !== 'idle') {
      this.#progress = 'askedAgain';
      return;
    }
    this.#progress = 'asked';
    const watchers = [...this.#watchers.values()];
    for (const watcher of watchers) watcher.owesProgress = true;
    // Who has caught up answers at once.
    for (const { watch } of watchers) watch.requestProgress();
  }

  #answerProgress(): void {
    if (this.#progress === 'idle') return;
    let revision = Infinity;
    for (const watcher of this.#watchers.values()) {
      if (watcher.owesProgress) return;
      revision = Math.min(revision, watcher.syncedTo);
    }
    const again = this.#progress === 'askedAgain';
    this.#progress = 'idle';
    if (this.#watchers.size > 0) void this.#send({ watchId: NO_WATCH_ID }, revision);
    if (again) this.#askForProgress();
  }

  #encode(response: WatchResponse, revision: number): Buffer {
    const header = this.#context.header(revision);
    return encodeBriefly((writer) => writeWatchResponse(writer, header, response));
  }

  #send(response: WatchResponse, revision: number): Promise<void> | undefined {
    const { watchTimes } = this.#context;
    const began = watchTimes.now();
    const full = this.#write(this.#encode(response, revision));
    if (response.created === true || response.canceled === true) watchTimes.sentControl(began);
    else if (response.events === undefined) watchTimes.sentProgress(began);
    return full;
  }

  /** Resolves when the stream takes more. */
  #write(bytes: Buffer): Promise<void> | undefined {
    if (this.#closed) return undefined;
    if (this.#call.write(bytes)) return undefined;
    this.#drained ??= new Promise((resolve) => {
      const done = (): void => {
        this.#call.off('drain', done);
        this.#call.off('close', done);
        this.#drained = undefined;
        resolve();
      };
      this.#call.on('drain', done);
      this.#call.on('close', done);
    });
    return this.#drained;
  }
}

/** Groups of events whose encoding stays below `maxBytes` each, or that are a single event. */
function fragmentsOf(events: readonly Event[], maxBytes: number): Event[][] {
  const fragments: Event[][] = [];
  let fragment: Event[] = [];
  let size = 0;
  for (const event of events) {
    const bytes = encode((writer) => writeEvent(writer, 11, event)).length;
    if (fragment.length > 0 && size + bytes >= maxBytes) {
      fragments.push(fragment);
      fragment = [];
      size = 0;
    }
    fragment.push(event);
    size += bytes;
  }
  if (fragment.length > 0) fragments.push(fragment);
  return fragments;
}
