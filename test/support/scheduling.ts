/** Pods, nodes and cycles for tests of the scheduler and the node agent. Everything is frozen. */
import { deepFreeze } from '../../api/deep.ts';
import { keyOf, type KubernetesObject } from '../../api/meta.ts';
import type {
  Node,
  NodeSpec,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  PodSpec,
  PodStatus,
} from '../../api/types/core-v1.ts';
import type { ObjectMeta } from '../../api/types/meta-v1.ts';
import type {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  StorageClass,
  VolumeAttachment,
} from '../../api/types/storage-v1.ts';
import { CycleState } from '../../scheduler/framework/cycle-state.ts';
import { ClusterState } from '../../scheduler/framework/cluster-state.ts';
import type { Cycle } from '../../scheduler/framework/interface.ts';
import { NodeInfo } from '../../scheduler/framework/node-info.ts';
import { podInfo } from '../../scheduler/framework/pod-info.ts';
import type { Devices } from '../../scheduler/plugins/dynamic-resources/devices.ts';
import type { Storage } from '../../scheduler/plugins/volumes.ts';
import type { PluginParts } from '../../scheduler/registry.ts';

type Quantities = Readonly<Record<string, string>>;

export interface PodSketch extends Partial<PodSpec> {
  readonly name?: string;
  readonly requests?: Quantities;
  readonly hostPort?: number;
  readonly namespace?: string;
  readonly labels?: Quantities;
  readonly annotations?: Quantities;
  readonly ownerReferences?: ObjectMeta['ownerReferences'];
  readonly status?: PodStatus;
  readonly version?: number;
}

/** One container named "c", unless `containers` says otherwise. */
export function aPod(sketch: PodSketch = {}): Pod {
  const { name = 'pod', namespace = 'default', requests, hostPort, status, ...others } = sketch;
  const { annotations, labels, ownerReferences, version = 1, ...spec } = others;
  const container = {
    name: 'c',
    image: 'nginx',
    ...(requests === undefined ? {} : { resources: { requests } }),
    ...(hostPort === undefined ? {} : { ports: [{ containerPort: 80, hostPort }] }),
  };
  return deepFreeze({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...{ namespace, name, uid: `uid-${name}`, resourceVersion: String(version) },
      ...(annotations === undefined ? {} : { annotations }),
      ...(labels === undefined ? {} : { labels }),
      ...(ownerReferences === undefined ? {} : { ownerReferences }),
    },
    spec: { containers: [container], ...spec },
    ...(status === undefined ? {} : { status }),
  });
}

export interface NodeSketch extends NodeSpec {
  readonly name?: string;
  readonly labels?: Quantities;
  readonly allocatable?: Quantities;
}

export function aNode(sketch: NodeSketch = {}): Node {
  const { name = 'node', labels, allocatable, ...spec } = sketch;
  return deepFreeze({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, uid: `uid-${name}`, ...(labels === undefined ? {} : { labels }) },
    spec,
    status: { allocatable: { cpu: '4', memory: '8Gi', pods: '10', ...allocatable } },
  });
}

/** Of no cluster: it is in no domain. */
export function aNodeInfo(node: Node, ...pods: readonly Pod[]): NodeInfo {
  const info = new NodeInfo(node.metadata.name!, -1);
  info.setNode(node);
  for (const pod of pods) info.addPod(podInfo(pod));
  return info;
}

/** A cluster of these nodes with what is on them. */
export function aCluster(...nodes: readonly NodeInfo[]): ClusterState {
  const cluster = new ClusterState();
  for (const info of nodes) {
    cluster.setNode(info.node);
    for (const pod of info.pods.values()) cluster.addPod(pod, info.name);
  }
  return cluster;
}

/** `nodes` are copied: ask the cycle's own for verdicts that change with the cluster. */
export function aCycle(pod: Pod, ...nodes: readonly NodeInfo[]): Cycle {
  const cluster = aCluster(...nodes);
  return { pod: podInfo(pod), state: new CycleState(), nodes: cluster.nodes, cluster };
}

export interface StorageSketch {
  readonly claims?: readonly PersistentVolumeClaim[];
  readonly volumes?: readonly PersistentVolume[];
  readonly classes?: readonly StorageClass[];
  readonly csiNodes?: readonly CSINode[];
  readonly csiDrivers?: readonly CSIDriver[];
  readonly attachments?: readonly VolumeAttachment[];
  readonly capacities?: readonly CSIStorageCapacity[];
}

/** What these say, for ever: nothing is written. */
export function aStorage(sketch: StorageSketch = {}): Storage {
  const { claims = [], volumes = [], classes = [], csiNodes = [] } = sketch;
  const { csiDrivers = [], capacities = [], attachments = [] } = sketch;
  const named = <T extends KubernetesObject>(objects: readonly T[], name: string): T | undefined =>
    objects.find(({ metadata }) => metadata.name === name);
  return {
    claim: (key) => claims.find((claim) => keyOf(claim) === key),
    volume: (name) => named(volumes, name),
    candidates: () => volumes,
    storageClass: (name) => named(classes, name),
    csiNode: (name) => named(csiNodes, name),
    csiDriver: (name) => named(csiDrivers, name),
    attachments: (name) => attachments.filter(({ spec }) => spec.nodeName === name),
    capacities: (name) => capacities.filter(({ storageClassName }) => storageClassName === name),
    changed: () => new Promise(() => {}),
    selectNode: () => Promise.resolve(),
    updateVolume: () => Promise.resolve(),
  };
}

/** Nothing is there, for ever, and nothing is written. */
const noDevices: Devices = {
  claim: () => undefined,
  deviceClass: () => undefined,
  slices: () => [],
  isAllocated: () => false,
  changed: () => new Promise(() => {}),
  latest: (claim) => Promise.resolve(claim),
  update: (claim) => Promise.resolve(claim),
  updateStatus: (claim) => Promise.resolve(claim),
  release: () => {},
};

/** For profiles in tests of decisions: nothing is written anywhere. */
export const inertParts: PluginParts = {
  post: () => Promise.resolve(),
  preemption: {
    budgets: () => [],
    evictor: { evict: () => Promise.resolve(), withdrawNomination: () => Promise.resolve() },
    random: { below: () => 0, bytes: (length) => new Uint8Array(length) },
  },
  storage: aStorage(),
  devices: noDevices,
  selectorOf: () => undefined,
};
