import type { QueueSortPlugin } from '../framework/interface.ts';

/** Higher priority first, then whoever queued earlier. */
export const prioritySort: QueueSortPlugin = {
  name: 'PrioritySort',
  goesFirst: (a, b) =>
    a.pod.priority === b.pod.priority ? a.queuedAt < b.queuedAt : a.pod.priority > b.pod.priority,
};
