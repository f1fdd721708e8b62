import { defaultBinder, type PostBinding } from './plugins/default-binder.ts';
import type { Profile } from './framework/profile.ts';
import { nodeAffinity } from './plugins/node-affinity.ts';
import { nodeName } from './plugins/node-name.ts';
import { nodePorts } from './plugins/node-ports.ts';
import { nodeResourcesBalancedAllocation } from './plugins/node-resources-balanced-allocation.ts';
import { nodeResourcesFit } from './plugins/node-resources-fit.ts';
import { nodeUnschedulable } from './plugins/node-unschedulable.ts';
import { preemptionReport } from './plugins/preemption-report.ts';
import { prioritySort } from './plugins/priority-sort.ts';
import { schedulingGates } from './plugins/scheduling-gates.ts';
import { taintToleration } from './plugins/taint-toleration.ts';
import { unsupportedConstraints } from './plugins/unsupported-constraints.ts';

export const defaultSchedulerName = 'default-scheduler';

/** The default profile, in Kubernetes' order and with its weights. */
export function defaultProfile(post: PostBinding, schedulerName = defaultSchedulerName): Profile {
  return {
    schedulerName,
    rows: [
      { plugin: schedulingGates },
      { plugin: prioritySort },
      { plugin: unsupportedConstraints },
      { plugin: nodeUnschedulable },
      { plugin: nodeName },
      { plugin: taintToleration, weight: 3 },
      { plugin: nodeAffinity, weight: 2 },
      { plugin: nodePorts },
      { plugin: nodeResourcesFit, weight: 1 },
      { plugin: nodeResourcesBalancedAllocation, weight: 1 },
      { plugin: preemptionReport },
      { plugin: defaultBinder(post) },
    ],
  };
}
