/** What a node's heartbeats say about its conditions and taints. */
import { formatTime } from '../../api/time.ts';
import type { Node, NodeCondition, Taint } from '../../api/types/core-v1.ts';

/** Kubernetes 1.32 and later: 50 s without a heartbeat. */
export const GRACE_MS = 50_000;

const NOT_READY = 'node.kubernetes.io/not-ready';
const UNREACHABLE = 'node.kubernetes.io/unreachable';
const managed = new Set([NOT_READY, UNREACHABLE]);

/** Conditions the kubelet reports; without it nobody knows. */
const reported = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

/** The conditions of a node that fell silent; the same list if they already say so. */
export function silentConditions(node: Node, nowMs: number): readonly NodeCondition[] {
  const conditions = node.status?.conditions ?? [];
  const now = formatTime(nowMs);
  const known = new Set(conditions.map(({ type }) => type));
  const missing = reported
    .filter((type) => !known.has(type))
    .map((type) => ({
      type,
      status: 'Unknown',
      reason: 'NodeStatusNeverUpdated',
      message: 'Kubelet never posted node status.',
      lastHeartbeatTime: node.metadata.creationTimestamp ?? now,
      lastTransitionTime: now,
    }));
  const silent = conditions.map((condition) =>
    reported.includes(condition.type) && condition.status !== 'Unknown'
      ? {
          ...condition,
          status: 'Unknown',
          reason: 'NodeStatusUnknown',
          message: 'Kubelet stopped posting node status.',
          lastTransitionTime: now,
        }
      : condition,
  );
  const same = missing.length === 0 && silent.every((condition, i) => condition === conditions[i]);
  return same ? conditions : [...silent, ...missing];
}

/** The taints that go with the Ready condition; undefined if the node has just these. */
export function planTaints(node: Node, nowMs: number): readonly Taint[] | undefined {
  const taints = node.spec?.taints ?? [];
  const key = taintKey(node);
  const wanted = key === undefined ? [] : ['NoSchedule', 'NoExecute'];
  const kept = taints.filter(
    (taint) => !managed.has(taint.key) || (taint.key === key && wanted.includes(taint.effect)),
  );
  const added = wanted
    .filter((effect) => !kept.some((taint) => taint.key === key && taint.effect === effect))
    .map((effect) => ({
      key: key!,
      effect,
      ...(effect === 'NoExecute' ? { timeAdded: formatTime(nowMs) } : {}),
    }));
  if (added.length === 0 && kept.length === taints.length) return undefined;
  return [...kept, ...added];
}

function taintKey(node: Node): string | undefined {
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready?.status === 'False') return NOT_READY;
  return ready?.status === 'Unknown' ? UNREACHABLE : undefined;
}
