import type { EnqueueExtensions, PreEnqueuePlugin } from '../framework/interface.ts';
import { unresolvable } from '../framework/status.ts';

/** spec.schedulingGates: the pod stays out of the queue until the last gate is removed. */
export const schedulingGates: PreEnqueuePlugin & EnqueueExtensions = {
  name: 'SchedulingGates',
  // Gates change only with the pod itself, and a changed pod is asked again anyway.
  interests: [],
  preEnqueue({ pod }) {
    const gates = pod.spec.schedulingGates ?? [];
    if (gates.length === 0) return undefined;
    const names = gates.map(({ name }) => name).join(' ');
    return unresolvable(`waiting for scheduling gates: [${names}]`);
  },
};
