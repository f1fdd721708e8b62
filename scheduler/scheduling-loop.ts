/**
 * Takes pods off the queue one by one, picks a node for each, and binds them in the background.
 *
 * In: pods that became active (`wake`). Out: bindings, conditions, events. At most
 * {@link maxWritesInFlight} API calls are under way; past that the loop waits for one to end.
 */
import { assert } from '../platform/assert.ts';
import type { Clock, Timer } from '../platform/clock.ts';
import type { Running } from '../platform/lifecycle.ts';
import type { Logger } from '../platform/logger.ts';
import type { Pod } from '../api/types/core-v1.ts';
import { currentState, type TruthOptions } from './binding.ts';
import type { Cache } from './cache/cache.ts';
import type { Framework } from './framework/framework.ts';
import type { Cycle, PendingPermit } from './framework/interface.ts';
import type { NodeInfo } from './framework/node-info.ts';
import { podInfo, type PodInfo } from './framework/pod-info.ts';
import { isRejection, unschedulable, type Status } from './framework/status.ts';
import type { Outcome, QueuedPod, SchedulingQueue } from './queue/scheduling-queue.ts';
import type { FailureReason, Reporter } from './reporter.ts';
import type { NodeSelection } from './select-node.ts';

export const maxWritesInFlight = 128;
/** The longest the loop keeps the thread before it lets others run. */
const sliceMs = 10;
/** A written binding that no watch confirmed after this long is looked up. */
const doubtAfterMs = 30_000;

export interface SchedulingLoopOptions {
  readonly framework: Framework;
  readonly cache: Cache;
  readonly queue: SchedulingQueue;
  readonly selection: NodeSelection;
  readonly reporter: Reporter;
  readonly truth: Omit<TruthOptions, 'signal'>;
  /** The newest state of a pod the informer has seen. */
  readonly latest: (key: string) => Pod | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class SchedulingLoop implements Running {
  readonly #options: SchedulingLoopOptions;
  readonly #abort = new AbortController();
  readonly #writes = new Set<Promise<void>>();
  #awake = false;
  #running = false;
  #pause: Timer | undefined;
  #doubts: Timer | undefined;

  constructor(options: SchedulingLoopOptions) {
    this.#options = options;
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

  /** Resolves when the bindings under way have ended. */
  async stop(): Promise<void> {
    this.#running = false;
    this.#abort.abort();
    this.#pause?.cancel();
    this.#doubts?.cancel();
    while (this.#writes.size > 0) await Promise.all(this.#writes);
  }

  #run(): void {
    this.#awake = false;
    const { queue, clock } = this.#options;
    const until = clock.monotonic() + sliceMs;
    while (this.#running && this.#writes.size < maxWritesInFlight) {
      const queued = queue.pop();
      if (queued === undefined) return;
      this.#scheduleOne(queued);
      if (clock.monotonic() < until) continue;
      this.#pause = clock.after(0, () => {
        this.#pause = undefined;
        this.wake();
      });
      return;
    }
  }

