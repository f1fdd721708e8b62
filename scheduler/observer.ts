import { nameOf, uidOf } from '../api/meta.ts';
import type { Node, Pod } from '../api/types/core-v1.ts';
import type { InformerHandler } from '../client/informer-interface.ts';
import type { Cache } from './cache/cache.ts';
import { asksForLess, isTerminal, nodeEvents } from './cluster-events.ts';
import { podInfo } from './framework/pod-info.ts';
import type { SchedulingQueue } from './queue/scheduling-queue.ts';

export interface Observed {
  readonly cache: Cache;
  readonly queue: SchedulingQueue;
  /** Only pods that ask for this scheduler are queued; all pods with a node are counted. */
  readonly schedulerName: string;
}

/** Keeps the cache's nodes equal to the informer's, and tells the queue what changed. */
export function observeNodes({ cache, queue }: Observed): InformerHandler<Node> {
  return {
    added(node) {
      cache.setNode(node);
      queue.notify({ kind: 'NodeAdd', node });
    },
    updated(old, node) {
      cache.setNode(node);
      for (const event of nodeEvents(old, node)) queue.notify(event);
    },
    deleted: (node) => cache.removeNode(nameOf(node)),
  };
}

const holdsNode = (pod: Pod): boolean => Boolean(pod.spec.nodeName) && !isTerminal(pod);

/**
 * Each pod is in the cache (has a node), in the queue (needs one) or in neither (ended, or
 * another scheduler's). The watch wins over whatever was assumed.
 */
export function observePods(observed: Observed): InformerHandler<Pod> {
  const { cache, queue, schedulerName } = observed;

  const ours = ({ spec, status, metadata }: Pod): boolean =>
    (spec.schedulerName ?? 'default-scheduler') === schedulerName &&
    status?.phase !== 'Succeeded' &&
    status?.phase !== 'Failed' &&
    metadata.deletionTimestamp === undefined;

  function placed(pod: Pod, hadNode: boolean): void {
    const info = podInfo(pod);
    const before = cache.pod(info.uid);
    cache.confirm(info);
    queue.delete(info.uid);
    if (!hadNode) queue.notify({ kind: 'AssignedPodAdd', pod });
    else if (before !== undefined && asksForLess(before.requests, info.requests))
      queue.notify({ kind: 'AssignedPodScaleDown', pod });
  }

  function gone(pod: Pod): void {
    const uid = uidOf(pod);
    const held = cache.nodeNameOf(uid) !== undefined;
    cache.remove(uid);
    queue.delete(uid);
    if (held) queue.notify({ kind: 'AssignedPodDelete', pod });
  }

  function set(pod: Pod, hadNode: boolean): void {
    if (holdsNode(pod)) placed(pod, hadNode);
    else if (!pod.spec.nodeName && ours(pod)) queue.set(podInfo(pod));
    else gone(pod);
  }

  return {
    added: (pod) => set(pod, false),
    updated(old, pod) {
      const same = old.metadata.uid === pod.metadata.uid;
      if (!same) gone(old);
      set(pod, same && holdsNode(old));
    },
    deleted: gone,
  };
}
