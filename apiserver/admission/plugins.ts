import type { AdmissionPlugin } from './admission.ts';
import { defaultTolerationSeconds } from './default-toleration-seconds.ts';
import { NamespaceLifecycle, type NamespaceLookup } from './namespace-lifecycle.ts';
import { serviceAccount } from './service-account.ts';

/** The plugins that are on, in Kubernetes' order. */
export function defaultPlugins(namespaces: NamespaceLookup): readonly AdmissionPlugin[] {
  return [new NamespaceLifecycle(namespaces), serviceAccount, defaultTolerationSeconds];
}
