/**
 * The asynchronous half of placing a pod: permits are awaited, then PreBind, Bind and PostBind
 * run. Many pods are in it at a time. What it tells of a pod is the truth of the API server, not
 * what a request seemed to answer.
 */
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import { currentState, type TruthOptions } from './binding.ts';
import { EXTENDER_NAME } from './extenders/verdicts.ts';
import type { Extender } from './framework/extender.ts';
import type { Framework } from './framework/framework.ts';
import type { Cycle, PendingPermit } from './framework/interface.ts';
import type { NodeInfo } from './framework/node-info.ts';
import { failedWhile, failure, unschedulable, type Status } from './framework/status.ts';

/** PreBind plugins wait for others (volumes), Bind for the API server. Past it the pod fails. */
const MAX_PRE_BIND_MS = 600_000;
const MAX_BIND_MS = 60_000;

export interface Placement {
  readonly framework: Framework;
  readonly cycle: Cycle;
  readonly node: NodeInfo;
  readonly permits: readonly PendingPermit[];
}

export type BindingResult =
  | { readonly kind: 'bound' }
  | { readonly kind: 'refused'; readonly status: Status }
  /** The pod is gone, or somebody else bound it. */
  | { readonly kind: 'lost' }
  /** Stopping: the next scheduler to run learns the truth from its first list. */
  | { readonly kind: 'unknown' };

export interface BindingCyclesOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly truth: TruthOptions;
  /** A pod began or ended to wait for others than the API server. */
  readonly parkedChanged?: () => void;
  readonly extenders?: readonly Extender[] | undefined;
}

const hung = (what: string, ms: number): Status =>
  failure(new Error(`the ${what} did not end within ${ms / 1000} s`));
const bindHung = hung('Bind plugins', MAX_BIND_MS);
const late = unschedulable('rejected due to timeout after waiting at plugin permit');

export class BindingCycles {
  readonly #options: BindingCyclesOptions;
  readonly #waiting = new Map<string, (status: Status) => void>();
  readonly #ends = new Set<() => void>();
  #parked = 0;

  constructor(options: BindingCyclesOptions) {
    this.#options = options;
  }

  /** Pods that wait for permits and volumes: they ask nothing of the API server meanwhile. */
  get parked(): number {
    return this.#parked;
  }

  /** What is awaited was cut off: nothing may be said of it, least of all that it was late. */
  get #stopped(): boolean {
    return this.#options.truth.signal.aborted;
  }

  /** True if the pod was waiting for a permit: it is not any more. */
  reject(uid: string, reason: string): boolean {
    const rejectPod = this.#waiting.get(uid);
    rejectPod?.(unschedulable(reason));
    return rejectPod !== undefined;
  }

  async run(placement: Placement): Promise<BindingResult> {
    const { framework, cycle, node, permits } = placement;
    const preBinds = framework.preBinds(cycle, node.name);
    if (typeof preBinds !== 'boolean') return { kind: 'refused', status: preBinds };
    const waits = permits.length > 0 || preBinds;
    const refused = waits ? await this.#prepare(placement, preBinds) : undefined;
    if (this.#stopped) return { kind: 'unknown' };
    if (refused !== undefined) return { kind: 'refused', status: refused };
    // It may have gone while permits and volumes were awaited; the API server would not mind.
    if (cycle.cluster.node(node.name) === undefined)
      return { kind: 'refused', status: failure(new Error(`node "${node.name}" is gone`)) };
    const failed = await this.#within(MAX_BIND_MS, bindHung, this.#bind(placement));
    if (failed === undefined) return { kind: 'bound' };
    if (this.#stopped) return { kind: 'unknown' };
    return this.#resolve(placement, failed);
  }

  /** The extender that binds does so instead of the plugins, unless it fails and may. */
  async #bind({ framework, cycle, node }: Placement): Promise<Status | undefined> {
    const { extenders = [], logger } = this.#options;
    const { pod } = cycle;
    for (const extender of extenders) {
      if (extender.bind === undefined || !extender.concerns(pod)) continue;
      try {
        await extender.bind(pod, node.name);
        return undefined;
      } catch (error) {
        if (!extender.ignorable) return failure(error, EXTENDER_NAME);
        logger.warn({ err: error, extender: extender.name, pod: pod.key }, 'ignored an extender');
      }
    }
    return framework.bind(cycle, node.name);
  }

  async #prepare(placement: Placement, preBinds: boolean): Promise<Status | undefined> {
    const { parkedChanged = () => {} } = this.#options;
    this.#parked++;
    parkedChanged();
    try {
      const { cycle, permits } = placement;
      const rejected = await this.#awaitPermits(cycle.pod.uid, permits);
      return rejected ?? (preBinds ? await this.#preBind(placement) : undefined);
    } finally {
      this.#parked--;
      parkedChanged();
    }
  }

  async #preBind({ framework, cycle, node }: Placement): Promise<Status | undefined> {
    return framework.preBind(cycle, node.name, ({ name, preBindMs = MAX_PRE_BIND_MS }, answer) =>
      this.#within(preBindMs, hung(`PreBind plugin ${name}`, preBindMs), answer),
    );
  }

  /** A binding that seems to have failed may have been written. */
  async #resolve({ cycle, node }: Placement, failed: Status): Promise<BindingResult> {
    const { pod } = cycle;
    const { logger, truth } = this.#options;
    logger.warn({ err: failed.cause, pod: pod.key, node: node.name }, 'a binding failed');
    const state = await currentState(pod.pod, truth);
    if (state === 'unknown') return { kind: 'unknown' };
    if (state?.spec.nodeName === node.name) return { kind: 'bound' };
    if (state === undefined || state.spec.nodeName) return { kind: 'lost' };
    return { kind: 'refused', status: failed };
  }

  /** Ends what waits here, after the signal of `truth` aborted: `stop` of the scheduler. */
  stop(): void {
    for (const end of [...this.#ends]) end();
  }

  async #awaitPermits(uid: string, permits: readonly PendingPermit[]): Promise<Status | undefined> {
    if (permits.length === 0) return undefined;
    const rejected = new Promise<Status>((resolve) => this.#waiting.set(uid, resolve));
    try {
      for (const { decision, timeoutMs } of permits) {
        const guarded = decision.catch((error: unknown) =>
          failedWhile('waiting on permit for pod', failure(error)),
        );
        const decided = Promise.race([guarded, rejected]);
        const status = await this.#within(timeoutMs, late, decided);
        if (status !== undefined) return status;
      }
      return undefined;
    } finally {
      this.#waiting.delete(uid);
    }
  }

  /**
   * A plugin that never answers fails its pod, and holds up no other: after `ms`, or when the
   * scheduler stops, `instead` is the answer. One timer each, since there are many.
   */
  #within(
    ms: number,
    instead: Status,
    answer: Promise<Status | undefined>,
  ): Promise<Status | undefined> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        this.#ends.delete(end);
        timer.cancel();
      };
      const end = (): void => {
        settle();
        resolve(instead);
      };
      const timer = this.#options.clock.after(ms, end);
      this.#ends.add(end);
      answer.finally(settle).then(resolve, reject);
    });
  }
}
