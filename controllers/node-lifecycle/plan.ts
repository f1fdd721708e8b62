/** What a node's heartbeats say about its conditions and taints. */
import { formatTime } from '../../api/time.ts';
import type { Node, NodeCondition, Taint } from '../../api/types/core-v1.ts';

/** Kubernetes 1.32 and later: 50 s without a heartbeat. */
const GRACE_MS = 50_000;
/** Of a node that has not told anything yet. */
const STARTUP_GRACE_MS = 60_000;

const NOT_READY = 'node.kubernetes.io/not-ready';
const UNREACHABLE = 'node.kubernetes.io/unreachable';
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';

/** Condition and status that keep new pods away, and by which taint. */
const taintOfCondition: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Ready: { False: NOT_READY, Unknown: UNREACHABLE },
  MemoryPressure: { True: 'node.kubernetes.io/memory-pressure' },
  DiskPressure: { True: 'node.kubernetes.io/disk-pressure' },
  NetworkUnavailable: { True: 'node.kubernetes.io/network-unavailable' },
  PIDPressure: { True: 'node.kubernetes.io/pid-pressure' },
};
const noScheduleTaints = new Set([
  ...Object.values(taintOfCondition).flatMap((byStatus) => Object.values(byStatus)),
  UNSCHEDULABLE,
]);

/** Conditions the kubelet reports; without it nobody knows. */
const reported = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

/** Without a heartbeat, until the node counts as silent. */
export function graceMs({ status }: Node): number {
  const hasTold = status?.conditions?.some(({ type }) => type === 'Ready') ?? false;
  return hasTold ? GRACE_MS : STARTUP_GRACE_MS;
}

/** Labels of old that follow those of today. */
const followers = [
  ['kubernetes.io/os', 'beta.kubernetes.io/os'],
  ['kubernetes.io/arch', 'beta.kubernetes.io/arch'],
] as const;

/** The node's labels with those that are to change; undefined if none is. */
export function planLabels({ metadata }: Node): Readonly<Record<string, string>> | undefined {
  const { labels = {} } = metadata;
  const changes = followers.flatMap(([leader, follower]) => {
    const value = labels[leader];
    return value === undefined || value === labels[follower] ? [] : [[follower, value] as const];
  });
  return changes.length === 0 ? undefined : { ...labels, ...Object.fromEntries(changes) };
}

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

/** Whether pods may be evicted: `keep` neither begins nor calls off an eviction. */
export type Eviction = 'begin' | 'keep' | 'call off';

/** The taints that go with the node's conditions; undefined if the node has just these. */
export function planTaints(
  node: Node,
  nowMs: number,
  eviction: Eviction,
): readonly Taint[] | undefined {
  const taints = node.spec?.taints ?? [];
  const wanted = new Map(noScheduleKeys(node).map((key) => [`${key}:NoSchedule`, key]));
  const key = readinessKey(node);
  const executes = eviction === 'begin' || (eviction === 'keep' && evicts(node));
  if (key !== undefined && executes) wanted.set(`${key}:NoExecute`, key);
  const kept = taints.filter((taint) => !managed(taint) || wanted.has(nameOfTaint(taint)));
  const present = new Set(kept.map(nameOfTaint));
  const timeAdded = formatTime(nowMs);
  const added = [...wanted]
    .filter(([name]) => !present.has(name))
    .map(([name, key]) => ({ key, effect: name.slice(key.length + 1), timeAdded }));
  if (added.length === 0 && kept.length === taints.length) return undefined;
  return [...kept, ...added];
}

/** True for a node that is not ready and whose pods nobody evicts yet. */
export function awaitsEviction(node: Node): boolean {
  return readinessKey(node) !== undefined && !evicts(node);
}

function evicts({ spec }: Node): boolean {
  return spec?.taints?.some((taint) => taint.effect === 'NoExecute' && managed(taint)) ?? false;
}

const nameOfTaint = ({ key, effect }: Taint): string => `${key}:${effect}`;

/** Those of this controller: an operator's taint of the same key and another effect stays. */
function managed({ key, effect }: Taint): boolean {
  if (effect === 'NoExecute') return key === NOT_READY || key === UNREACHABLE;
  return effect === 'NoSchedule' && noScheduleTaints.has(key);
}

function noScheduleKeys(node: Node): readonly string[] {
  const keys = (node.status?.conditions ?? [])
    .map(({ type, status }) => taintOfCondition[type]?.[status])
    .filter((key) => key !== undefined);
  return node.spec?.unschedulable ? [...keys, UNSCHEDULABLE] : keys;
}

function readinessKey(node: Node): string | undefined {
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready');
  return ready && taintOfCondition['Ready']?.[ready.status];
}
