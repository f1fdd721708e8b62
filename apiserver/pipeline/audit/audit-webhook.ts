/**
 * Events sent to a webhook, as lists. In batch mode no request waits: a webhook that hangs or fails
 * costs events, not the API. The blocking modes are for those who want it the other way.
 */
import { sleep, type Timer } from '../../../platform/clock.ts';
import type { Effects } from '../../../platform/effects.ts';
import { jsonText } from '../../../platform/json-text.ts';
import type { AuditBackend, AuditMode } from './backend.ts';
import type { AuditEvent } from './event.ts';

export interface BatchLimits {
  /** Events that wait; beyond that they are lost. */
  readonly bufferSize: number;
  readonly maxSize: number;
  readonly maxWaitMs: number;
  /** Absent: batches are sent as they come. */
  readonly throttle?: { readonly qps: number; readonly burst: number } | undefined;
}

export interface TruncateLimits {
  readonly maxBatchBytes: number;
  /** Larger events lose their objects; those that are too large even then are lost. */
  readonly maxEventBytes: number;
}

export interface AuditWebhookOptions extends Effects {
  /** A list as JSON. */
  readonly send: (list: string) => Promise<unknown>;
  readonly mode: AuditMode;
  readonly batch: BatchLimits;
  readonly truncate?: TruncateLimits | undefined;
  readonly initialBackoffMs: number;
}

/** kube-apiserver's; each wait is up to a fifth longer. */
const RETRY = { attempts: 5, factor: 1.5, jitter: 0.2 } as const;
/**
 * Characters of JSON that wait or are under way in batch mode; beyond that events are lost. At
 * level RequestResponse an event may have megabytes.
 */
const MOST_HELD = 64 * 2 ** 20;
/** Batches under way: while there are so many, events wait in the buffer. */
const MOST_SENDING = 16;
const LIST = '{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[';
const JITTER_STEPS = 1000;

export class AuditWebhook implements AuditBackend {
  readonly plugin = 'webhook';
  readonly #options: AuditWebhookOptions;
  readonly #stopping = new AbortController();
  readonly #sending = new Set<Promise<boolean>>();
  #waiting: string[] = [];
  /** Characters that wait or are under way. */
  #held = 0;
  #lost = 0;
  #timer: Timer | undefined;
  #tokens: { count: number; atMs: number };

  constructor(options: AuditWebhookOptions) {
    this.#options = options;
    const { batch, clock } = options;
    this.#tokens = { count: batch.throttle?.burst ?? Infinity, atMs: clock.monotonic() };
  }

  get lost(): number {
    return this.#lost;
  }

