/**
 * Takes pods off the queue one by one, picks a node for each, and binds them in the background.
 *
 * In: pods that became active (`wake`). Out: bindings, conditions, events. At most
 * {@link MAX_WRITES_IN_FLIGHT} API calls are under way; past that the loop waits for one to end.
 */
import { assert } from '../platform/assert.ts';
import type { Clock, Timer } from '../platform/clock.ts';
import type { Running } from '../platform/lifecycle.ts';
import type { Logger } from '../platform/logger.ts';
import type { Pod } from '../api/types/core-v1.ts';
import type { AttemptMeter } from './attempt-meter.ts';
import { currentState, type TruthOptions } from './binding.ts';
import { BindingCycles, type Placement } from './binding-cycle.ts';
import type { Cache } from './cache/cache.ts';
import type { Extender } from './framework/extender.ts';
import type { Framework } from './framework/framework.ts';
import { refusedAtLast } from './framework/histogram.ts';
import type { Cycle } from './framework/interface.ts';
import type { NodeInfo } from './framework/node-info.ts';
import { podInfo, type PodInfo } from './framework/pod-info.ts';
import { failure, isRejection, type Status } from './framework/status.ts';
import type { Outcome, QueuedPod, SchedulingQueue } from './queue/scheduling-queue.ts';
import type { FailureReason, Reporter } from './reporter.ts';
import type { NodeSelection } from './select-node.ts';
import type { Selection } from './selection.ts';

const MAX_WRITES_IN_FLIGHT = 128;
/** The longest the loop keeps the thread before it lets others run. */
const SLICE_MS = 10;
/** A written binding that no watch confirmed after this long is looked up. */
const DOUBT_AFTER_MS = 30_000;
/** Each extender has its own bound; this one is for what PostFilter plugins wait for. */
const MAX_SELECT_MS = 300_000;
/** How long a loop that may not act waits before it asks again. */
const IDLE_MS = 1000;

export interface SchedulingLoopOptions {
  /** The plugins for a pod, by its spec.schedulerName. */
  readonly frameworkOf: (pod: PodInfo) => Framework;
  readonly cache: Cache;
  readonly queue: SchedulingQueue;
  readonly selection: NodeSelection;
  readonly reporter: Reporter;
  readonly truth: Omit<TruthOptions, 'signal'>;
  /** False while another scheduler may have the lease. Default: there is no other. */
  readonly mayAct?: (() => boolean) | undefined;
  /** The newest state of a pod the informer has seen. */
  readonly latest: (key: string) => Pod | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Those among them that bind do so in place of plugins. */
  readonly extenders?: readonly Extender[] | undefined;
  /** What is told of attempts. Default: nobody listens. */
  readonly meter?: AttemptMeter;
}

/** A pod in its attempt. */
interface Attempt extends QueuedPod {
  readonly begunMs: number;
}

/** Why a pod was given back, and what becomes of its nomination to a node. */
interface Failure {
  readonly outcome: Outcome;
  readonly message: string;
  /** As in {@link Selection}: undefined stays, '' goes. */
  readonly nominatedNodeName?: string;
  readonly makeRoom?: () => Promise<void>;
}

export class SchedulingLoop implements Running {
  readonly #options: SchedulingLoopOptions;
  readonly #abort = new AbortController();
  readonly #truth: TruthOptions;
  readonly #bindings: BindingCycles;
  readonly #writes = new Set<Promise<void>>();
  /** Extenders are being asked about a pod. */
  #asking: Promise<void> | undefined;
  #awake = false;
  #running = false;
  #pause: Timer | undefined;
  #doubts: Timer | undefined;

