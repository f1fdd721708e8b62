import type { KubernetesObject } from '../../api/meta.ts';
import { objectSuffix } from './keys.ts';

/** What selectors are asked about. */
export interface Selectable {
  readonly value: KubernetesObject;
  /** What `read` makes of the value: remembered by `part` where the value is not kept. */
  ask<R>(part: string, read: (value: KubernetesObject) => R): R;
}

export const selectable = (value: KubernetesObject): Selectable => ({
  value,
  ask: (_part, read) => read(value),
});

/** What selectors of a list or watch let through. */
export interface Predicate {
  matches(object: Selectable): boolean;
  /** Set when only objects of this name can match: saves looking at all others. */
  readonly name?: string | undefined;
}

/** The part of a collection that a list or watch is about. */
export interface Scope {
  /** "" for all namespaces, and for cluster-scoped resources. */
  readonly namespace: string;
  readonly predicate?: Predicate | undefined;
}

/** What suffixes of a scope start with: "" or "default/". */
export function scopePrefix(scope: Scope): string {
  return scope.namespace === '' ? '' : objectSuffix(scope.namespace, '');
}

/** The one suffix a scope can match; undefined if there may be several. */
export function onlySuffix(scope: Scope, namespaced: boolean): string | undefined {
  const name = scope.predicate?.name;
  if (name === undefined || name === '') return undefined;
  if (namespaced && scope.namespace === '') return undefined;
  return objectSuffix(scope.namespace, name);
}
