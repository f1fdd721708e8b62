/**
 * The pods that need a node, each in one place:
 *
 * - active: to be tried next, in the order of the profile's QueueSort;
 * - backoff: to be tried once their backoff ends (1 s, doubled per attempt, at most 10 s), or when
 *   no other pod is active: a scheduler with nothing to do need not let them wait (KEP-5142);
 * - failing: the same after errors; these wait in any case, so that an API server in trouble is
 *   left alone;
 * - unschedulable: rejected, waiting for an event that a plugin which rejected them says may
 *   help, and tried anyway after 5 minutes; gated pods wait here without that limit;
 * - in flight: popped, their cycle not over.
 *
 * It holds at most one entry per existing pod and needs no bound of its own.
 */
import { deepEqual } from '../../api/deep.ts';
import type { Clock, Timer } from '../../platform/clock.ts';
import type { ClusterEvent } from '../framework/events.ts';
import type { PodInfo } from '../framework/pod-info.ts';
import type { Status } from '../framework/status.ts';
import { Heap } from './heap.ts';
import { InFlight } from './in-flight.ts';
import { Unschedulable } from './unschedulable.ts';
import type { QueuedPod, QueuePolicy } from './queued-pod.ts';

/** How long a pod waits for an event before it is tried without one. */
export const MAX_UNSCHEDULABLE_MS = 5 * 60_000;
const FLUSH_INTERVAL_MS = 30_000;

export type { QueuedPod, QueuePolicy };

export interface Backoff {
  readonly initialMs: number;
  readonly maxMs: number;
}

const defaultBackoff: Backoff = { initialMs: 1000, maxMs: 10_000 };

export interface QueueOptions {
  readonly clock: Clock;
  readonly policy: QueuePolicy;
  /** Called when a pod becomes active. */
  readonly onActive: () => void;
  readonly backoff?: Backoff;
  readonly meter?: QueueMeter;
  /** Where queueing hints may hang; default: they are trusted. */
  readonly limits?: HintLimits | undefined;
}

/** Runs queueing hints; `instead` answers for those that hang. */
export interface HintLimits {
  hints<T>(work: () => T, instead: () => T): T;
}

const unlimited: HintLimits = { hints: (work) => work() };

/** Told of each pod that is put into a queue, and by which event. */
export interface QueueMeter {
  incoming(event: string, queue: 'active' | 'backoff' | 'unschedulable'): void;
}

/** Events that come from no change of the cluster, as kube-scheduler names them. */
const POD_ADD = 'PodAdd';
const POD_UPDATE = 'PodUpdate';
const BACKOFF_COMPLETE = 'BackoffComplete';
const ATTEMPT_FAILED = 'ScheduleAttemptFailure';
const TIMEOUT = 'UnschedulableTimeout';

/** Why a popped pod comes back. */
export type Outcome =
  | { readonly kind: 'rejected'; readonly rejectedBy: ReadonlySet<string> }
  /** Nobody's fault that an event could mend: tried again after its backoff. */
  | { readonly kind: 'failed' };

const nobody: ReadonlySet<string> = new Set();

const uidOf = (queued: QueuedPod): string => queued.pod.uid;

export class SchedulingQueue {
  readonly #clock: Clock;
  readonly #policy: QueuePolicy;
  readonly #onActive: () => void;
  readonly #waits: Backoff;
  readonly #meter: QueueMeter | undefined;
  readonly #limits: HintLimits;
  readonly #active: Heap<QueuedPod>;
  readonly #backoff: Heap<QueuedPod>;
  readonly #failing: Heap<QueuedPod>;
  readonly #unschedulable: Unschedulable;
  readonly #inFlight = new InFlight();
  #backoffTimer: { readonly atMs: number; readonly timer: Timer } | undefined;
  #flushTimer: Timer | undefined;
  #lastQueuedAt = 0;
  #stopped = false;

