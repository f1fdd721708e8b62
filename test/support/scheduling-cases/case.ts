/** What a scheduler is given, for comparing two of them: objects as manifests, and pods to place. */
import type { KubernetesObject } from '../../../api/meta.ts';
import type { Container, PodSpec, Taint } from '../../../api/types/core-v1.ts';

/** Everything but its kind's defaults. */
export type Manifest = Pick<KubernetesObject, 'apiVersion' | 'kind'> & {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
};

export interface SchedulingCase {
  readonly name: string;
  /** Created in this order, each step once the pods of the one before are settled. */
  readonly steps: readonly (readonly Manifest[])[];
  /** Which of several equal nodes a pod gets is for the scheduler to say. */
  readonly anyNode?: boolean;
  /** Pods that are not tried at all, so that nobody tells why they wait. */
  readonly untold?: readonly string[];
}

type Labels = Readonly<Record<string, string>>;

interface NodeSketch {
  readonly labels?: Labels;
  readonly taints?: readonly Taint[];
  readonly unschedulable?: boolean;
  /** Instead of 4 CPUs, 8 Gi and ten pods. */
  readonly capacity?: Labels;
}

export function node(name: string, sketch: NodeSketch = {}): Manifest {
  const { labels, taints, unschedulable, capacity: more } = sketch;
  const capacity = { cpu: '4', memory: '8Gi', pods: '10', ...more };
  return {
    ...{ apiVersion: 'v1', kind: 'Node' },
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } },
    spec: { taints, unschedulable },
    status: { capacity, allocatable: capacity },
  };
}

/** Equal ones: n1, n2, … */
export const nodes = (count: number, sketch?: NodeSketch): Manifest[] =>
  Array.from({ length: count }, (_, i) => node(`n${i + 1}`, sketch));

interface PodSketch extends Omit<Partial<PodSpec>, 'containers' | 'volumes'> {
  readonly labels?: Labels;
  readonly requests?: Labels;
  readonly ports?: Container['ports'];
  readonly claims?: readonly string[];
  readonly volumes?: PodSpec['volumes'];
  readonly container?: Partial<Container>;
}

export function pod(name: string, sketch: PodSketch = {}): Manifest {
  const { labels, requests, ports, claims = [], volumes = [], container, ...spec } = sketch;
  const claimed = claims.map((claimName, i) => ({
    name: `claim-${i}`,
    persistentVolumeClaim: { claimName },
  }));
  return {
    ...{ apiVersion: 'v1', kind: 'Pod', metadata: { namespace: 'default', name, labels } },
    spec: {
      containers: [{ name: 'c', image: 'nginx', ports, resources: { requests }, ...container }],
      volumes: [...claimed, ...volumes],
      terminationGracePeriodSeconds: 30,
      ...spec,
    },
  } as Manifest;
}

/** Any other object; what is not namespaced ignores the namespace. */
export const object = (
  apiVersion: string,
  kind: string,
  { name, ...rest }: { readonly name: string; readonly [field: string]: unknown },
): Manifest => ({ apiVersion, kind, metadata: { name, namespace: 'default' }, ...rest });
