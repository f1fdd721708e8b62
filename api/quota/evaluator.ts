import type { KubernetesObject } from '../meta.ts';
import { groupResource } from '../resource.ts';
import type { ScopedResourceSelectorRequirement } from '../types/core-v1.ts';
import { type Amounts, count } from './amounts.ts';

/** What a quota needs to know of one resource. */
export interface Evaluator<T extends KubernetesObject = KubernetesObject> {
  /** True if objects of this resource use what the quota calls `name`. */
  covers(name: string): boolean;
  /** What one object uses. A pod that has ended uses less: hence the time. */
  usage(object: T, nowMs: number): Amounts;
  /** False for a scope that says nothing about this resource. */
  inScope(object: T, scope: ScopedResourceSelectorRequirement): boolean;
  /** Why the object may not be counted at all, given what the quota limits. */
  missing?(object: T, limited: readonly string[]): string | undefined;
  /** True if this update may count for more than before. Without it only creations are counted. */
  grows?(object: T, old: T): boolean;
}

type GroupResource = { readonly group: string; readonly resource: string };

/** "count/deployments.apps". */
export function countName(type: GroupResource): string {
  return `count/${groupResource(type)}`;
}

/** Resources that were counted under their plain names before there was `count/`. */
const plainNames = new Set(['configmaps', 'resourcequotas', 'replicationcontrollers', 'secrets']);

/** Any resource can be counted. */
export function objectCount(type: GroupResource): Evaluator {
  const names = [countName(type)];
  if (type.group === '' && plainNames.has(type.resource)) names.push(type.resource);
  const one = new Map(names.map((name) => [name, count(1)] as const));
  return {
    covers: (name) => names.includes(name),
    usage: () => one,
    inScope: () => false,
  };
}
