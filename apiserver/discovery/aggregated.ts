/** Aggregated discovery (KEP-3352): everything in two documents, for /api and /apis. */
import type { GroupVersionKind } from '../../api/schema/table.ts';
import type { ServedGroup, ServedResource, ServedVersion } from './served.ts';

/** Of the version itself, neither is told. */
function responseKind({ group, version, kind }: GroupVersionKind, of: ServedVersion): object {
  const isOwn = group === of.group && version === of.version;
  return isOwn ? { group: '', version: '', kind } : { group, version, kind };
}

function resourceEntry(resource: ServedResource, of: ServedVersion): object {
  const { shortNames, categories, subresources } = resource;
  return {
    resource: resource.name,
    responseKind: responseKind(resource.kind, of),
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
            responseKind: responseKind(sub.kind, of),
            verbs: sub.verbs,
          })),
        }),
  };
}

function versionEntry(version: ServedVersion): object {
  const resources = version.resources.map((resource) => resourceEntry(resource, version));
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
