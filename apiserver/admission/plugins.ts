import type { AdmissionPlugin } from './admission.ts';
import { certificateRequester } from './certificate-requester.ts';
import { defaultTolerationSeconds } from './default-toleration-seconds.ts';
import { NamespaceLifecycle, type NamespaceLookup } from './namespace-lifecycle.ts';
import { Priority, type PriorityClassLookup } from './priority.ts';
import { serviceAccount } from './service-account.ts';

/** What plugins may know of the cluster besides the object at hand. */
export interface Lookups {
  readonly namespaces: NamespaceLookup;
  readonly priorityClasses: PriorityClassLookup;
}

/** The plugins that are on, in Kubernetes' order. */
export function defaultPlugins(lookups: Lookups): readonly AdmissionPlugin[] {
  return [
    new NamespaceLifecycle(lookups.namespaces),
    serviceAccount,
    new Priority(lookups.priorityClasses),
    defaultTolerationSeconds,
    certificateRequester,
  ];
}
