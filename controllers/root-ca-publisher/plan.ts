import { deepEqual } from '../../api/deep.ts';
import { type Draft, nameOf } from '../../api/meta.ts';
import type { ConfigMap, Namespace } from '../../api/types/core-v1.ts';

export const ROOT_CA = 'kube-root-ca.crt';
const DESCRIPTION_ANNOTATION = 'kubernetes.io/description';
const DESCRIPTION =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal ' +
  'endpoints such as the internal service IP or kubernetes.default.svc. No other usage is ' +
  'guaranteed across distributions of Kubernetes clusters.';

/** What is known of one namespace. */
export interface PublishedCa {
  readonly namespace: Namespace | undefined;
  readonly map: ConfigMap | undefined;
}

export type CaPlan = { readonly create: Draft<ConfigMap> } | { readonly update: ConfigMap };

/** `rootCa`: certificates in PEM; "": there are none to publish. */
export function planCa({ namespace, map }: PublishedCa, rootCa: string): CaPlan | undefined {
  if (namespace === undefined || namespace.metadata.deletionTimestamp !== undefined)
    return undefined;
  if (rootCa === '') return undefined;
  const data = { 'ca.crt': rootCa };
  if (map === undefined) {
    const annotations = { [DESCRIPTION_ANNOTATION]: DESCRIPTION };
    return {
      create: { metadata: { namespace: nameOf(namespace), name: ROOT_CA, annotations }, data },
    };
  }
  const { annotations = {} } = map.metadata;
  // Another text is left alone, as Kubernetes leaves it.
  if (annotations[DESCRIPTION_ANNOTATION] && deepEqual(map.data, data)) return undefined;
  const described = {
    ...map.metadata,
    annotations: { ...annotations, [DESCRIPTION_ANNOTATION]: DESCRIPTION },
  };
  return { update: { ...map, metadata: described, data } };
}
