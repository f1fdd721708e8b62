/**
 * What pod events mean for those who own pods: whose key to look at, and which expectation is met.
 */
import { controllerOf, keyOf, type KubernetesObject, namespaceOf } from '../../api/meta.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import type { Expectations } from '../../client/expectations.ts';
import type { Informer, Lister } from '../../client/informer-interface.ts';
import type { WorkQueue } from '../../client/work-queue.ts';
import type { LabelMatcher } from './label-selector.ts';
import { NAMESPACE_INDEX } from './owner-index.ts';
import { isTerminating, podActive } from './pods.ts';

/**
 * Pods report in bursts, and each report changes no more than a count in the status: they are
 * gathered for this long. What changes the number of pods is looked at once.
 */
const GATHER_MS = 20;
/** The same while pods that were asked for still come in: the last one is looked at once. */
const BURST_GATHER_MS = 200;

export interface PodWatch<O extends KubernetesObject> {
  readonly pods: Informer<Pod>;
  readonly owners: Lister<O>;
  readonly kind: string;
  /** Which orphans an owner would adopt. */
  readonly matcherOf: (owner: O) => LabelMatcher;
  readonly queue: WorkQueue;
  readonly expectations: Expectations;
}

export function watchPods<O extends KubernetesObject>(watch: PodWatch<O>): void {
  const { pods, owners, kind, queue, expectations } = watch;
  /** The cached owner that controls the pod; not one of the same name made later. */
  const ownerKey = (pod: Pod): string | undefined => {
    const owner = controllerOf(pod);
    if (owner?.kind !== kind) return undefined;
    const key = `${namespaceOf(pod)}/${owner.name}`;
    return owners.get(key)?.metadata.uid === owner.uid ? key : undefined;
  };
  /** An orphan may be adopted by whoever selects it. */
  const enqueueSelectors = (pod: Pod): void => {
    if (!podActive(pod)) return;
    for (const owner of owners.byIndex(NAMESPACE_INDEX, namespaceOf(pod))) {
      if (watch.matcherOf(owner)(pod.metadata.labels)) queue.add(keyOf(owner));
    }
  };
  const gone = (pod: Pod): void => {
    const key = ownerKey(pod);
    if (key === undefined) return;
    // It may be on its way out when it is seen for the first time.
    expectations.creationObserved(key, keyOf(pod));
    expectations.deletionObserved(key, keyOf(pod));
    queue.add(key);
  };
  const added = (pod: Pod): void => {
    if (isTerminating(pod)) {
      gone(pod);
      return;
    }
    const key = ownerKey(pod);
    if (key === undefined) {
      if (controllerOf(pod) === undefined) enqueueSelectors(pod);
      return;
    }
    expectations.creationObserved(key, keyOf(pod));
    if (expectations.satisfied(key)) queue.add(key);
    else queue.addAfter(key, BURST_GATHER_MS);
  };
  const updated = (old: Pod, pod: Pod): void => {
    const before = ownerKey(old);
    const key = ownerKey(pod);
    if (before !== undefined && before !== key) queue.add(before);
    if (key === undefined) {
      if (controllerOf(pod) === undefined) enqueueSelectors(pod);
      return;
    }
    // Whether it had ended or not: a finalizer may hold it for long.
    if (isTerminating(pod) && !isTerminating(old)) gone(pod);
    else if (podActive(old) !== podActive(pod)) queue.add(key);
    else queue.addAfter(key, GATHER_MS);
  };
  pods.addHandler({ added, updated, deleted: gone });
}