  constructor(options: QueueOptions) {
    this.#clock = options.clock;
    this.#policy = options.policy;
    this.#onActive = options.onActive;
    this.#meter = options.meter;
    this.#limits = options.limits ?? unlimited;
    this.#waits = options.backoff ?? defaultBackoff;
    this.#unschedulable = new Unschedulable(options.policy);
    this.#active = new Heap<QueuedPod>({
      keyOf: uidOf,
      goesFirst: (a, b) => this.#policy.goesFirst(a, b),
    });
    const waiting = () =>
      new Heap<QueuedPod>({
        keyOf: uidOf,
        goesFirst: (a, b) => this.#backoffEnd(a) < this.#backoffEnd(b),
      });
    this.#backoff = waiting();
    this.#failing = waiting();
  }

  /** Pods that wait for an event. */
  rejected(): readonly QueuedPod[] {
    return this.#unschedulable.all();
  }

  /** `unschedulable` has the gated ones in it. */
  get sizes() {
    return {
      gated: this.#unschedulable.gated,
      active: this.#active.size,
      backoff: this.#backoff.size + this.#failing.size,
      unschedulable: this.#unschedulable.size,
      inFlight: this.#inFlight.size,
    };
  }

  /** A pod without a node appeared, or changed. */
  set(pod: PodInfo): void {
    const { uid } = pod;
    // A pod in flight comes back, if it does, with the newest object: `putBack` takes it.
    if (this.#stopped || this.#inFlight.has(uid)) return;
    for (const heap of [this.#active, this.#backoff, this.#failing]) {
      const queued = heap.get(uid);
      if (queued === undefined) continue;
      heap.put({ ...queued, pod });
      return;
    }
    const waiting = this.#unschedulable.get(uid);
    if (waiting === undefined) {
      const queuedAt = this.#clock.monotonic();
      const fresh = { attempts: 0, rejectedBy: nobody, gated: false };
      this.#enqueue({ pod, queuedAt, firstQueuedAt: queuedAt, ...fresh }, POD_ADD);
    } else if (mayMatter(waiting.pod, pod)) {
      this.#unschedulable.delete(uid);
      this.#wake({ ...waiting, pod }, POD_UPDATE);
    } else {
      this.#unschedulable.put({ ...waiting, pod });
    }
  }

  /** The pod is gone or has a node. A pod in flight is its scheduler's business. */
  delete(uid: string): void {
    this.#active.remove(uid);
    this.#backoff.remove(uid);
    this.#failing.remove(uid);
    this.#unschedulable.delete(uid);
  }

  /** The next pod to try. It stays in flight until `done` or `putBack`. */
  pop(): QueuedPod | undefined {
    const queued = this.#active.pop() ?? this.#popEarly();
    if (queued === undefined) return undefined;
    this.#inFlight.begin(queued.pod.uid);
    return { ...queued, attempts: queued.attempts + 1 };
  }

  /** The pod has been placed, or is no longer wanted. */
  done(uid: string): void {
    this.#inFlight.end(uid);
  }

  /** A popped pod found no node. `pod` is its newest object. */
  putBack(tried: QueuedPod, pod: PodInfo, outcome: Outcome): void {
    if (this.#stopped) return;
    const rejectedBy = outcome.kind === 'rejected' ? outcome.rejectedBy : nobody;
    const queued = { ...tried, pod, rejectedBy, queuedAt: this.#clock.monotonic() };
    const retry =
      outcome.kind === 'failed' ||
      mayMatter(tried.pod, pod) ||
      this.#wokenInFlight(pod, rejectedBy);
    this.#inFlight.end(pod.uid);
    if (outcome.kind === 'failed') this.#wait(this.#failing, queued, ATTEMPT_FAILED);
    else if (retry) this.#toBackoff(queued, ATTEMPT_FAILED);
    else this.#toUnschedulable(queued, ATTEMPT_FAILED);
  }

  /** Something happened in the cluster: wakes the pods that it may help. */
  notify(event: ClusterEvent): void {
    this.#inFlight.remember(event);
    // Trying once too often is harmless, never trying is not.
    const all = (): QueuedPod[] => this.rejected().filter(({ gated }) => !gated);
    for (const queued of this.#limits.hints(() => this.#unschedulable.wokenBy(event), all)) {
      this.#unschedulable.delete(queued.pod.uid);
      this.#wake(queued, event.kind);
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#backoffTimer?.timer.cancel();
    this.#flushTimer?.cancel();
  }

  #backoffEnd({ queuedAt, attempts }: QueuedPod): number {
    const { initialMs, maxMs } = this.#waits;
    return queuedAt + Math.min(maxMs, initialMs * 2 ** Math.max(0, attempts - 1));
  }

  #wokenInFlight(pod: PodInfo, rejectedBy: ReadonlySet<string>): boolean {
    const events = this.#inFlight.eventsSince(pod.uid);
    if (events === 'forgotten') return true;
    const wakes = (event: ClusterEvent) => this.#policy.wakes(pod, rejectedBy, event);
    return this.#limits.hints(
      () => events.some(wakes),
      () => true,
    );
  }

  #wake(queued: QueuedPod, event: string): void {
    if (queued.attempts > 0 && this.#backoffEnd(queued) > this.#clock.monotonic())
      this.#toBackoff(queued, event);
    else this.#enqueue(queued, event);
  }

  #enqueue(queued: QueuedPod, event: string): void {
    const status = this.#policy.preEnqueue(queued.pod);
    if (status !== undefined) {
      this.#keepOut(queued, status, event);
      return;
    }
    // Strictly increasing, so that pods queued at one instant keep their order.
    this.#lastQueuedAt = Math.max(this.#lastQueuedAt + 1e-6, this.#clock.monotonic());
    this.#active.put({ ...queued, gated: false, queuedAt: this.#lastQueuedAt });
    this.#meter?.incoming(event, 'active');
    this.#onActive();
  }

  #toBackoff(queued: QueuedPod, event: string): void {
    this.#wait(this.#backoff, queued, event);
    if (this.#active.size === 0) this.#onActive();
  }

  #wait(heap: Heap<QueuedPod>, queued: QueuedPod, event: string): void {
    heap.put(queued);
    this.#meter?.incoming(event, 'backoff');
    this.#armBackoff();
  }

  #popEarly(): QueuedPod | undefined {
    for (;;) {
      const queued = this.#backoff.pop();
      const status = queued && this.#policy.preEnqueue(queued.pod);
      if (queued === undefined || status === undefined) return queued;
      this.#keepOut(queued, status, BACKOFF_COMPLETE);
    }
  }

  /** PreEnqueue said no, or failed. */
  #keepOut(queued: QueuedPod, status: Status, event: string): void {
    if (status.code === 'Error') {
      const attempts = queued.attempts + 1;
      const failed = { ...queued, attempts, queuedAt: this.#clock.monotonic(), gated: false };
      this.#wait(this.#failing, failed, ATTEMPT_FAILED);
      return;
    }
    const rejectedBy = new Set(status.plugin === undefined ? [] : [status.plugin]);
    this.#toUnschedulable({ ...queued, rejectedBy, gated: true }, event);
  }

  #armBackoff(): void {
    if (this.#stopped) return;
    let atMs = Infinity;
    for (const heap of [this.#backoff, this.#failing]) {
      const first = heap.peek();
      if (first !== undefined) atMs = Math.min(atMs, this.#backoffEnd(first));
    }
    if (atMs === Infinity) return;
    if (this.#backoffTimer !== undefined && this.#backoffTimer.atMs <= atMs) return;
    this.#backoffTimer?.timer.cancel();
    const delayMs = Math.max(0, atMs - this.#clock.monotonic());
    this.#backoffTimer = { atMs, timer: this.#clock.after(delayMs, () => this.#flushBackoff()) };
  }

  #flushBackoff(): void {
    this.#backoffTimer = undefined;
    const now = this.#clock.monotonic();
    for (const heap of [this.#backoff, this.#failing])
      for (
        let first = heap.peek();
        first !== undefined && this.#backoffEnd(first) <= now;
        first = heap.peek()
      ) {
        heap.remove(first.pod.uid);
        this.#enqueue(first, BACKOFF_COMPLETE);
      }
    this.#armBackoff();
  }

  #toUnschedulable(queued: QueuedPod, event: string): void {
    this.#unschedulable.put(queued);
    this.#meter?.incoming(event, 'unschedulable');
    if (this.#stopped || queued.gated) return;
    this.#flushTimer ??= this.#clock.after(FLUSH_INTERVAL_MS, () => this.#flushUnschedulable());
  }

  /** Hints can be wrong; no pod waits for ever because of one. */
  #flushUnschedulable(): void {
    this.#flushTimer = undefined;
    const now = this.#clock.monotonic();
    let waiting = false;
    for (const queued of this.#unschedulable.all()) {
      if (queued.gated) continue;
      if (now - queued.queuedAt < MAX_UNSCHEDULABLE_MS) {
        waiting = true;
        continue;
      }
      this.#unschedulable.delete(queued.pod.uid);
      this.#wake(queued, TIMEOUT);
    }
    if (waiting && !this.#stopped)
      this.#flushTimer = this.#clock.after(FLUSH_INTERVAL_MS, () => this.#flushUnschedulable());
  }
}

/** The scheduler's own status writes come back as updates: they must not wake the pod. */
function mayMatter(old: PodInfo, current: PodInfo): boolean {
  const a = old.pod;
  const b = current.pod;
  return !(
    a === b ||
    (deepEqual(a.spec, b.spec) &&
      deepEqual(a.metadata.labels, b.metadata.labels) &&
      deepEqual(a.metadata.annotations, b.metadata.annotations) &&
      deepEqual(a.status?.resourceClaimStatuses, b.status?.resourceClaimStatuses))
  );
}
