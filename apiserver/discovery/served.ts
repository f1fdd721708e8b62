/** What this server serves, in the shape that every discovery document is written from. */
import { compareVersions } from '../../api/api-version.ts';
import { CUSTOM_PRIORITY, type GroupPriority, groupPriority } from './group-priorities.ts';
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
  /** Of its APIService, if that is somebody else's. */
  readonly priority?: GroupPriority;
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

/** Of groups without an APIService that says it: the first of all, and metrics-server's. */
const ownPriority: Readonly<Record<string, GroupPriority>> = {
  'apiregistration.k8s.io': { groupPriorityMinimum: Infinity, versionPriority: 15 },
  'metrics.k8s.io': { groupPriorityMinimum: 100, versionPriority: 100 },
};

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
  return inOrder(
    [...groups].map(([name, versions]) => ({
      name,
      versions: [...versions].map(([version, resources]) => ({
        group: name,
        version,
        resources: resources.sort((a, b) => byText(a.name, b.name)),
      })),
    })),
  );
}

const priorityOf = ({ group, version, priority }: ServedVersion): GroupPriority =>
  priority ?? groupPriority(group, version) ?? ownPriority[group] ?? CUSTOM_PRIORITY;

/**
 * Groups and their versions in kube-apiserver's order: as their APIServices say. kubectl takes the
 * first group that has a resource when the user gives a bare name that several have.
 */
export function inOrder(groups: readonly ServedGroup[]): ServedGroup[] {
  const ranked = groups.map(({ name, versions }) => ({
    name,
    versions: versions
      .map((served) => ({ served, rank: priorityOf(served).versionPriority }))
      .sort((a, b) => b.rank - a.rank || compareVersions(a.served.version, b.served.version))
      .map(({ served }) => served),
    rank:
      name === ''
        ? Infinity
        : Math.max(...versions.map((each) => priorityOf(each).groupPriorityMinimum)),
  }));
  return ranked
    .sort((a, b) => (a.rank === b.rank ? byText(a.name, b.name) : b.rank - a.rank))
    .map(({ name, versions }) => ({ name, versions }));
}
