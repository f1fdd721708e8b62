import type { KubernetesObject } from '../../api/meta.ts';
import { objectSuffix } from './keys.ts';

/** What selectors of a list or watch let through. */
export interface Predicate {
  matches(object: KubernetesObject): boolean;
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
