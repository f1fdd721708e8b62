/** Pods, nodes and cycles for tests of the scheduler and the node agent. Everything is frozen. */
import { deepFreeze } from '../../api/deep.ts';
import type { Node, NodeSpec, Pod, PodSpec, PodStatus } from '../../api/types/core-v1.ts';
import { CycleState } from '../../scheduler/framework/cycle-state.ts';
import type { Cycle } from '../../scheduler/framework/interface.ts';
import { NodeInfo } from '../../scheduler/framework/node-info.ts';
import { podInfo } from '../../scheduler/framework/pod-info.ts';

type Quantities = Readonly<Record<string, string>>;

export interface PodSketch extends Partial<PodSpec> {
  readonly name?: string;
  readonly requests?: Quantities;
  readonly hostPort?: number;
  readonly annotations?: Quantities;
  readonly status?: PodStatus;
  readonly version?: number;
}

/** One container named "c", unless `containers` says otherwise. */
export function aPod(sketch: PodSketch = {}): Pod {
  const { name = 'pod', requests, hostPort, annotations, status, version = 1, ...spec } = sketch;
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
      ...{ namespace: 'default', name, uid: `uid-${name}`, resourceVersion: String(version) },
      ...(annotations === undefined ? {} : { annotations }),
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

export function aNodeInfo(node: Node, ...pods: readonly Pod[]): NodeInfo {
  const info = new NodeInfo(node.metadata.name!);
  info.setNode(node);
  for (const pod of pods) info.addPod(podInfo(pod));
  return info;
}

export function aCycle(pod: Pod, ...nodes: readonly NodeInfo[]): Cycle {
  return { pod: podInfo(pod), state: new CycleState(), nodes };
}
