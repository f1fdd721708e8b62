/**
 * Probes as the kubelet runs them (kubernetes.io/docs/concepts/configuration/liveness-readiness-
 * startup-probes, pkg/kubelet/prober by its documented behaviour): what one probe's results add up
 * to. Time is in `container-probes.ts`, what a probe does in `probe-check.ts`.
 */
import type { Probe } from '../../api/types/core-v1.ts';

export type ProbeKind = 'startup' | 'liveness' | 'readiness';

export interface ProbeResult {
  readonly ok: boolean;
  /** What a failure's event tells. */
  readonly output: string;
}

/** A probe with Kubernetes' defaults, times in milliseconds. */
export interface ProbePlan {
  readonly initialDelayMs: number;
  readonly periodMs: number;
  readonly timeoutMs: number;
  readonly successThreshold: number;
  readonly failureThreshold: number;
  /** Set if the probe has a grace of its own. */
  readonly graceSeconds: number | undefined;
}

const minimum = (value: number | undefined, otherwise: number): number =>
  value === undefined || value < 1 ? otherwise : value;

export function planOf(probe: Probe): ProbePlan {
  return {
    initialDelayMs: Math.max(0, probe.initialDelaySeconds ?? 0) * 1000,
    periodMs: minimum(probe.periodSeconds, 10) * 1000,
    timeoutMs: minimum(probe.timeoutSeconds, 1) * 1000,
    successThreshold: minimum(probe.successThreshold, 1),
    failureThreshold: minimum(probe.failureThreshold, 3),
    graceSeconds: probe.terminationGracePeriodSeconds,
  };
}

/** Counts results in a row; a verdict changes only when a threshold is reached. */
export class ProbeTally {
  readonly #plan: Pick<ProbePlan, 'successThreshold' | 'failureThreshold'>;
  #last: boolean | undefined;
  #inARow = 0;

  constructor(plan: Pick<ProbePlan, 'successThreshold' | 'failureThreshold'>) {
    this.#plan = plan;
  }

  /** The verdict, if this result brings the results in a row to their threshold or beyond. */
  add(ok: boolean): boolean | undefined {
    this.#inARow = ok === this.#last ? this.#inARow + 1 : 1;
    this.#last = ok;
    const threshold = ok ? this.#plan.successThreshold : this.#plan.failureThreshold;
    return this.#inARow >= threshold ? ok : undefined;
  }
}