  add(event: AuditEvent, text: string): Promise<boolean> | undefined {
    const { mode, batch } = this.#options;
    const item = this.#fitted(event, text);
    if (item === undefined) return undefined;
    if (mode !== 'batch')
      return this.#send([item]).then((sent) => sent || mode !== 'blocking-strict');
    const isFull = this.#held > 0 && this.#held + item.length > MOST_HELD;
    if (isFull || this.#waiting.length >= batch.bufferSize) {
      this.#lose(1, 'audit buffer queue blocked');
      return undefined;
    }
    this.#waiting.push(item);
    this.#held += item.length;
    if (this.#waiting.length >= batch.maxSize) this.#flush(false);
    else this.#timer ??= this.#after(batch.maxWaitMs);
    return undefined;
  }

  /** What waits is sent at once, and nothing is tried again. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#timer?.cancel();
    this.#flush(true);
    while (this.#sending.size > 0) {
      await Promise.all(this.#sending);
      this.#flush(true);
    }
    if (this.#lost > 0) this.#options.logger.error({ lost: this.#lost }, 'audit events were lost');
  }

  #after(delayMs: number): Timer {
    return this.#options.clock.after(delayMs, () => {
      this.#timer = undefined;
      this.#flush(true);
    });
  }

  /** Sends full batches, and `rest` too, as far as the throttle and those under way allow. */
  #flush(rest: boolean): void {
    const { maxSize, maxWaitMs } = this.#options.batch;
    while (this.#waiting.length >= (rest ? 1 : maxSize)) {
      if (this.#sending.size >= MOST_SENDING) return;
      const waitMs = this.#stopping.signal.aborted ? 0 : this.#take();
      if (waitMs > 0) {
        this.#timer?.cancel();
        this.#timer = this.#after(waitMs);
        return;
      }
      for (const batch of this.#divided(this.#waiting.splice(0, maxSize)))
        void this.#send(batch).then(() => this.#release(batch));
    }
    if (this.#waiting.length === 0) {
      this.#timer?.cancel();
      this.#timer = undefined;
    } else if (!this.#stopping.signal.aborted) this.#timer ??= this.#after(maxWaitMs);
  }

  #release(batch: readonly string[]): void {
    for (const item of batch) this.#held -= item.length;
  }

  /** A batch of the throttle's, or how long until there is one. */
  #take(): number {
    const { throttle } = this.#options.batch;
    if (throttle === undefined) return 0;
    const now = this.#options.clock.monotonic();
    const { count, atMs } = this.#tokens;
    const grown = Math.min(throttle.burst, count + ((now - atMs) / 1000) * throttle.qps);
    this.#tokens = { count: grown >= 1 ? grown - 1 : grown, atMs: now };
    return grown >= 1 ? 0 : Math.ceil(((1 - grown) / throttle.qps) * 1000);
  }

  /** The event as it may be sent; undefined: lost. */
  #fitted(event: AuditEvent, text: string): string | undefined {
    const { truncate } = this.#options;
    if (truncate === undefined || Buffer.byteLength(text) <= truncate.maxEventBytes) return text;
    const annotations = { ...event.annotations, 'audit.k8s.io/truncated': 'true' };
    const less = { ...event, requestObject: undefined, responseObject: undefined, annotations };
    const item = jsonText(less);
    if (Buffer.byteLength(item) <= truncate.maxEventBytes) return item;
    this.#lose(1, 'event is too large even after truncating');
    return undefined;
  }

  #divided(items: readonly string[]): readonly (readonly string[])[] {
    const { maxBatchBytes = Infinity } = this.#options.truncate ?? {};
    const batches: string[][] = [[]];
    let bytes = 0;
    for (const item of items) {
      const size = Buffer.byteLength(item);
      if (bytes > 0 && bytes + size > maxBatchBytes) {
        batches.push([]);
        bytes = 0;
      }
      bytes += size;
      batches.at(-1)!.push(item);
    }
    return batches;
  }

  #send(items: readonly string[]): Promise<boolean> {
    const sending = this.#sent(items).finally(() => {
      this.#sending.delete(sending);
      if (!this.#stopping.signal.aborted) this.#flush(false);
    });
    this.#sending.add(sending);
    return sending;
  }

  async #sent(items: readonly string[]): Promise<boolean> {
    const { send, clock, random, initialBackoffMs } = this.#options;
    const { signal } = this.#stopping;
    const list = `${LIST}${items.join(',')}]}`;
    let waitMs = initialBackoffMs;
    for (let attempt = 1; ; attempt++) {
      try {
        await send(list);
        return true;
      } catch (error) {
        if (attempt === RETRY.attempts || signal.aborted) {
          this.#lose(items.length, (error as Error).message);
          return false;
        }
      }
      const more = random.below(JITTER_STEPS, 'retry of an audit webhook') / JITTER_STEPS;
      await sleep(clock, waitMs * (1 + RETRY.jitter * more), signal);
      waitMs *= RETRY.factor;
    }
  }

  #lose(events: number, error: string): void {
    this.#lost += events;
    // Once for each that fails to send would be as many lines as there are events.
    if (events > 1 || this.#lost === 1)
      this.#options.logger.error({ error, lost: this.#lost }, 'audit events are lost');
  }
}
