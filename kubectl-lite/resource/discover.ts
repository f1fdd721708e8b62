/** What a server serves: by aggregated discovery (KEP-3352), or list by list before 1.26. */
import type { ResourceType } from '../../api/resource.ts';
import type { Api } from '../api.ts';

/** One resource of the server's discovery. */
export interface DiscoveredResource extends ResourceType {
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  readonly subresources: readonly string[];
}

interface AggregatedList {
  readonly items: readonly {
    readonly metadata: { readonly name?: string };
    readonly versions: readonly {
      readonly version: string;
      readonly resources?: readonly {
        readonly resource: string;
        readonly singularResource?: string;
        readonly shortNames?: readonly string[];
        readonly categories?: readonly string[];
        readonly scope: string;
        readonly verbs: readonly string[];
        readonly responseKind?: { readonly kind: string };
        readonly subresources?: readonly { readonly subresource: string }[];
      }[];
    }[];
  }[];
}

interface GroupVersion {
  readonly groupVersion: string;
}

/** Of /api, and of /apis. */
type VersionList =
  | { readonly kind: 'APIVersions'; readonly versions: readonly string[] }
  | {
      readonly kind: 'APIGroupList';
      readonly groups: readonly {
        readonly versions: readonly GroupVersion[];
        readonly preferredVersion?: GroupVersion;
      }[];
    };

interface ResourceList {
  readonly resources: readonly {
    readonly name: string;
    readonly singularName?: string;
    readonly namespaced: boolean;
    readonly kind: string;
    readonly verbs?: readonly string[];
    readonly shortNames?: readonly string[];
    readonly categories?: readonly string[];
  }[];
}

const ACCEPT =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,' +
  'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json';

/** The preferred version of each group comes first. */
export async function discover(api: Api): Promise<readonly DiscoveredResource[]> {
  const roots = await Promise.all(
    ['/api', '/apis'].map(async (path) => {
      const list = await api.send({ method: 'GET', path, accept: ACCEPT });
      const known = list as AggregatedList | VersionList;
      if ('items' in known) return ofAggregated(known);
      const versions = versionsOf(known).map((version) => ofVersion(api, path, version));
      return (await Promise.all(versions)).flat();
    }),
  );
  return roots.flat();
}

function ofAggregated(list: AggregatedList): DiscoveredResource[] {
  return list.items.flatMap((group) =>
    group.versions.flatMap(({ version, resources = [] }) =>
      resources.map((r) => ({
        group: group.metadata.name ?? '',
        version,
        resource: r.resource,
        kind: r.responseKind?.kind ?? '',
        namespaced: r.scope === 'Namespaced',
        singular: r.singularResource || (r.responseKind?.kind ?? '').toLowerCase(),
        shortNames: r.shortNames ?? [],
        categories: r.categories ?? [],
        verbs: r.verbs,
        subresources: (r.subresources ?? []).map((s) => s.subresource),
      })),
    ),
  );
}

function versionsOf(list: VersionList): readonly string[] {
  if (list.kind === 'APIVersions') return list.versions;
  return list.groups.flatMap(({ versions, preferredVersion }) => {
    const names = versions.map(({ groupVersion }) => groupVersion);
    const first = preferredVersion?.groupVersion;
    return [...names.filter((name) => name === first), ...names.filter((name) => name !== first)];
  });
}

/** None of a version that cannot be told: the server behind it may be away. */
async function ofVersion(api: Api, root: string, name: string): Promise<DiscoveredResource[]> {
  const [version = '', group = ''] = name.split('/').reverse();
  const list = await api.send({ method: 'GET', path: `${root}/${name}` }).catch(() => undefined);
  const { resources = [] } = (list ?? {}) as Partial<ResourceList>;
  return resources
    .filter(({ name: path }) => !path.includes('/'))
    .map(({ name: resource, kind, namespaced, singularName, ...told }) => ({
      group,
      version,
      resource,
      kind,
      namespaced,
      singular: singularName || kind.toLowerCase(),
      shortNames: told.shortNames ?? [],
      categories: told.categories ?? [],
      verbs: told.verbs ?? [],
      subresources: resources
        .filter(({ name: path }) => path.startsWith(`${resource}/`))
        .map(({ name: path }) => path.slice(resource.length + 1)),
    }));
}
