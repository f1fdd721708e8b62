import type { NodeStatuses, PostFilterPlugin } from '../framework/interface.ts';
import type { NodeInfo } from '../framework/node-info.ts';
import type { PodInfo } from '../framework/pod-info.ts';
import { histogram } from '../framework/histogram.ts';

function whyNot(pod: PodInfo, node: NodeInfo, statuses: NodeStatuses): string {
  if (statuses.get(node.name)?.code !== 'Unschedulable')
    return 'Preemption is not helpful for scheduling';
  for (const other of node.pods.values())
    if (other.priority < pod.priority)
      return 'node(s) hold pods of lower priority, which this scheduler does not preempt';
  return 'No preemption victims found for incoming pod';
}

/**
 * Stands where Kubernetes has DynamicResources and DefaultPreemption. It evicts nothing; it
 * only finds out, in Kubernetes' words, what preemption could have done for the pod.
 */
export const preemptionReport: PostFilterPlugin = {
  name: 'PreemptionReport',
  postFilter({ pod, nodes }, statuses) {
    const claims = 'no new claims to deallocate';
    if (pod.pod.spec.preemptionPolicy === 'Never')
      return { message: `${claims}, preemption: not eligible due to preemptionPolicy=Never.` };
    const counts = new Map<string, number>();
    for (const node of nodes) {
      const reason = whyNot(pod, node, statuses);
      counts.set(reason, (counts.get(reason) ?? 0) + 1);
    }
    const available = `0/${nodes.length} nodes are available: ${histogram(counts)}.`;
    return { message: `${claims}, preemption: ${available}` };
  },
};
