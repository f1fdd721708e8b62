/**
 * Writes core/v1 Events about objects, off the caller's path: `record` returns at once, one event
 * is written at a time, in order and at its {@link EventPace}, and failures are logged and
 * forgotten after a few tries.
 *
 * What keeps a busy loop from flooding the server is in `event-correlator.ts`.
 */
import { type KubernetesObject, uidOf } from '../api/meta.ts';
import { events } from '../api/resources.ts';
import { isStatus, namespaceTerminates, StatusError } from '../api/status.ts';
import { formatTime } from '../api/time.ts';
import type { Event, ObjectReference } from '../api/types/core-v1.ts';
import { sleep } from '../platform/clock.ts';
import type { Effects } from '../platform/effects.ts';
import type { Running } from '../platform/lifecycle.ts';
import { EventCorrelator, type Occurrence } from './event-correlator.ts';
import { EventPace, EventsEndedError } from './event-pace.ts';
import type { Client } from './interface.ts';

export interface EventText {
  readonly type: 'Normal' | 'Warning';
  /** UpperCamelCase, for machines: "ScalingReplicaSet". */
  readonly reason: string;
  readonly message: string;
  /** What was being done: "Binding". */
  readonly action?: string;
  /** Another object that had a part in it. */
  readonly related?: KubernetesObject;
}

export interface EventRecorder extends Running {
  /** Never waits and never throws. Dropped if too many wait already. */
  record(about: KubernetesObject | ObjectReference, text: EventText): void;
  /**
   * Writes the first of what waits, as many as its {@link EventPace} leaves, then stops; what
   * cannot be written at the first try, and what is too much, is dropped.
   */
  stop(): Promise<void>;
}

/** All that a recorder needs of a client. */
export type EventClient = Pick<Client, 'create' | 'patch'>;

export interface EventRecorderOptions extends Effects {
  readonly client: EventClient;
  /** "deployment-controller": source.component and reportingComponent. */
  readonly component: string;
  /** The node, for a kubelet. */
  readonly host?: string;
  /** Shared by the recorders of one process, and ended by it. Default: one of its own. */
  readonly pace?: EventPace;
  /** Events that may wait to be written; further ones are dropped. Default: 2,000. */
  readonly queueLimit?: number;
}

/** As many as wait in two queues of a controller's recorder in client-go. */
const QUEUE_LIMIT = 2000;
const MAX_TRIES = 12;
const RETRY_MS = 10_000;

interface Pending {
  readonly reference: ObjectReference;
  readonly text: EventText;
  readonly atMs: number;
}

export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  return new QueuedRecorder(options);
}

function referenceTo(about: KubernetesObject | ObjectReference): ObjectReference {
  if (!('metadata' in about)) return about;
  const { namespace, name, resourceVersion } = about.metadata;
  return {
    kind: about.kind,
    apiVersion: about.apiVersion,
    name: name ?? '',
    uid: uidOf(about),
    ...(namespace === undefined ? {} : { namespace }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
}

class QueuedRecorder implements EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #correlator: EventCorrelator;
  readonly #pace: EventPace;
  readonly #queue: Pending[] = [];
  readonly #stopping = new AbortController();
  #worker: Promise<void> | undefined;
  /** Those of the queue that are done with. */
  #written = 0;
  #dropped = 0;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#correlator = new EventCorrelator(options.clock);
    this.#pace = options.pace ?? new EventPace(options.clock);
  }

  record(about: KubernetesObject | ObjectReference, text: EventText): void {
    if (this.#stopping.signal.aborted || this.#pace.ended) return;
    if (this.#queue.length >= (this.#options.queueLimit ?? QUEUE_LIMIT)) {
      this.#dropped++;
      return;
    }
    const reference = referenceTo(about);
    if (!this.#correlator.admits(reference)) return;
    this.#queue.push({ reference, text, atMs: this.#options.clock.now() });
    this.#worker ??= this.#drain();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    // A shared pace is ended by whoever shares it: another recorder may go on.
    const isShared = this.#options.pace !== undefined;
    if (!isShared) this.#pace.end();
    await this.#worker;
    if (!isShared) this.#pace.tellDropped(this.#options.logger);
  }

  async #drain(): Promise<void> {
    // Lets the caller finish what it is at: events are never urgent.
    await Promise.resolve();
    while (this.#written < this.#queue.length) {
      await this.#write(this.#queue[this.#written]!);
      this.#written++;
      if (this.#written >= 100) this.#written -= this.#queue.splice(0, this.#written).length;
    }
    this.#queue.length = 0;
    this.#written = 0;
    this.#worker = undefined;
    if (this.#dropped === 0) return;
    this.#options.logger.warn({ dropped: this.#dropped }, 'events dropped: too many at once');
    this.#dropped = 0;
  }

  async #write(pending: Pending): Promise<void> {
    const occurrence = this.#correlator.observe(pending.reference, pending.text);
    for (let tried = 1; ; tried++) {
      try {
        await this.#pace.run(() => this.#send(pending, occurrence), this.#stopping.signal);
        return;
      } catch (error) {
        if (error instanceof EventsEndedError) return this.#dropAll();
        // The server's refusal stays a refusal; a broken connection may heal.
        const final = error instanceof StatusError && error.code < 500;
        if (final || tried >= MAX_TRIES || this.#stopping.signal.aborted) {
          const level = namespaceTerminates(error) ? 'debug' : 'warn';
          this.#options.logger[level](
            { err: error, reason: pending.text.reason },
            'event not written',
          );
          return;
        }
        await sleep(this.#options.clock, RETRY_MS, this.#stopping.signal);
      }
    }
  }

  #dropAll(): void {
    this.#pace.drop(this.#queue.length - this.#written);
    this.#queue.length = this.#written + 1;
  }

  async #send(pending: Pending, occurrence: Occurrence): Promise<void> {
    const { client } = this.#options;
    const namespace = pending.reference.namespace ?? 'default';
    const known = occurrence.name;
    if (known !== undefined) {
      const body = {
        count: occurrence.count,
        lastTimestamp: formatTime(pending.atMs),
        message: occurrence.message,
      };
      try {
        const type = 'application/strategic-merge-patch+json';
        await client.patch(events, { namespace, name: known }, { type, body });
        return;
      } catch (error) {
        // Events expire after an hour: the count goes on in a new one.
        if (!isStatus(error, 'NotFound')) throw error;
      }
    }
    const created = await client.create(events, this.#eventOf(pending, occurrence));
    occurrence.written(created.metadata.name!);
  }

  #eventOf(pending: Pending, occurrence: Occurrence): Event {
    const { component, host, random } = this.#options;
    const { reference, text, atMs } = pending;
    const suffix = Buffer.from(random.bytes(8, 'event name')).toString('hex');
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: {
        namespace: reference.namespace ?? 'default',
        name: `${(reference.name ?? '').slice(0, 236)}.${suffix}`,
      },
      involvedObject: reference,
      type: text.type,
      reason: text.reason,
      message: occurrence.message,
      source: { component, ...(host === undefined ? {} : { host }) },
      reportingComponent: component,
      reportingInstance: host ?? '',
      firstTimestamp: formatTime(occurrence.firstMs),
      lastTimestamp: formatTime(atMs),
      count: occurrence.count,
      ...(text.action === undefined ? {} : { action: text.action }),
      ...(text.related === undefined ? {} : { related: referenceTo(text.related) }),
    };
  }
}
