/** Custom resources as controllers that work on every kind need them: types that come and go. */
import { compareVersions } from '../../api/api-version.ts';
import type { KubernetesObject } from '../../api/meta.ts';
import type { ResourceType } from '../../api/resource.ts';
import type { CustomResourceDefinition } from '../../api/types/apiextensions-v1.ts';

export const customResourceDefinitions: ResourceType<CustomResourceDefinition> = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  resource: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
};

/** The preferred version of what a definition defines; undefined while it is not served. */
export function customType({ spec, status }: CustomResourceDefinition): ResourceType | undefined {
  const established = status?.conditions?.some(
    (one) => one.type === 'Established' && one.status === 'True',
  );
  const names = status?.acceptedNames;
  const served = spec.versions.filter((version) => version.served).map(({ name }) => name);
  const [version] = served.sort(compareVersions);
  if (!established || names === undefined || version === undefined) return undefined;
  const { plural: resource, kind } = names;
  return { group: spec.group, version, resource, kind, namespaced: spec.scope === 'Namespaced' };
}

/**
 * What caches keep of an object. The schemas of definitions are most of their size, and no
 * controller reads them.
 */
export function withoutSchemas(object: KubernetesObject): KubernetesObject {
  if (object.kind !== customResourceDefinitions.kind) return object;
  const { spec, ...rest } = object as CustomResourceDefinition;
  if (spec?.versions === undefined) return object;
  const versions = spec.versions.map(({ name, served, storage }) => ({ name, served, storage }));
  const { annotations: _large, managedFields: _owners, ...metadata } = rest.metadata;
  return { ...rest, metadata, spec: { ...spec, versions } } as CustomResourceDefinition;
}