  constructor(options: SchedulingLoopOptions) {
    this.#options = options;
    this.#truth = { ...options.truth, signal: this.#abort.signal };
    const { clock, logger, extenders } = options;
    const parkedChanged = (): void => this.wake();
    this.#bindings = new BindingCycles({
      clock,
      logger,
      truth: this.#truth,
      parkedChanged,
      extenders,
    });
  }

  /** Begins to place pods. Before that, pods only gather in the queue. */
  start(): void {
    this.#running = true;
    this.#armDoubts();
    this.wake();
  }

  /** There may be an active pod. Never runs the loop inside the caller. */
  wake(): void {
    if (this.#awake || !this.#running || this.#pause !== undefined) return;
    this.#awake = true;
    void Promise.resolve().then(() => this.#run());
  }

  /** Rejects a pod that waits for a permit; false if there is no such pod. */
  rejectWaiting(uid: string, reason: string): boolean {
    return this.#bindings.reject(uid, reason);
  }

  /** Resolves when the bindings under way have ended. */
  async stop(): Promise<void> {
    this.#running = false;
    this.#abort.abort();
    this.#bindings.stop();
    this.#pause?.cancel();
    this.#doubts?.cancel();
    await this.#asking;
    while (this.#writes.size > 0) await Promise.all(this.#writes);
  }

  #run(): void {
    this.#awake = false;
    const { queue, clock } = this.#options;
    const until = clock.monotonic() + SLICE_MS;
    while (this.#mayGoOn()) {
      const queued = queue.pop();
      if (queued === undefined) return;
      this.#scheduleOne(queued);
      if (clock.monotonic() < until) continue;
      this.#rest(0);
      return;
    }
  }

  #rest(ms: number): void {
    this.#pause = this.#options.clock.after(ms, () => {
      this.#pause = undefined;
      this.wake();
    });
  }

  #mayGoOn(): boolean {
    const writes = this.#writes.size - this.#bindings.parked;
    if (!this.#running || this.#asking !== undefined || writes >= MAX_WRITES_IN_FLIGHT)
      return false;
    const { mayAct = () => true } = this.#options;
    if (mayAct()) return true;
    this.#rest(IDLE_MS);
    return false;
  }

  #background(write: Promise<void>): void {
    const tracked = write.finally(() => {
      this.#writes.delete(tracked);
      this.wake();
    });
    this.#writes.add(tracked);
  }

  #scheduleOne(queued: QueuedPod): void {
    const { cache, queue, selection, frameworkOf } = this.#options;
    const pod = this.#newest(queued.pod);
    if (pod === undefined) {
      queue.done(queued.pod.uid);
      return;
    }
    const framework = frameworkOf(pod);
    const attempt: Attempt = { ...queued, begunMs: this.#options.clock.monotonic() };
    framework.begin();
    const selected = selection.select(framework, framework.newCycle(pod, cache.cluster));
    if (selected instanceof Promise) this.#asking = this.#actLater({ attempt, pod }, selected);
    else this.#act(attempt, pod, selected);
  }

  /** No other pod is placed meanwhile: what extenders are asked about would not hold still. */
  async #actLater(
    { attempt, pod }: { readonly attempt: Attempt; readonly pod: PodInfo },
    selected: Promise<Selection>,
  ): Promise<void> {
    let answer: Selection | 'stopped';
    try {
      answer = await this.#bounded(selected);
    } catch (error) {
      answer = { kind: 'failed', status: failure(error) };
    }
    this.#asking = undefined;
    if (answer === 'stopped') return;
    if (this.#newest(pod) === undefined) this.#options.queue.done(pod.uid);
    else this.#act(attempt, pod, answer);
    this.wake();
  }

  /** Rejects after {@link MAX_SELECT_MS}; 'stopped' if the scheduler stops before. */
  #bounded(selected: Promise<Selection>): Promise<Selection | 'stopped'> {
    const { signal } = this.#abort;
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        timer.cancel();
        signal.removeEventListener('abort', stop);
      };
      const stop = (): void => {
        settle();
        resolve('stopped');
      };
      const late = new Error(`no node was chosen within ${MAX_SELECT_MS / 1000} s`);
      const timer = this.#options.clock.after(MAX_SELECT_MS, () => reject(late));
      signal.addEventListener('abort', stop, { once: true });
      selected.finally(settle).then(resolve, reject);
    });
  }

  #act(attempt: Attempt, pod: PodInfo, selected: Selection): void {
    const framework = this.#options.frameworkOf(pod);
    this.#options.meter?.selected(attempt.begunMs);
    switch (selected.kind) {
      case 'node':
        this.#place(attempt, framework, selected);
        break;
      case 'rejected':
        this.#reject(attempt, pod, selected);
        break;
      case 'failed':
        this.#giveBackFor(attempt, pod, selected.status);
    }
    framework.end();
  }

  /** Undefined if the pod no longer wants a node. */
  #newest(pod: PodInfo): PodInfo | undefined {
    const { latest, cache } = this.#options;
    const current = latest(pod.key);
    if (current === undefined || current.metadata.uid !== pod.uid) return undefined;
    if (current.spec.nodeName || current.metadata.deletionTimestamp) return undefined;
    if (cache.nodeNameOf(pod.uid) !== undefined) return undefined;
    return current === pod.pod ? pod : podInfo(current);
  }

  #place(
    queued: Attempt,
    framework: Framework,
    { cycle, node }: { readonly cycle: Cycle; readonly node: NodeInfo },
  ): void {
    const { cache } = this.#options;
    const { pod } = cycle;
    cache.assume(pod, node.name);
    const refused = framework.reserve(cycle, node);
    if (refused !== undefined) {
      cache.forget(pod.uid);
      this.#giveBackFor(queued, pod, refused);
      return;
    }
    const permits = framework.permit(cycle, node);
    if ('code' in permits) {
      framework.unreserve(cycle, node);
      cache.forget(pod.uid);
      this.#giveBackFor(queued, pod, permits);
      return;
    }
    this.#background(this.#bind(queued, { framework, cycle, node, permits }));
  }

  async #bind(queued: Attempt, placement: Placement): Promise<void> {
    const { framework, cycle, node } = placement;
    const { cache, queue, reporter, clock } = this.#options;
    const { pod } = cycle;
    const result = await this.#bindings.run(placement);
    switch (result.kind) {
      case 'bound':
        this.#options.meter?.attempted(framework.schedulerName, 'scheduled', queued.begunMs);
        this.#options.meter?.bound(queued.attempts, queued.firstQueuedAt);
        cache.finishBinding(pod.uid, clock.monotonic() + DOUBT_AFTER_MS);
        queue.done(pod.uid);
        reporter.scheduled(pod.pod, node.name);
        framework.postBind(cycle, node.name);
        return;
      case 'unknown':
        return;
      case 'lost':
        this.#undo(placement);
        queue.done(pod.uid);
        return;
      case 'refused':
        this.#undo(placement);
        this.#giveBackFor(queued, pod, result.status);
        return;
    }
  }

  #undo({ framework, cycle, node }: Placement): void {
    const { cache, queue } = this.#options;
    framework.unreserve(cycle, node);
    cache.forget(cycle.pod.uid);
    // Pods rejected for want of what was assumed can have it now.
    queue.notify({ kind: 'AssignedPodDelete', pod: cycle.pod });
  }

  #reject(queued: Attempt, pod: PodInfo, selected: Selection & { kind: 'rejected' }): void {
    const { rejectedBy, message, nominatedNodeName, makeRoom } = selected;
    const failure: Failure = {
      outcome: { kind: 'rejected', rejectedBy },
      message,
      ...(nominatedNodeName === undefined ? {} : { nominatedNodeName }),
      ...(makeRoom === undefined ? {} : { makeRoom }),
    };
    this.#giveBack(queued, pod, failure);
  }

  #giveBackFor(queued: Attempt, pod: PodInfo, status: Status): void {
    const message = isRejection(status) ? refusedAtLast(status) : status.reasons.join(', ');
    const rejectedBy = new Set(status.plugin === undefined ? [] : [status.plugin]);
    const outcome: Outcome = isRejection(status)
      ? { kind: 'rejected', rejectedBy }
      : { kind: 'failed' };
    if (outcome.kind === 'failed')
      this.#options.logger.warn(
        { err: status.cause, pod: pod.key, plugin: status.plugin },
        'scheduling a pod failed',
      );
    // The node where room was made for it is no longer waited for.
    this.#giveBack(queued, pod, { outcome, message, nominatedNodeName: '' });
  }

  #giveBack(queued: Attempt, tried: PodInfo, failure: Failure): void {
    const { queue, reporter } = this.#options;
    const pod = this.#newest(tried);
    if (pod === undefined) {
      queue.done(tried.uid);
      return;
    }
    const { outcome, message, nominatedNodeName, makeRoom } = failure;
    if (nominatedNodeName !== undefined)
      this.#options.cache.cluster.nominations.set(pod, nominatedNodeName);
    const profile = this.#options.frameworkOf(pod).schedulerName;
    const result = outcome.kind === 'rejected' ? 'unschedulable' : 'error';
    this.#options.meter?.attempted(profile, result, queued.begunMs);
    const reason: FailureReason = outcome.kind === 'rejected' ? 'Unschedulable' : 'SchedulerError';
    const report = {
      reason,
      message,
      ...(nominatedNodeName === undefined ? {} : { nominatedNodeName }),
    };
    this.#background(reporter.failed(pod.pod, report));
    if (makeRoom === undefined) queue.putBack({ ...queued, pod: tried }, pod, outcome);
    else this.#background(this.#makeRoom(queued, tried, { ...failure, makeRoom }));
  }

  /**
   * The pod stays in flight until its victims are on their way out: the events of their going
   * are remembered for it, and nothing makes it preempt again meanwhile.
   */
  async #makeRoom(
    queued: Attempt,
    tried: PodInfo,
    failure: Failure & Required<Pick<Failure, 'makeRoom'>>,
  ): Promise<void> {
    const { queue, cache, logger } = this.#options;
    let { outcome } = failure;
    try {
      await failure.makeRoom();
    } catch (error) {
      logger.warn({ err: error, pod: tried.key }, 'preemption failed');
      cache.cluster.nominations.delete(tried.uid);
      outcome = { kind: 'failed' };
    }
    const pod = this.#newest(tried);
    if (pod === undefined) queue.done(tried.uid);
    else queue.putBack({ ...queued, pod: tried }, pod, outcome);
  }

  #armDoubts(): void {
    this.#doubts = this.#options.clock.after(DOUBT_AFTER_MS, () => {
      const { cache, clock } = this.#options;
      for (const pod of cache.doubtful(clock.monotonic())) this.#background(this.#settleDoubt(pod));
      this.#armDoubts();
    });
  }

  async #settleDoubt(pod: PodInfo): Promise<void> {
    const { cache, queue } = this.#options;
    const state = await currentState(pod.pod, this.#truth);
    // A watch may have settled it meanwhile.
    if (state === 'unknown' || !cache.isAssumed(pod.uid)) return;
    if (state?.spec.nodeName) {
      assert(state.metadata.uid === pod.uid, 'another pod of the same name');
      cache.confirm(podInfo(state));
    } else {
      cache.forget(pod.uid);
      queue.notify({ kind: 'AssignedPodDelete', pod });
      if (state !== undefined) queue.set(podInfo(state));
    }
  }
}
