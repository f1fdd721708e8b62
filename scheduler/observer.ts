import { nameOf, uidOf } from '../api/meta.ts';
import type { Namespace, Node, Pod } from '../api/types/core-v1.ts';
import type { InformerHandler } from '../client/informer-interface.ts';
import type { Cache } from './cache/cache.ts';
import { asksForLess, isTerminal, nodeEvents } from './cluster-events.ts';
import { podInfo, podInfoAfter, type PodInfo } from './framework/pod-info.ts';
import type { SchedulingQueue } from './queue/scheduling-queue.ts';

export interface Observed {
  readonly cache: Cache;
  readonly queue: SchedulingQueue;
  /** Only pods that ask for one of these are queued; all pods with a node are counted. */
  readonly schedulerNames: ReadonlySet<string>;
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
    deleted(node) {
      cache.removeNode(nameOf(node));
      queue.notify({ kind: 'NodeDelete', node });
    },
  };
}

const holdsNode = (pod: Pod): boolean => Boolean(pod.spec.nodeName) && !isTerminal(pod);

/**
 * Each pod is in the cache (has a node), in the queue (needs one) or in neither (ended, or
 * another scheduler's). The watch wins over whatever was assumed.
 */
export function observePods(observed: Observed): InformerHandler<Pod> {
  const { cache, queue, schedulerNames } = observed;
  const { nominations } = cache.cluster;

  const ours = ({ spec, status, metadata }: Pod): boolean =>
    schedulerNames.has(spec.schedulerName ?? 'default-scheduler') &&
    status?.phase !== 'Succeeded' &&
    status?.phase !== 'Failed' &&
    metadata.deletionTimestamp === undefined;

  function placed(pod: Pod, hadNode: boolean): void {
    const before = cache.pod(uidOf(pod));
    const info = before === undefined ? podInfo(pod) : podInfoAfter(before, pod);
    cache.confirm(info);
    queue.delete(info.uid);
    if (!hadNode) queue.notify({ kind: 'AssignedPodAdd', pod: info });
    else if (before !== undefined) {
      if (asksForLess(before.requests, info.requests))
        queue.notify({ kind: 'AssignedPodScaleDown', pod: info });
      if (before.labelClass.key !== info.labelClass.key)
        queue.notify({ kind: 'AssignedPodLabels', pod: info });
    }
  }

  function gone(pod: Pod): void {
    const uid = uidOf(pod);
    const held = cache.pod(uid);
    cache.remove(uid);
    queue.delete(uid);
    nominations.delete(uid);
    if (held !== undefined) queue.notify({ kind: 'AssignedPodDelete', pod: held });
  }

  /** What this scheduler nominated stands until the API server says otherwise. */
  function nominate(info: PodInfo, old: Pod | undefined): void {
    const nominated = info.pod.status?.nominatedNodeName ?? '';
    const before = old?.status?.nominatedNodeName ?? '';
    const known = nominations.nodeOf(info.uid) ?? '';
    if (nominated !== '' || before !== '') nominations.set(info, nominated);
    else if (known !== '') nominations.set(info, known);
  }

  function set(pod: Pod, old: Pod | undefined): void {
    if (holdsNode(pod)) placed(pod, old !== undefined && holdsNode(old));
    else if (!pod.spec.nodeName && ours(pod)) {
      const info = podInfo(pod);
      nominate(info, old);
      queue.set(info);
    } else gone(pod);
  }

  /** Where the pod is, or else where room is kept for it. */
  function nodeOf(pod: Pod): string {
    if (pod.spec.nodeName) return pod.spec.nodeName;
    if (!ours(pod)) return '';
    return nominations.nodeOf(uidOf(pod)) ?? pod.status?.nominatedNodeName ?? '';
  }

  /** Room that was kept for the pod, and that it neither took nor waits for any more, is free. */
  function following(old: Pod, pod: Pod | undefined, change: () => void): void {
    const kept = old.spec.nodeName ? '' : nodeOf(old);
    change();
    if (kept === '' || (pod !== undefined && kept === nodeOf(pod))) return;
    const info = podInfo(old);
    queue.notify({ kind: 'AssignedPodDelete', pod: info, upTo: info.priority });
  }

  return {
    added: (pod) => set(pod, undefined),
    updated(old, pod) {
      if (old.metadata.uid === pod.metadata.uid) following(old, pod, () => set(pod, old));
      else {
        following(old, undefined, () => gone(old));
        set(pod, undefined);
      }
    },
    deleted: (pod) => following(pod, undefined, () => gone(pod)),
  };
}

/** Only their labels matter: namespace selectors of affinity terms look at them. */
export function observeNamespaces({ cache, queue }: Observed): InformerHandler<Namespace> {
  const set = (namespace: Namespace): void => {
    if (cache.cluster.setNamespace(namespace)) queue.notify({ kind: 'NamespaceLabels' });
  };
  return {
    added: set,
    updated: (_old, namespace) => set(namespace),
    deleted: (namespace) => cache.cluster.removeNamespace(nameOf(namespace)),
  };
}
