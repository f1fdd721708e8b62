/** Namespaces, prefixes and suffixes of names. */
import { isObject } from '../../api/deep.ts';
import { UsageError } from '../usage-error.ts';
import { editFields, type FieldSpec } from './field-specs.ts';
import { isClusterScoped, isOfKind, kindOf } from './kinds.ts';
import { setAt, type Spot, valueAt } from './spot.ts';
import {
  currentId,
  idOf,
  type Open,
  originalId,
  remember,
  type Resource,
  sameId,
} from './resource.ts';

export interface NamespaceChange {
  readonly namespace: string;
  readonly fieldSpecs: readonly FieldSpec[];
  /** Leaves namespaces that are there. */
  readonly unsetOnly?: boolean;
  /** Which subjects of bindings follow: those named "default" if it is not said. */
  readonly setRoleBindingSubjects?: string;
}

const subjectModes = ['defaultOnly', 'none', 'allServiceAccounts'];

export function setNamespaces(all: readonly Resource[], change: NamespaceChange): void {
  const { namespace, setRoleBindingSubjects: mode = 'defaultOnly' } = change;
  if (!subjectModes.includes(mode)) {
    const known = '"defaultOnly", "none" or "allServiceAccounts"';
    throw new UsageError(
      `invalid value ${JSON.stringify(mode)} for setRoleBindingSubjects: must be one of ${known}`,
    );
  }
  if (namespace === '') return;
  for (const resource of all) {
    remember(resource);
    setNamespace(resource.object, change);
    const id = currentId(resource);
    const same = all.filter((other) => sameId(currentId(other), id));
    if (same.length > 1) {
      const ids = same.map(({ object }) => idOf(object)).join(' ');
      throw new UsageError(`namespace transformation produces ID conflict: [${ids}]`);
    }
  }
}

function setNamespace(object: Open, change: NamespaceChange): void {
  const set = (spot: Spot): void => {
    if (change.unsetOnly !== true || !valueAt(spot)) setAt(spot, change.namespace);
  };
  const edit = { missing: () => '', set };
  if (!isClusterScoped(kindOf(object))) {
    editFields(object, { path: 'metadata/namespace', create: true }, edit);
  }
  const isBinding = object.kind === 'RoleBinding' || object.kind === 'ClusterRoleBinding';
  if (isBinding) setSubjects(object, change.setRoleBindingSubjects ?? 'defaultOnly', set);
  for (const spec of change.fieldSpecs) {
    if (spec.path === 'metadata/namespace') continue;
    // Other groups may have a kind Namespace of their own.
    if (spec.path === 'metadata/name' && object.apiVersion !== 'v1') continue;
    if (isBinding && spec.path === 'subjects/namespace') continue;
    editFields(object, spec, edit);
  }
}

/** A binding to "default" means the account of that name in the namespace, wherever that is. */
function setSubjects(object: Open, mode: string, set: (spot: Spot) => void): void {
  const { subjects = [] } = object as { subjects?: unknown };
  for (const subject of Array.isArray(subjects) ? (subjects as unknown[]) : []) {
    if (!isObject(subject)) continue;
    const isMeant =
      mode === 'allServiceAccounts'
        ? subject['kind'] === 'ServiceAccount'
        : mode === 'defaultOnly' && subject['name'] === 'default';
    if (isMeant) set({ holder: subject, key: 'namespace' });
  }
}

export interface Affix {
  readonly where: 'prefix' | 'suffix';
  readonly text: string;
  readonly fieldSpecs: readonly FieldSpec[];
}

const keepTheirNames = [
  { kind: 'CustomResourceDefinition' },
  { group: 'apiregistration.k8s.io', kind: 'APIService' },
  { kind: 'Namespace' },
];

export function addAffix(all: readonly Resource[], { where, text, fieldSpecs }: Affix): void {
  for (const resource of all) {
    const original = originalId(resource);
    if (keepTheirNames.some((selector) => isOfKind(original, selector))) continue;
    for (const spec of fieldSpecs.filter((one) => isOfKind(original, one))) {
      if (spec.path === 'metadata/name' && text !== '') {
        (where === 'prefix' ? resource.prefixes : resource.suffixes).push(text);
        remember(resource);
      }
      const set = (spot: Spot): void => {
        const value = valueAt(spot) as string | number | boolean;
        setAt(spot, where === 'prefix' ? `${text}${value}` : `${value}${text}`);
      };
      editFields(resource.object, spec, { missing: () => '', set });
    }
  }
}
