/** metrics.k8s.io/v1beta1: no part of Kubernetes itself, so not among the generated types. */
import type { ObjectMeta } from './meta.ts';
import type { ResourceType } from './resource.ts';

/** By resource: "cpu", "memory". */
export type Usage = Readonly<Record<string, string>>;

interface Measured {
  readonly apiVersion: string;
  readonly metadata: ObjectMeta;
  /** End of the measurement, which lasted for `window`. */
  readonly timestamp: string;
  readonly window: string;
}

export interface NodeMetrics extends Measured {
  readonly kind: string;
  readonly usage: Usage;
}

export interface ContainerMetrics {
  readonly name: string;
  readonly usage: Usage;
}

export interface PodMetrics extends Measured {
  readonly kind: string;
  readonly containers: readonly ContainerMetrics[];
}

const groupVersion = { group: 'metrics.k8s.io', version: 'v1beta1' };

export const nodeMetrics: ResourceType<NodeMetrics> = {
  ...groupVersion,
  resource: 'nodes',
  kind: 'NodeMetrics',
  namespaced: false,
};

export const podMetrics: ResourceType<PodMetrics> = {
  ...groupVersion,
  resource: 'pods',
  kind: 'PodMetrics',
  namespaced: true,
};
