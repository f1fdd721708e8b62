/** A kind of custom resources that a scenario defines, so that the world does not know it. */
import type { KubernetesObject } from '../../../api/meta.ts';
import type { ResourceType } from '../../../api/resource.ts';
import { isStatus } from '../../../api/status.ts';
import type { Place, Seen } from '../place.ts';

export interface CustomKind {
  readonly type: ResourceType<KubernetesObject & { readonly spec: object }>;
  /** Its CustomResourceDefinition, as a manifest. */
  readonly definition: string;
  /** Makes one, as soon as the definition is served. */
  readonly make: (at: Place, name: string, owners?: readonly object[]) => Promise<Seen>;
}

/** `kind`: "Gadget". */
export function customKind(group: string, kind: string): CustomKind {
  const singular = kind.toLowerCase();
  const resource = `${singular}s`;
  const type = { group, version: 'v1', resource, kind, namespaced: true } as CustomKind['type'];
  const definition = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: ${resource}.${group} }
spec:
  group: ${group}
  scope: Namespaced
  names: { plural: ${resource}, singular: ${singular}, kind: ${kind}, listKind: ${kind}List }
  versions:
    - name: v1
      served: true
      storage: true
      schema: { openAPIV3Schema: { type: object, x-kubernetes-preserve-unknown-fields: true } }`;
  const make: CustomKind['make'] = async ({ namespace, world }, name, owners = []) => {
    const metadata = {
      name,
      namespace,
      ...(owners.length === 0 ? {} : { ownerReferences: owners as never }),
    };
    for (;;)
      try {
        const made = await world.client.create(type, { metadata, spec: {} });
        return { ...(made as unknown as Seen), apiVersion: `${group}/v1`, kind };
      } catch (error) {
        // The definition is not served yet.
        if (!isStatus(error, 'NotFound')) throw error;
      }
  };
  return { type, definition, make };
}
