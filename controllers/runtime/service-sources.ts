import { keyOf, namespaceOf } from '../../api/meta.ts';
import type { Pod, Service } from '../../api/types/core-v1.ts';
import type { Informer } from '../../client/informer-interface.ts';
import type { WorkQueue } from '../../client/work-queue.ts';
import { equalityMatcher } from './label-selector.ts';
import { indexByController, NAMESPACE_INDEX } from './owner-index.ts';
import { sameEndpoint } from './service-pods.ts';
import { enqueueSelf } from './sources.ts';

/** Pods become ready in bursts: what they change is published once for this long. */
const GATHER_MS = 20;

/** Services whose endpoints may have changed: they themselves, or a pod they select. */
export function enqueueServices(
  services: Informer<Service>,
  pods: Informer<Pod>,
  queue: WorkQueue,
): void {
  indexByController(services);
  indexByController(pods);
  enqueueSelf(services, queue);
  const changed = (pod: Pod): void => {
    for (const service of services.lister.byIndex(NAMESPACE_INDEX, namespaceOf(pod))) {
      if (equalityMatcher(service.spec?.selector)(pod.metadata.labels)) {
        queue.addAfter(keyOf(service), GATHER_MS);
      }
    }
  };
  pods.addHandler({
    added: (pod) => {
      if (pod.status?.podIP) changed(pod);
    },
    updated: (old, pod) => {
      if (sameEndpoint(old, pod)) return;
      changed(old);
      changed(pod);
    },
    deleted: changed,
  });
}
