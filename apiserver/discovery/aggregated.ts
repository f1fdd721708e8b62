/** Aggregated discovery (KEP-3352): everything in two documents, for /api and /apis. */
import type { ServedGroup, ServedResource, ServedVersion } from './served.ts';

function resourceEntry(resource: ServedResource): object {
  const { shortNames, categories, subresources } = resource;
  return {
    resource: resource.name,
    responseKind: resource.kind,
    scope: resource.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: resource.singular,
    verbs: resource.verbs,
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(categories.length === 0 ? {} : { categories }),
    ...(subresources.length === 0
      ? {}
      : {
          subresources: subresources.map((sub) => ({
            subresource: sub.name,
            responseKind: sub.kind,
            verbs: sub.verbs,
          })),
        }),
  };
}

function versionEntry(version: ServedVersion): object {
  const resources = version.resources.map(resourceEntry);
  return {
    version: version.version,
    resources,
    freshness: version.stale === true ? 'Stale' : 'Current',
  };
}

export function groupDiscoveryList(
  version: 'v2' | 'v2beta1',
  groups: readonly ServedGroup[],
): object {
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map((group) => ({
      metadata: group.name === '' ? {} : { name: group.name },
      versions: group.versions.map(versionEntry),
    })),
  };
}
