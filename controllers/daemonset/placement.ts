/** On which nodes a DaemonSet has a pod, and how that pod is bound to its node. */
import { type Draft } from '../../api/meta.ts';
import { matchesNodeAffinity } from '../../api/scheduling/node-selector.ts';
import { findUntolerated, tolerated } from '../../api/scheduling/tolerations.ts';
import type { DaemonSet } from '../../api/types/apps-v1.ts';
import type { Node, Pod, PodSpec, Toleration } from '../../api/types/core-v1.ts';
import { podOf } from '../runtime/pod-control.ts';

export const HASH_LABEL = 'controller-revision-hash';
const GENERATION_LABEL = 'pod-template-generation';
const GENERATION = 'deprecated.daemonset.template.generation';

/** What a daemon bears that other pods do not: it belongs to the node, in whatever state. */
function ownTolerations(spec: PodSpec): readonly Toleration[] {
  const bears = (name: string, effect: string): Toleration => ({
    key: `node.kubernetes.io/${name}`,
    operator: 'Exists',
    effect,
  });
  return [
    bears('not-ready', 'NoExecute'),
    bears('unreachable', 'NoExecute'),
    bears('disk-pressure', 'NoSchedule'),
    bears('memory-pressure', 'NoSchedule'),
    bears('pid-pressure', 'NoSchedule'),
    bears('unschedulable', 'NoSchedule'),
    ...(spec.hostNetwork === true ? [bears('network-unavailable', 'NoSchedule')] : []),
  ];
}

function withOwn(spec: PodSpec): readonly Toleration[] {
  const own = ownTolerations(spec);
  const same = (a: Toleration, b: Toleration): boolean =>
    a.key === b.key && a.effect === b.effect && a.operator === b.operator && !a.value;
  const given = (spec.tolerations ?? []).filter((each) => !own.some((o) => same(each, o)));
  return [...given, ...own];
}

/** The scheduler binds it, but has one node to choose from. */
export function newPod(set: DaemonSet, nodeName: string, hash: string): Draft<Pod> {
  const { metadata, spec } = podOf(set, set.spec.template);
  const { nodeAffinity, ...others } = spec.affinity ?? {};
  const generation = set.metadata.annotations?.[GENERATION];
  const matchFields = [{ key: 'metadata.name', operator: 'In', values: [nodeName] }];
  return {
    metadata: {
      ...metadata,
      labels: {
        ...metadata.labels,
        ...(generation === undefined ? {} : { [GENERATION_LABEL]: generation }),
        [HASH_LABEL]: hash,
      },
    },
    spec: {
      ...spec,
      affinity: {
        ...others,
        nodeAffinity: {
          ...nodeAffinity,
          requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields }] },
        },
      },
      tolerations: withOwn(spec),
    },
  };
}

/** The node a daemon pod runs on, or is meant for while the scheduler has not bound it. */
export function nodeOf(pod: Pod): string | undefined {
  if (pod.spec.nodeName) return pod.spec.nodeName;
  const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const fields = required?.nodeSelectorTerms.flatMap(({ matchFields = [] }) => matchFields);
  return fields?.find(({ key }) => key === 'metadata.name')?.values?.[0];
}

export interface Placement {
  readonly shouldRun: boolean;
  /** One that is there may stay: a NoSchedule taint drives nobody away. */
  readonly mayStay: boolean;
}

const nowhere: Placement = { shouldRun: false, mayStay: false };

export function placementOn(node: Node, { spec: { template } }: DaemonSet): Placement {
  const spec: PodSpec = template.spec ?? { containers: [] };
  if (spec.nodeName && spec.nodeName !== node.metadata.name) return nowhere;
  if (!matchesNodeAffinity({ apiVersion: 'v1', kind: 'Pod', metadata: {}, spec }, node)) {
    return nowhere;
  }
  const tolerations = withOwn(spec);
  const taints = node.spec?.taints;
  if (findUntolerated(taints, tolerations) === undefined) return { shouldRun: true, mayStay: true };
  const evicted = taints?.some(
    (taint) => taint.effect === 'NoExecute' && !tolerated(taint, tolerations),
  );
  return { shouldRun: false, mayStay: evicted !== true };
}
