import { assert } from '../platform/assert.ts';
import type { ListMeta, ObjectMeta, OwnerReference } from './types/meta-v1.ts';

export type { ListMeta, ObjectMeta, OwnerReference };

/** What every stored object has. Objects are immutable values: a change is a new object. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

export interface KubernetesList<T = KubernetesObject> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ListMeta;
  readonly items: readonly T[];
}

/** Strips `readonly` all the way down: for code that builds a value it alone owns. */
export type Mutable<T> = T extends (infer I)[] | readonly (infer I)[]
  ? Mutable<I>[]
  : T extends object
    ? { -readonly [K in keyof T]: Mutable<T[K]> }
    : T;

/** What a client sends to create an object: apiVersion and kind come from the resource. */
export type Draft<T extends KubernetesObject> = Omit<T, 'apiVersion' | 'kind'> &
  Partial<Pick<T, 'apiVersion' | 'kind'>>;

export function nameOf(object: KubernetesObject): string {
  assert(object.metadata.name !== undefined, `${object.kind} without a name`);
  return object.metadata.name;
}

/** The empty string for a cluster-scoped object. */
export function namespaceOf(object: KubernetesObject): string {
  return object.metadata.namespace ?? '';
}

export function uidOf(object: KubernetesObject): string {
  assert(object.metadata.uid !== undefined, `${object.kind} ${object.metadata.name} without a uid`);
  return object.metadata.uid;
}

/** "namespace/name", or "name" for a cluster-scoped object: the key of caches and work queues. */
export function keyOf(object: KubernetesObject): string {
  const namespace = object.metadata.namespace;
  return namespace ? `${namespace}/${nameOf(object)}` : nameOf(object);
}

export function splitKey(key: string): { namespace: string; name: string } {
  const slash = key.indexOf('/');
  return slash < 0
    ? { namespace: '', name: key }
    : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** The owner reference with `controller: true`, if any (there is at most one). */
export function controllerOf(object: KubernetesObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((reference) => reference.controller === true);
}

/** As an item of a list of its kind. */
export function withoutType(object: object): object {
  const { apiVersion: _a, kind: _k, ...rest } = object as Partial<KubernetesObject>;
  return rest;
}
