/** Where pods may be, by the plainest reading of the rules: nothing is shared with the scheduler. */
import { milliValue } from '../../../../api/quantity.ts';
import type { Node, Pod, Taint } from '../../../../api/types/core-v1.ts';

export const cpuOf = ({ spec }: Pod): number =>
  spec.containers.reduce(
    (sum, { resources }) => sum + milliValue(resources?.requests?.['cpu'] ?? 0),
    0,
  );

export const hasEnded = ({ status }: Pod): boolean =>
  status?.phase === 'Succeeded' || status?.phase === 'Failed';

export const isActive = (pod: Pod): boolean =>
  !hasEnded(pod) && pod.metadata.deletionTimestamp === undefined;

export const isReady = ({ status }: Pod): boolean =>
  status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True') ?? false;

export const cpuRoom = (node: Node): number => milliValue(node.status?.allocatable?.['cpu'] ?? 0);
export const podRoom = (node: Node): number => Number(node.status?.allocatable?.['pods'] ?? 0);

/** Pods that hold a part of a node: until they have ended, or are gone. */
export const held = (pods: readonly Pod[], node: string): Pod[] =>
  pods.filter((pod) => pod.spec.nodeName === node && !hasEnded(pod));

function tolerates({ spec }: Pod, taint: Taint): boolean {
  return (spec.tolerations ?? []).some(
    ({ key, operator = 'Equal', value = '', effect }) =>
      (!key || key === taint.key) &&
      (!effect || effect === taint.effect) &&
      (operator === 'Exists' || value === (taint.value ?? '')),
  );
}

const isDaemon = ({ metadata }: Pod): boolean =>
  metadata.ownerReferences?.some(({ kind }) => kind === 'DaemonSet') ?? false;

/** Names of nodes that a pod insists on: a DaemonSet's pod on one, from its creation on. */
function namedNodes({ spec }: Pod): (readonly string[])[] {
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const fields = required?.nodeSelectorTerms.flatMap(({ matchFields = [] }) => matchFields) ?? [];
  return fields.map(({ values = [] }) => values);
}

/**
 * Where a DaemonSet's pod is or, while there is no room for it, is meant to be. On a full cluster
 * one waits for each node; kube-scheduler binds them, by an affinity to metadata.name.
 * https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/#how-daemon-pods-are-scheduled
 */
export const daemonNode = (pod: Pod): string | undefined =>
  pod.spec.nodeName ?? namedNodes(pod)[0]?.[0];

/** Labels, the node's name, taints and cordons: what does not depend on other pods. */
export function accepts(node: Node, pod: Pod): boolean {
  const labels = node.metadata.labels ?? {};
  const wanted = Object.entries(pod.spec.nodeSelector ?? {});
  if (wanted.some(([name, value]) => labels[name] !== value)) return false;
  if (namedNodes(pod).some((names) => !names.includes(node.metadata.name ?? ''))) return false;
  if (node.spec.unschedulable === true && !isDaemon(pod)) return false;
  return (node.spec.taints ?? []).every(
    (taint) => taint.effect === 'PreferNoSchedule' || tolerates(pod, taint),
  );
}

/** Required anti-affinity by host name, as the simulation's templates have it. */
function avoids(pod: Pod): string | undefined {
  const terms = pod.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return terms?.[0]?.labelSelector?.matchLabels?.['app'];
}

const app = ({ metadata }: Pod): string | undefined => metadata.labels?.['app'];

export const repel = (a: Pod, b: Pod): boolean =>
  a.metadata.namespace === b.metadata.namespace &&
  ((avoids(a) !== undefined && avoids(a) === app(b)) ||
    (avoids(b) !== undefined && avoids(b) === app(a)));

/** True if the pod could be there beside `others`. */
export function fits(node: Node, pod: Pod, others: readonly Pod[]): boolean {
  const used = others.reduce((sum, other) => sum + cpuOf(other), 0);
  return (
    accepts(node, pod) &&
    used + cpuOf(pod) <= cpuRoom(node) &&
    others.length + 1 <= podRoom(node) &&
    !others.some((other) => repel(pod, other))
  );
}
