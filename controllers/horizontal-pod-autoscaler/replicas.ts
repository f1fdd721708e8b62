/**
 * How many replicas a metric asks for: ceil(replicas · usage / target), with Kubernetes' care for
 * pods that are not ready or not measured. They count as if they used nothing when the rest
 * would scale up, and as if they used their share when it would scale down; if that turns the
 * decision around, nothing is done. In Go's doubles, so that both round alike.
 */
import { nameOf } from '../../api/meta.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import { podCondition } from '../runtime/pods.ts';
import { groupPods, type PodMetricMap, podRequest } from './pods.ts';

export interface Tolerance {
  readonly up: number;
  readonly down: number;
}

export interface ReplicaInput {
  readonly current: number;
  readonly pods: readonly Pod[];
  readonly metrics: PodMetricMap;
  readonly resource: string;
  /** Set for a metric of one container. */
  readonly container?: string;
  readonly tolerance: Tolerance;
  readonly nowMs: number;
}

export interface ReplicaProposal {
  readonly replicas: number;
  /** Of the requests, where the target is a share of them. */
  readonly utilization?: number;
  /** Per pod. */
  readonly averageMilli: number;
}

/** An int32 in the API. */
const MOST_REPLICAS = 2 ** 31 - 1;

/** Why a metric says nothing; its text is shown to users. */
export class NoMetricError extends Error {
  override readonly name = 'NoMetricError';
}

type Milli = ReadonlyMap<string, number>;

interface Judged {
  readonly ratio: number;
  readonly utilization?: number;
  readonly averageMilli: number;
}

interface Scale {
  /** Usage of these pods against the target. */
  judge(usage: Milli): Judged;
  /** What a pod that was not measured uses when the others would scale down. */
  assumed(pod: string): number;
}

/** `target`: percent of the requests. */
export function byUtilization(input: ReplicaInput, target: number): ReplicaProposal {
  const measured = measure(input);
  const { resource, container } = input;
  const requests = new Map(
    input.pods.map((pod) => [nameOf(pod), podRequest(pod, resource, container)]),
  );
  const fallback = Math.max(100, target);
  return propose(input, measured, {
    judge(usage) {
      let used = 0;
      let requested = 0;
      let count = 0;
      for (const [pod, milli] of usage) {
        const request = requests.get(pod);
        if (request === undefined) continue;
        used += milli;
        requested += request;
        count++;
      }
      if (requested === 0) throw new NoMetricError('no metrics returned matched known pods');
      const utilization = Math.floor((used * 100) / requested);
      return { ratio: utilization / target, utilization, averageMilli: Math.floor(used / count) };
    },
    assumed: (pod) => ((requests.get(pod) ?? 0) * fallback) / 100,
  });
}

/** `targetMilli`: per pod. */
export function byAverageValue(input: ReplicaInput, targetMilli: number): ReplicaProposal {
  return propose(input, measure(input), {
    judge(usage) {
      let used = 0;
      for (const milli of usage.values()) used += milli;
      const averageMilli = Math.floor(used / usage.size);
      return { ratio: averageMilli / targetMilli, averageMilli };
    },
    assumed: () => targetMilli,
  });
}

interface Measured {
  readonly usage: Milli;
  readonly ready: number;
  readonly unready: ReadonlySet<string>;
  readonly missing: ReadonlySet<string>;
  readonly ignored: ReadonlySet<string>;
}

function measure({ pods, metrics, resource, nowMs }: ReplicaInput): Measured {
  if (pods.length === 0)
    throw new NoMetricError('no pods returned by selector while calculating replica count');
  const groups = groupPods(pods, metrics, { resource, nowMs });
  const usage = new Map<string, number>();
  for (const [pod, { milli }] of metrics)
    if (!groups.ignored.has(pod) && !groups.unready.has(pod)) usage.set(pod, milli);
  if (usage.size === 0)
    throw new NoMetricError('did not receive metrics for targeted pods (pods might be unready)');
  return { ...groups, usage };
}

function propose(input: ReplicaInput, measured: Measured, scale: Scale): ReplicaProposal {
  const { current, tolerance } = input;
  const { usage, ready, unready, missing } = measured;
  const first = scale.judge(usage);
  const { ratio } = first;
  const shown = {
    averageMilli: first.averageMilli,
    ...(first.utilization === undefined ? {} : { utilization: first.utilization }),
  };
  const countUnready = unready.size > 0 && ratio > 1;
  if (!countUnready && missing.size === 0) {
    const replicas = within(ratio, tolerance) ? current : Math.ceil(ratio * ready);
    return { replicas, ...shown };
  }
  const all = new Map(usage);
  if (ratio < 1) for (const pod of missing) all.set(pod, scale.assumed(pod));
  else if (ratio > 1) for (const pod of missing) all.set(pod, 0);
  if (countUnready) for (const pod of unready) all.set(pod, 0);
  const { ratio: careful } = scale.judge(all);
  const turned = (ratio < 1 && careful > 1) || (ratio > 1 && careful < 1);
  if (turned || within(careful, tolerance)) return { replicas: current, ...shown };
  const replicas = Math.ceil(careful * all.size);
  const wrongWay = careful < 1 ? replicas > current : replicas < current;
  return { replicas: wrongWay ? current : replicas, ...shown };
}

/**
 * `usage` of something that is not measured by pod, against the target for all pods together; only
 * ready ones share in it.
 */
export function byTotal(
  { current, pods, tolerance }: Omit<ReplicaInput, 'metrics' | 'resource'>,
  usage: number,
  target: number,
): number {
  const ratio = usage / target;
  if (within(ratio, tolerance)) return current;
  if (pods.length === 0)
    throw new NoMetricError(
      'unable to calculate ready pods: no pods returned by selector while calculating replica count',
    );
  const ready = pods.filter(
    (pod) => pod.status?.phase === 'Running' && podCondition(pod, 'Ready')?.status === 'True',
  );
  return Math.ceil(ratio * ready.length);
}

/** `usage` shared among `replicas` pods, against the target for one. */
export function byShare(
  { replicas, tolerance }: { readonly replicas: number; readonly tolerance: Tolerance },
  usage: number,
  target: number,
): { readonly replicas: number; readonly averageMilli: number } {
  const isEnough = within(usage / (target * replicas), tolerance);
  const wanted = isEnough ? replicas : Math.ceil(usage / target);
  return {
    replicas: Math.min(wanted, MOST_REPLICAS),
    averageMilli: Math.ceil(usage / Math.max(replicas, 1)),
  };
}

function within(ratio: number, { up, down }: Tolerance): boolean {
  return 1 - down <= ratio && ratio <= 1 + up;
}
