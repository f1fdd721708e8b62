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

/**
 * The pods that belong together with a pod: what the selectors of its services and of its
 * controller say, joined. Undefined if there are none.
 */
export type SelectorOf = (pod: Pod) => LabelSelector | undefined;

const none: Constraints = { list: [], lenient: false };
const acting = (constraints: readonly TopologySpreadConstraint[], action: Action) =>
  constraints.filter(({ whenUnsatisfiable = 'DoNotSchedule' }) => whenUnsatisfiable === action);

/** The pod's own constraints, or the defaults of the profile if it has none at all. */
export function constraintsBy(
  { defaultingType = 'System', defaultConstraints = [] }: PodTopologySpreadArgs,
  selectorOf: SelectorOf,
): (pod: Pod, action: Action) => Constraints {
  const system = defaultingType === 'System';
  const defaults = system ? systemConstraints : defaultConstraints;
  return (pod, action) => {
    const own = pod.spec.topologySpreadConstraints;
    if (own !== undefined && own.length > 0) return { list: acting(own, action), lenient: false };
    const wanted = acting(defaults, action);
    const labelSelector = wanted.length === 0 ? undefined : selectorOf(pod);
    if (labelSelector === undefined) return none;
    return { list: wanted.map((each) => ({ ...each, labelSelector })), lenient: system };
  };
}
