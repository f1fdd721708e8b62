import { deepEqual } from '../api/deep.ts';
import { KUBELET_URL_ANNOTATION } from '../api/kubelet-url.ts';
import type { Node, NodeCondition, NodeStatus, Taint } from '../api/types/core-v1.ts';
import type { NodeImages } from './node-images.ts';
import { nodeInfo, type NodeIdentity } from './node-info.ts';

export const defaultCapacity: Readonly<Record<string, string>> = {
  cpu: '4',
  memory: '8Gi',
  'ephemeral-storage': '100Gi',
  pods: '110',
};

/** What a simulated machine is made of. */
export interface NodeSpecification extends NodeIdentity {
  readonly labels: Readonly<Record<string, string>>;
  /** Those it registers with; they are others' to change from then on. */
  readonly taints?: readonly Taint[];
  readonly capacity: Readonly<Record<string, string>>;
  /** What pods may have of it. Default: all. */
  readonly allocatable?: Readonly<Record<string, string>> | undefined;
  readonly podCidr: string;
  readonly internalIp: string;
  /** Where the agent answers for this node: "https://127.0.0.1:10250/nodes/node1". */
  readonly serverUrl?: string | undefined;
}

/** Labels that are the agent's to keep; users may set others. */
export function ownLabels({ name, machine }: NodeSpecification): Record<string, string> {
  const { architecture } = machine;
  return {
    'kubernetes.io/arch': architecture,
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
    'beta.kubernetes.io/arch': architecture,
    'beta.kubernetes.io/os': 'linux',
  };
}

/**
 * Leaves volumes to the attach-detach controller, and says where the node's agent answers: its
 * InternalIP is made up, and one agent may be many nodes.
 */
export function ownAnnotations({ serverUrl }: NodeSpecification): Record<string, string> {
  return {
    'volumes.kubernetes.io/controller-managed-attach-detach': 'true',
    ...(serverUrl === undefined ? {} : { [KUBELET_URL_ANNOTATION]: serverUrl }),
  };
}

/** As the kubelet tells its port. */
function daemonEndpoints({ serverUrl }: NodeSpecification): Pick<NodeStatus, 'daemonEndpoints'> {
  if (serverUrl === undefined) return {};
  return { daemonEndpoints: { kubeletEndpoint: { Port: Number(new URL(serverUrl).port) } } };
}

const conditions: readonly (readonly [string, string, string, string])[] = [
  [
    'MemoryPressure',
    'False',
    'KubeletHasSufficientMemory',
    'kubelet has sufficient memory available',
  ],
  ['DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
  ['PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
  ['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'],
];

const pressed: Readonly<Record<string, readonly [string, string, string, string]>> = {
  MemoryPressure: [
    'MemoryPressure',
    'True',
    'KubeletHasInsufficientMemory',
    'kubelet has insufficient memory available',
  ],
  DiskPressure: ['DiskPressure', 'True', 'KubeletHasDiskPressure', 'kubelet has disk pressure'],
};

/** The agent's conditions, then those of others as they are. */
function nodeConditions(
  olds: readonly NodeCondition[],
  now: string,
  pressures: ReadonlySet<string>,
): NodeCondition[] {
  const own = conditions.map((usual): NodeCondition => {
    const [type, status, reason, message] = pressures.has(usual[0]) ? pressed[usual[0]]! : usual;
    const old = olds.find((each) => each.type === type);
    const since = old?.status === status ? old.lastTransitionTime : undefined;
    return {
      type,
      status,
      lastHeartbeatTime: now,
      lastTransitionTime: since ?? now,
      reason,
      message,
    };
  });
  return [...own, ...olds.filter(({ type }) => !own.some((each) => each.type === type))];
}

const noPressures: ReadonlySet<string> = new Set();

export interface NodeState {
  readonly now: string;
  /** The types of conditions of pressure that are true. */
  readonly pressures?: ReadonlySet<string>;
  readonly images?: NodeImages;
}

export function nodeStatus(
  specification: NodeSpecification,
  old: NodeStatus | undefined,
  { now, pressures = noPressures, images }: NodeState,
): NodeStatus {
  const { name, capacity, internalIp, runtimeVersion } = specification;
  const isProcess = runtimeVersion.startsWith('process://');
  const told = isProcess ? [] : (images?.told(old?.images) ?? []);
  return {
    ...old,
    addresses: [
      { type: 'InternalIP', address: internalIp },
      { type: 'Hostname', address: name },
    ],
    // Extended resources are what others say the node has.
    capacity: { ...old?.capacity, ...capacity },
    allocatable: { ...old?.allocatable, ...(specification.allocatable ?? capacity) },
    ...daemonEndpoints(specification),
    conditions: nodeConditions(old?.conditions ?? [], now, pressures),
    ...(told.length === 0 ? {} : { images: told }),
    nodeInfo: nodeInfo(specification),
  };
}

export function newNode(specification: NodeSpecification, now: string): Node {
  const { name, labels, podCidr, taints = [] } = specification;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: { ...labels, ...ownLabels(specification) },
      annotations: { 'node.alpha.kubernetes.io/ttl': '0', ...ownAnnotations(specification) },
    },
    spec: {
      podCIDR: podCidr,
      podCIDRs: [podCidr],
      ...(taints.length === 0 ? {} : { taints }),
    },
    status: nodeStatus(specification, undefined, { now }),
  };
}

const withoutHeartbeats = (status: NodeStatus | undefined): object => ({
  ...status,
  conditions: status?.conditions?.map(({ lastHeartbeatTime: _when, ...rest }) => rest),
});

/** True if two statuses say the same; heartbeats say nothing. */
export function sameNodeStatus(a: NodeStatus | undefined, b: NodeStatus | undefined): boolean {
  return deepEqual(withoutHeartbeats(a), withoutHeartbeats(b));
}
