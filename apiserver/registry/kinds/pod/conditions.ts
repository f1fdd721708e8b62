import type { Mutable } from '../../../../api/meta.ts';
import { formatTime } from '../../../../api/time.ts';
import type { Pod, PodCondition } from '../../../../api/types/core-v1.ts';
import type { WriteContext } from '../../declaration.ts';

/** The pod with one condition set; its transition time moves only when the status does. */
export function withCondition(
  pod: Pod,
  condition: PodCondition,
  { nowMs }: WriteContext,
): Mutable<Pod> {
  const old = pod.status?.conditions?.find(({ type }) => type === condition.type);
  const lastTransitionTime =
    old?.status === condition.status ? old.lastTransitionTime : formatTime(nowMs);
  const changed = { lastProbeTime: null, lastTransitionTime, ...condition };
  const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== condition.type);
  const status = { ...pod.status, conditions: [...others, changed] };
  return { ...pod, metadata: { ...pod.metadata }, status } as Mutable<Pod>;
}
