/** Which pods count how much when usage is averaged over them. */
import { milliValue } from '../../api/quantity.ts';
import { nameOf } from '../../api/meta.ts';
import type { Container, Pod } from '../../api/types/core-v1.ts';
import { podCondition, timeOf } from '../runtime/pods.ts';

/** While a pod is this young, its CPU usage counts only if measured since it became ready. */
const CPU_INITIALIZATION_MS = 300_000;
/** A pod that became unready within this time of its start was never ready. */
const INITIAL_READINESS_MS = 30_000;

/** What one pod uses of one resource, in thousandths. */
export interface PodMetric {
  readonly milli: number;
  readonly timestampMs: number;
  readonly windowMs: number;
}

export type PodMetricMap = ReadonlyMap<string, PodMetric>;

export interface Grouped {
  readonly ready: number;
  /** Not ready yet: their usage says nothing. */
  readonly unready: ReadonlySet<string>;
  /** Nobody measured them. */
  readonly missing: ReadonlySet<string>;
  /** On their way out. */
  readonly ignored: ReadonlySet<string>;
}

export function groupPods(
  pods: readonly Pod[],
  metrics: PodMetricMap,
  { resource, nowMs }: { readonly resource: string; readonly nowMs: number },
): Grouped {
  const unready = new Set<string>();
  const missing = new Set<string>();
  const ignored = new Set<string>();
  let ready = 0;
  for (const pod of pods) {
    const name = nameOf(pod);
    const metric = metrics.get(name);
    if (pod.metadata.deletionTimestamp !== undefined || pod.status?.phase === 'Failed')
      ignored.add(name);
    else if (pod.status?.phase === 'Pending') unready.add(name);
    else if (metric === undefined) missing.add(name);
    else if (resource === 'cpu' && startsUp(pod, metric, nowMs)) unready.add(name);
    else ready++;
  }
  return { ready, unready, missing, ignored };
}

function startsUp(pod: Pod, metric: PodMetric, nowMs: number): boolean {
  const condition = podCondition(pod, 'Ready');
  const startMs = timeOf(pod.status?.startTime);
  if (condition === undefined || startMs === undefined) return true;
  const changedMs = timeOf(condition.lastTransitionTime) ?? 0;
  const notReady = condition.status === 'False';
  if (startMs + CPU_INITIALIZATION_MS > nowMs)
    return notReady || metric.timestampMs < changedMs + metric.windowMs;
  return notReady && startMs + INITIAL_READINESS_MS > changedMs;
}

export class MissingRequestError extends Error {
  override readonly name = 'MissingRequestError';
}

/** Of its containers and sidecars, or of one; all of them have to say. */
export function podRequest(pod: Pod, resource: string, container?: string): number {
  const sidecars = (pod.spec.initContainers ?? []).filter((c) => c.restartPolicy === 'Always');
  const counted: readonly Container[] = [...pod.spec.containers, ...sidecars];
  let milli = 0;
  for (const { name, resources } of counted) {
    if (container !== undefined && name !== container) continue;
    const request = resources?.requests?.[resource];
    if (request === undefined)
      throw new MissingRequestError(
        `missing request for ${resource} in container ${name} of Pod ${nameOf(pod)}`,
      );
    milli += milliValue(request);
  }
  return milli;
}
