/**
 * Names follow what they name: when all objects have their last names, fields of others that hold
 * an earlier one get the new one. Which fields do is configured.
 */
import { isObject } from '../../api/deep.ts';
import { UsageError } from '../usage-error.ts';
import type { NameReference } from './config.ts';
import { editFields, type FieldSpec } from './field-specs.ts';
import { isClusterScoped, isOfKind, kindOf, type KindSelector } from './kinds.ts';
import { setAt, type Spot, valueAt } from './spot.ts';
import { currentId, formerIds, idOf, originalId, placeOf, type Resource } from './resource.ts';

export function followNames(all: readonly Resource[], references: readonly NameReference[]): void {
  for (const referrer of all) {
    const original = originalId(referrer);
    const near = all.filter((resource) => canName(referrer, resource));
    for (const { fieldSpecs, ...named } of references) {
      for (const spec of fieldSpecs) {
        if (!isOfKind(original, spec)) continue;
        new References({ referrer, named, spec, near }).update();
      }
    }
  }
}

/** True if the two are in one namespace, or one in none, or a RoleBinding names the other's. */
function canName({ object }: Resource, resource: Resource): boolean {
  const own = kindOf(object);
  const other = currentId(resource);
  if (isClusterScoped(own) || isClusterScoped(other)) return true;
  if (other.namespace === placeOf(own, object.metadata.namespace)) return true;
  if (own.kind !== 'RoleBinding') return false;
  const { subjects = [] } = object as { subjects?: { kind?: string; namespace?: string }[] };
  return subjects.some(
    ({ kind, namespace }) =>
      kind === 'ServiceAccount' && namespace === resource.object.metadata.namespace,
  );
}

interface Reference {
  readonly referrer: Resource;
  readonly named: KindSelector;
  readonly spec: FieldSpec;
  /** What the referrer may name. */
  readonly near: readonly Resource[];
}

/** The fields of one object that hold names of one kind. */
class References {
  readonly #reference: Reference;

  constructor(reference: Reference) {
    this.#reference = reference;
  }

  update(): void {
    const { referrer, spec } = this.#reference;
    const { path } = spec;
    editFields(referrer.object, { path }, { set: (spot) => this.#set(spot) });
  }

  #set(spot: Spot): void {
    const value = valueAt(spot);
    if (Array.isArray(value)) {
      for (const key of value.keys()) this.#set({ holder: value, key });
    } else if (isObject(value)) this.#setPair(value);
    else if (typeof value === 'string') {
      const found = this.#find(value, this.#reference.near, false);
      if (found !== undefined) setAt(spot, found.object.metadata.name);
    }
  }

  /** Name and namespace together. */
  #setPair(pair: Record<string, unknown>): void {
    const { name, namespace } = pair;
    if (name === undefined) throw new UsageError("path config error; no 'name' field in node");
    const { near } = this.#reference;
    const inNamespace = (id: (resource: Resource) => { readonly namespace: string }): Resource[] =>
      near.filter((resource) => id(resource).namespace === namespace);
    let candidates: readonly Resource[] = near;
    if (namespace !== undefined) {
      candidates = inNamespace(originalId);
      if (candidates.length === 0) candidates = inNamespace(currentId);
    }
    const found = this.#find(name as string, candidates, true)?.object.metadata;
    if (found === undefined || (found.name === name && !found.namespace)) return;
    pair['name'] = found.name;
    if (found.namespace) pair['namespace'] = found.namespace;
  }

  /** What once had the name. Throws UsageError if it may be several, of several names now. */
  #find(name: string, candidates: readonly Resource[], pairs: boolean): Resource | undefined {
    const { referrer, named } = this.#reference;
    const role = this.#role();
    let found = candidates.filter((resource) => {
      const former = formerIds(resource);
      return (
        former.some((id) => id.name === name) &&
        former.some((id) => isOfKind(id, named)) &&
        (role === undefined || former.some((id) => isOfKind(id, role))) &&
        isNear(referrer, resource)
      );
    });
    if (found.length === 1) return found[0];
    found = found.filter((resource) => sameAround(resource, referrer, true));
    if (found.length > 1) found = found.filter((one) => sameAround(one, referrer, false));
    const shown = ({ object: { metadata } }: Resource): string =>
      pairs ? `${metadata.namespace}/${metadata.name}` : `${metadata.name}`;
    if (new Set(found.map(shown)).size <= 1) return found[0];
    const ids = found.map(({ object }) => idOf(object)).join(', ');
    throw new UsageError(`found multiple possible referrals: ${ids}`);
  }

  /** A roleRef says of what kind it is. */
  #role(): KindSelector | undefined {
    const { referrer, spec } = this.#reference;
    if (!spec.path.endsWith('roleRef/name')) return undefined;
    const { roleRef } = referrer.object as { roleRef?: { apiGroup?: string; kind?: string } };
    const { apiGroup, kind } = roleRef ?? {};
    if (apiGroup === undefined || kind === undefined) return undefined;
    return { group: apiGroup, kind };
  }
}

function isNear({ object }: Resource, resource: Resource): boolean {
  const own = kindOf(object);
  const other = currentId(resource);
  if (isClusterScoped(own) || isClusterScoped(other) || other.kind === 'ServiceAccount')
    return true;
  return placeOf(own, object.metadata.namespace) === other.namespace;
}

/** True if both got the same around their names; `lenient`: or one of them nothing. */
function sameAround(a: Resource, b: Resource, lenient: boolean): boolean {
  return (['prefixes', 'suffixes'] as const).every((list) => {
    const [short, long] = [a[list], b[list]].sort((x, y) => x.length - y.length);
    if (short!.length === 0) return lenient || long!.length === 0;
    return short!.every((text, i) => long![long!.length - short!.length + i] === text);
  });
}
