/** Which pods count how much when usage is averaged over them. */
import { milliValue } from '../../api/quantity.ts';
import { nameOf } from '../../api/meta.ts';
import { podRequests } from '../../api/scheduling/requests.ts';
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

/** Resources for which requests of a pod as a whole count (KEP-2837). */
const isPodLevel = (resource: string): boolean =>
  resource === 'cpu' || resource === 'memory' || resource.startsWith('hugepages-');

/**
 * In thousandths: of the pod as a whole if that requests anything; of one container; or of its
 * containers and sidecars, which all have to say.
 */
export function podRequest(pod: Pod, resource: string, container?: string): number {
  const ofPod = Object.keys(pod.spec.resources?.requests ?? {});
  if (container === undefined && ofPod.some(isPodLevel)) return wholePodRequest(pod, resource);
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

function wholePodRequest(pod: Pod, resource: string): number {
  const { containers, initContainers = [], resources, overhead } = pod.spec;
  const told = [...containers, ...initContainers].map((each) => each.resources?.requests);
  if (![resources?.requests, overhead, ...told].some((each) => each?.[resource] !== undefined))
    throw new MissingRequestError(
      `missing pod-level request for ${resource} in Pod ${nameOf(pod)}`,
    );
  const { milliCpu, memory, ephemeralStorage, scalars } = podRequests(pod);
  if (resource === 'cpu') return milliCpu;
  if (resource === 'memory') return memory * 1000;
  return (
    1000 * (resource === 'ephemeral-storage' ? ephemeralStorage : (scalars.get(resource) ?? 0))
  );
}
