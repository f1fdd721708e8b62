import { tolerated } from '../../api/scheduling/tolerations.ts';
import type { Node, Pod } from '../../api/types/core-v1.ts';
import { jsonText } from '../../platform/json-text.ts';
import type { ClusterEvent } from '../framework/events.ts';
import type { EnqueueExtensions, FilterPlugin } from '../framework/interface.ts';
import type { PodInfo } from '../framework/pod-info.ts';
import { unresolvable } from '../framework/status.ts';

const cordoned = unresolvable('node(s) were unschedulable');
/** The taint that the field stands for: pods tolerating it ignore a cordon (DaemonSets do). */
const cordonTaint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

const accepts = (pod: Pod, node: Node): boolean =>
  node.spec.unschedulable !== true || tolerated(cordonTaint, pod.spec.tolerations);

const helps = ({ pod }: PodInfo, event: ClusterEvent): boolean =>
  'node' in event && accepts(pod, event.node);

/** spec.unschedulable: `kubectl cordon`. */
export const nodeUnschedulable: FilterPlugin & EnqueueExtensions = {
  name: 'NodeUnschedulable',
  interests: [
    { on: 'NodeAdd', helps },
    { on: 'NodeTaints', helps },
  ],
  sign: ({ pod }) => jsonText(pod.spec.tolerations ?? []),
  filter: ({ pod }, { node }) => (accepts(pod.pod, node) ? undefined : cordoned),
};
