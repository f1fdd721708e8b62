import { controllerOf } from '../../api/meta.ts';
import type { Pod, TopologySpreadConstraint } from '../../api/types/core-v1.ts';
import type { LabelSelector } from '../../api/types/meta-v1.ts';

export interface PodTopologySpreadArgs {
  /** For pods without constraints of their own; they have no selectors. */
  readonly defaultConstraints?: readonly TopologySpreadConstraint[];
  /** System, the default: a mild spread over hosts and zones. List: `defaultConstraints`. */
  readonly defaultingType?: 'System' | 'List';
}

export type Action = 'DoNotSchedule' | 'ScheduleAnyway';

export interface Constraints {
  readonly list: readonly TopologySpreadConstraint[];
  /** Of the system: nodes without the labels are scored by the labels they have. */
  readonly lenient: boolean;
}

const systemConstraints: readonly TopologySpreadConstraint[] = [
  { topologyKey: 'kubernetes.io/hostname', maxSkew: 3, whenUnsatisfiable: 'ScheduleAnyway' },
  { topologyKey: 'topology.kubernetes.io/zone', maxSkew: 5, whenUnsatisfiable: 'ScheduleAnyway' },
];

const none: Constraints = { list: [], lenient: false };
const spreadKinds = new Set(['ReplicaSet', 'StatefulSet', 'ReplicationController']);
/** Labels that tell the pods of one StatefulSet apart. */
const perPodLabels = new Set([
  'statefulset.kubernetes.io/pod-name',
  'apps.kubernetes.io/pod-index',
]);

/**
 * The pods that belong together. Kubernetes looks up the selectors of the pod's controller and
 * services; pods of one controller come from one template, so their labels select the same.
 */
function siblingsOf(pod: Pod): LabelSelector | undefined {
  const { labels } = pod.metadata;
  if (labels === undefined || !spreadKinds.has(controllerOf(pod)?.kind ?? '')) return undefined;
  const shared = Object.entries(labels).filter(([name]) => !perPodLabels.has(name));
  return shared.length === 0 ? undefined : { matchLabels: Object.fromEntries(shared) };
}

const acting = (constraints: readonly TopologySpreadConstraint[], action: Action) =>
  constraints.filter(({ whenUnsatisfiable = 'DoNotSchedule' }) => whenUnsatisfiable === action);

/** The pod's own constraints, or the defaults of the profile if it has none at all. */
export function constraintsBy({
  defaultingType = 'System',
  defaultConstraints = [],
}: PodTopologySpreadArgs): (pod: Pod, action: Action) => Constraints {
  const system = defaultingType === 'System';
  const defaults = system ? systemConstraints : defaultConstraints;
  return (pod, action) => {
    const own = pod.spec.topologySpreadConstraints;
    if (own !== undefined && own.length > 0) return { list: acting(own, action), lenient: false };
    const wanted = acting(defaults, action);
    const labelSelector = wanted.length === 0 ? undefined : siblingsOf(pod);
    if (labelSelector === undefined) return none;
    return { list: wanted.map((each) => ({ ...each, labelSelector })), lenient: system };
  };
}
