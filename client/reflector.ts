/**
 * Keeps a store equal to what the API server has of one resource: list, then watch from the
 * list's resourceVersion, forever.
 *
 * - A watch that ends or fails is resumed from the last resourceVersion seen (bookmarks included),
 *   after a backoff with jitter if it failed.
 * - 410 Expired or Gone: the list is read again.
 * Every list asks for the latest state, so that the sink never goes back in time: not even to
 * before what an earlier life of this process wrote, as client-go's first list, of resourceVersion
 * "0", may (kubernetes issue 59848). The first is asked for whole, later ones in pages.
 */
import type { KubernetesObject } from '../api/meta.ts';
import type { ResourceType } from '../api/resource.ts';
import { isStatus } from '../api/status.ts';
import { sleep } from '../platform/clock.ts';
import type { Effects } from '../platform/effects.ts';
import { takeFrom } from '../platform/stream.ts';
import type { Client, ListOptions, WatchEvent } from './interface.ts';
import { type BackoffBounds, backoffMs } from './rate-limiter.ts';

/** What is watched: one resource, all of it or a part. */
export interface Selection {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface ReflectorEffects extends Effects {
  readonly client: Client;
}

/** What follows the server. Both calls are synchronous: between them the sink is consistent. */
export interface ReflectorSink<T> {
  /** The whole state. Objects not among `items` are gone. */
  replace(items: readonly T[]): void;
  apply(event: WatchEvent<T>): void;
  /** So often in a row: it is tried again. */
  failed?(times: number): void;
}

const PAGE_SIZE = 500;
/** client-go starts at 800 ms; a server on the same machine is back sooner. */
const backoffBounds: BackoffBounds = { baseMs: 200, maxMs: 30_000 };
/** The server ends a watch after 5 to 10 minutes, so that load spreads over its replicas. */
const WATCH_SECONDS = 300;
/** A watch that ends sooner than this without an event counts as a failure. */
const SHORT_WATCH_MS = 1000;

const expired = (error: unknown): boolean => isStatus(error, 'Expired') || isStatus(error, 'Gone');

const tooLarge = (error: unknown): boolean =>
  isStatus(error, 'Timeout') &&
  (error.status.details?.causes?.some((c) => c.reason === 'ResourceVersionTooLarge') ?? false);

export class Reflector<T extends KubernetesObject> {
  readonly #type: ResourceType<T>;
  readonly #selection: Selection;
  readonly #effects: ReflectorEffects;
  readonly #sink: ReflectorSink<T>;
  readonly #abort = new AbortController();
  /** Where to resume; undefined asks for a list. */
  #resourceVersion: string | undefined;
  #firstList = true;
  /** In a row, without an event or a lasting watch between them. */
  #failures = 0;
  #running: Promise<void> | undefined;

  constructor(
    type: ResourceType<T>,
    options: ReflectorEffects & { selection: Selection; sink: ReflectorSink<T> },
  ) {
    this.#type = type;
    this.#effects = options;
    this.#selection = options.selection;
    this.#sink = options.sink;
  }

  /** See {@link Informer.position}; a server whose versions are no numbers has none. */
  get position(): number {
    return Number(this.#resourceVersion ?? 0) || 0;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      try {
        if (this.#resourceVersion === undefined) await this.#list();
        else await this.#watch(this.#resourceVersion);
      } catch (error) {
        if (error instanceof SinkError) throw error.cause;
        if (signal.aborted) return;
        await this.#recover(error);
      }
    }
  }

  async #list(): Promise<void> {
    const items: T[] = [];
    let options: ListOptions = this.#firstList
      ? this.#selection
      : { ...this.#selection, limit: PAGE_SIZE };
    for (;;) {
      const page = await this.#effects.client.list(this.#type, options);
      if (this.#abort.signal.aborted) return;
      const more = page.metadata.continue;
      if (items.length === 0 && !more) {
        this.#replace(page.items);
      } else {
        for (const item of page.items) items.push(item);
        if (!more) this.#replace(items);
      }
      if (!more) {
        this.#resourceVersion = page.metadata.resourceVersion ?? '0';
        this.#firstList = false;
        return;
      }
      options = { ...this.#selection, limit: PAGE_SIZE, continue: more };
    }
  }

  async #watch(resourceVersion: string): Promise<void> {
    const { client, clock, random } = this.#effects;
    const began = clock.monotonic();
    let seen = 0;
    const events = await client.watch(this.#type, {
      ...this.#selection,
      resourceVersion,
      allowWatchBookmarks: true,
      timeoutSeconds: WATCH_SECONDS + random.below(WATCH_SECONDS, 'watch timeout'),
      signal: this.#abort.signal,
    });
    for await (const first of events) {
      let event: WatchEvent<T> | undefined = first;
      for (; event !== undefined; event = takeFrom(events)) {
        if (this.#abort.signal.aborted) return;
        seen++;
        this.#failures = 0;
        if (event.type !== 'BOOKMARK') this.#apply(event);
        this.#resourceVersion = event.object.metadata.resourceVersion ?? this.#resourceVersion;
      }
    }
    if (this.#abort.signal.aborted) return;
    if (clock.monotonic() - began >= SHORT_WATCH_MS) this.#failures = 0;
    else if (seen === 0) throw new Error('very short watch: no event within its second of life');
  }

  async #recover(error: unknown): Promise<void> {
    const { clock, random, logger } = this.#effects;
    const resource = this.#type.resource;
    if (expired(error) || tooLarge(error)) {
      const listing = this.#resourceVersion === undefined;
      this.#resourceVersion = undefined;
      this.#firstList = false;
      logger.debug({ resource, err: error }, 'resourceVersion expired, listing again');
      // An expired watch is no sign of a server in trouble; an expired list may be.
      if (!listing && this.#failures++ === 0) return;
    }
    const delayMs = backoffMs(backoffBounds, this.#failures++);
    logger.warn({ resource, err: error, retryMs: delayMs }, 'list or watch failed, will retry');
    this.#sink.failed?.(this.#failures);
    const jitter = random.below(delayMs + 1, 'reflector backoff jitter');
    await sleep(clock, delayMs / 2 + jitter / 2, this.#abort.signal);
  }

  #replace(items: readonly T[]): void {
    guard(() => this.#sink.replace(items));
  }

  #apply(event: WatchEvent<T>): void {
    guard(() => this.#sink.apply(event));
  }
}

/** A throw of the sink (a handler's bug) must not be mistaken for a failure of the watch. */
class SinkError extends Error {}

function guard(call: () => void): void {
  try {
    call();
  } catch (error) {
    throw new SinkError('a handler threw', { cause: error });
  }
}
