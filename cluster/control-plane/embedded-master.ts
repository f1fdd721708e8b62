import type { ClusterPaths } from '../paths.ts';
import { type Master, masterNode } from './master.ts';
import { type ControlPlanePart, partOf, type PartState } from './parts.ts';

export interface EmbeddedComponents {
  readonly startedAt: number;
  /** Undefined with an etcd of somebody else's. */
  readonly store: string | undefined;
  readonly apiserver: string;
  /** Components that somebody else runs: they have no pods. */
  readonly without?: readonly string[];
}

/** The components of a cluster in one process run as long as it does. */
export function embeddedMaster(
  paths: ClusterPaths,
  { startedAt, store, apiserver, without = [] }: EmbeddedComponents,
): Master {
  const states: Readonly<Record<string, PartState>> = {
    ...(store === undefined ? {} : { store: { startedAt, address: store } }),
    apiserver: { startedAt, address: apiserver },
    controllers: { startedAt },
    scheduler: { startedAt },
  };
  const here = Object.keys(states).filter((component) => !without.includes(component));
  const parts = here.flatMap((component): ControlPlanePart[] => {
    const log = { path: paths.clusterLog, component };
    const part = partOf(component, { command: ['wherry', 'up'], log });
    return part === undefined ? [] : [part];
  });
  return masterNode(parts, { of: (component) => states[component], follow: () => () => {} });
}