  #background(write: Promise<void>): void {
    const tracked = write.finally(() => {
      this.#writes.delete(tracked);
      this.wake();
    });
    this.#writes.add(tracked);
  }

  #scheduleOne(queued: QueuedPod): void {
    const { framework, cache, queue, selection } = this.#options;
    const pod = this.#newest(queued.pod);
    if (pod === undefined) {
      queue.done(queued.pod.uid);
      return;
    }
    const cycle = framework.newCycle(pod, cache.nodes);
    const selected = selection.select(framework, cycle);
    switch (selected.kind) {
      case 'node':
        this.#place(queued, cycle, selected.node);
        return;
      case 'rejected': {
        const { rejectedBy, message } = selected;
        this.#giveBack(queued, pod, { outcome: { kind: 'rejected', rejectedBy }, message });
        return;
      }
      case 'failed':
        this.#giveBackFor(queued, pod, selected.status);
        return;
    }
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

  #place(queued: QueuedPod, cycle: Cycle, node: NodeInfo): void {
    const { framework, cache } = this.#options;
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
    this.#background(this.#bind(queued, { cycle, node, permits }));
  }

  async #bind(
    queued: QueuedPod,
    placed: { cycle: Cycle; node: NodeInfo; permits: readonly PendingPermit[] },
  ): Promise<void> {
    const { framework } = this.#options;
    const { cycle, node, permits } = placed;
    const refused =
      (await this.#awaitPermits(permits)) ?? (await framework.preBind(cycle, node.name));
    if (refused !== undefined) {
      this.#undo(cycle, node);
      this.#giveBackFor(queued, cycle.pod, refused);
      return;
    }
    const failed = await framework.bind(cycle, node.name);
    if (failed === undefined) this.#bound(cycle, node.name);
    else await this.#resolveFailedBind(queued, { cycle, node, failed });
  }

  async #awaitPermits(permits: readonly PendingPermit[]): Promise<Status | undefined> {
    const { clock } = this.#options;
    for (const { decision, timeoutMs } of permits) {
      let timer: Timer | undefined;
      const timeout = new Promise<Status>((resolve) => {
        const late = unschedulable('rejected due to timeout after waiting at plugin permit');
        timer = clock.after(timeoutMs, () => resolve(late));
        this.#abort.signal.addEventListener('abort', () => resolve(late), { once: true });
      });
      const status = await Promise.race([decision, timeout]);
      timer?.cancel();
      if (status !== undefined) return status;
    }
    return undefined;
  }

  #bound(cycle: Cycle, nodeName: string): void {
    const { framework, cache, queue, reporter, clock } = this.#options;
    const { pod } = cycle;
    cache.finishBinding(pod.uid, clock.monotonic() + doubtAfterMs);
    queue.done(pod.uid);
    reporter.scheduled(pod.pod, nodeName);
    framework.postBind(cycle, nodeName);
  }

  async #resolveFailedBind(
    queued: QueuedPod,
    attempt: { cycle: Cycle; node: NodeInfo; failed: Status },
  ): Promise<void> {
    const { cycle, node, failed } = attempt;
    const { pod } = cycle;
    const { queue, logger, truth } = this.#options;
    logger.warn({ err: failed.cause, pod: pod.key, node: node.name }, 'a binding failed');
    const state = await currentState(pod.pod, { ...truth, signal: this.#abort.signal });
    // Stopping: the next scheduler to run learns the truth from its first list.
    if (state === 'unknown') return;
    if (state?.spec.nodeName === node.name) {
      this.#bound(cycle, node.name);
      return;
    }
    this.#undo(cycle, node);
    if (state === undefined || state.spec.nodeName) queue.done(pod.uid);
    else this.#giveBackFor(queued, pod, failed);
  }

  #undo(cycle: Cycle, node: NodeInfo): void {
    const { framework, cache, queue } = this.#options;
    framework.unreserve(cycle, node);
    cache.forget(cycle.pod.uid);
    // Pods rejected for want of what was assumed can have it now.
    queue.notify({ kind: 'AssignedPodDelete', pod: cycle.pod.pod });
  }

  #giveBackFor(queued: QueuedPod, pod: PodInfo, status: Status): void {
    const message = status.reasons.join(', ');
    const rejectedBy = new Set(status.plugin === undefined ? [] : [status.plugin]);
    const outcome: Outcome = isRejection(status)
      ? { kind: 'rejected', rejectedBy }
      : { kind: 'failed' };
    if (outcome.kind === 'failed')
      this.#options.logger.warn(
        { err: status.cause, pod: pod.key, plugin: status.plugin },
        'scheduling a pod failed',
      );
    this.#giveBack(queued, pod, { outcome, message });
  }

  #giveBack(queued: QueuedPod, tried: PodInfo, why: { outcome: Outcome; message: string }): void {
    const { queue, reporter } = this.#options;
    const pod = this.#newest(tried);
    if (pod === undefined) {
      queue.done(tried.uid);
      return;
    }
    queue.putBack({ ...queued, pod: tried }, pod, why.outcome);
    const reason: FailureReason =
      why.outcome.kind === 'rejected' ? 'Unschedulable' : 'SchedulerError';
    this.#background(reporter.failed(pod.pod, reason, why.message));
  }

  #armDoubts(): void {
    this.#doubts = this.#options.clock.after(doubtAfterMs, () => {
      const { cache, clock } = this.#options;
      for (const pod of cache.doubtful(clock.monotonic())) this.#background(this.#settleDoubt(pod));
      this.#armDoubts();
    });
  }

  async #settleDoubt(pod: PodInfo): Promise<void> {
    const { cache, queue, truth } = this.#options;
    const state = await currentState(pod.pod, { ...truth, signal: this.#abort.signal });
    // A watch may have settled it meanwhile.
    if (state === 'unknown' || !cache.isAssumed(pod.uid)) return;
    if (state?.spec.nodeName) {
      assert(state.metadata.uid === pod.uid, 'another pod of the same name');
      cache.confirm(podInfo(state));
    } else {
      cache.forget(pod.uid);
      queue.notify({ kind: 'AssignedPodDelete', pod: pod.pod });
      if (state !== undefined) queue.set(podInfo(state));
    }
  }
}
