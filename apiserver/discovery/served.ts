/** What this server serves, in the shape that every discovery document is written from. */
import { compareVersions } from '../../api/api-version.ts';
import type { GroupVersionKind } from '../../api/schema/table.ts';
import type { KubernetesObject } from '../../api/meta.ts';
import type { ConnectSubresource } from '../registry/connect-subresource.ts';
import type { ResourceDeclaration } from '../registry/declaration.ts';
import { isStored } from '../registry/stored-resources.ts';

export interface ServedSubresource {
  readonly name: string;
  readonly kind: GroupVersionKind;
  readonly verbs: readonly string[];
  /** Set if another server answers. */
  readonly carries?: ConnectSubresource<KubernetesObject>['carries'];
}

export interface ServedResource {
  readonly name: string;
  readonly singular: string;
  readonly kind: GroupVersionKind;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly subresources: readonly ServedSubresource[];
  /** Of what is written to the store; absent if nothing is. */
  readonly stored?: GroupVersionKind;
  /** Lists have merge keys: custom resources have none. */
  readonly strategicMerge: boolean;
}

export interface ServedVersion {
  readonly group: string;
  readonly version: string;
  readonly resources: readonly ServedResource[];
  /** Served by another server, which cannot be asked now. */
  readonly stale?: boolean;
}

export interface ServedGroup {
  /** "" for the core group. */
  readonly name: string;
  /** The preferred one first. */
  readonly versions: readonly ServedVersion[];
}

const allVerbs = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
] as const;

/**
 * kube-apiserver's order of groups. kubectl takes the first group that has a resource when the
 * user gives a bare name that several have.
 */
const groupOrder = [
  '',
  'apiregistration.k8s.io',
  'apps',
  'events.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'networking.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'storage.k8s.io',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'scheduling.k8s.io',
  'coordination.k8s.io',
  'node.k8s.io',
  'discovery.k8s.io',
  'resource.k8s.io',
  'flowcontrol.apiserver.k8s.io',
  'metrics.k8s.io',
];

function groupRank(name: string): number {
  const index = groupOrder.indexOf(name);
  return index < 0 ? groupOrder.length : index;
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function servedResource(declaration: ResourceDeclaration): ServedResource {
  const { type, subresources = [], connects = [] } = declaration;
  const kind = { group: type.group, version: type.version, kind: type.kind };
  return {
    name: type.resource,
    singular: declaration.singular,
    kind,
    namespaced: type.namespaced,
    verbs: verbsOf(declaration),
    shortNames: declaration.shortNames ?? [],
    categories: declaration.categories ?? [],
    ...stored(declaration),
    strategicMerge: declaration.structure === undefined,
    subresources: [...subresources, ...connects]
      .map((sub) => ({
        name: sub.name,
        kind: sub.kind ?? kind,
        verbs: [...sub.verbs].sort(),
        ...('carries' in sub ? { carries: sub.carries } : {}),
      }))
      // Those of custom resources are told as they were added: status, then scale.
      .sort((a, b) => (declaration.structure === undefined ? byText(a.name, b.name) : 0)),
  };
}

function verbsOf({ verbs = allVerbs, takesNothingNew }: ResourceDeclaration): readonly string[] {
  if (takesNothingNew === undefined) return verbs;
  return verbs.filter((verb) => !['create', 'patch', 'update'].includes(verb));
}

function stored(declaration: ResourceDeclaration): Pick<ServedResource, 'stored'> {
  const { type, view, storedAs = view?.of.type ?? type } = declaration;
  return view !== undefined || isStored(declaration) ? { stored: storedAs } : {};
}

export function servedGroups(declarations: readonly ResourceDeclaration[]): ServedGroup[] {
  const groups = new Map<string, Map<string, ServedResource[]>>();
  for (const declaration of declarations) {
    const { group, version } = declaration.type;
    let versions = groups.get(group);
    if (versions === undefined) groups.set(group, (versions = new Map<string, ServedResource[]>()));
    const resources = versions.get(version) ?? [];
    versions.set(version, [...resources, servedResource(declaration)]);
  }
  const served = [...groups].map(([name, versions]) => ({
    name,
    versions: [...versions]
      .map(([version, resources]) => ({
        group: name,
        version,
        resources: resources.sort((a, b) => byText(a.name, b.name)),
      }))
      .sort((a, b) => compareVersions(a.version, b.version)),
  }));
  return served.sort((a, b) => groupRank(a.name) - groupRank(b.name) || byText(a.name, b.name));
}
