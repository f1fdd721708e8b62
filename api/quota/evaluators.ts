import type { KubernetesObject } from '../meta.ts';
import { groupResource } from '../resource.ts';
import type { ResourceQuota } from '../types/core-v1.ts';
import { claimEvaluator } from './claims.ts';
import { type Evaluator, objectCount } from './evaluator.ts';
import { deviceClaimEvaluator } from './device-claims.ts';
import { podEvaluator } from './pods.ts';
import { scopesOf } from './scopes.ts';
import { serviceEvaluator } from './services.ts';

/** Those that are more than a count, by "resource.group". */
const special: ReadonlyMap<string, Evaluator<never>> = new Map<string, Evaluator<never>>([
  ['pods', podEvaluator],
  ['services', serviceEvaluator],
  ['persistentvolumeclaims', claimEvaluator],
  ['resourceclaims.resource.k8s.io', deviceClaimEvaluator],
]);

/** Never counted: they come in masses, and go by themselves. */
const uncounted = new Set(['events', 'events.events.k8s.io']);

const counts = new Map<string, Evaluator>();

/** Undefined for a resource that no quota can limit. */
export function evaluatorOf(type: {
  readonly group: string;
  readonly resource: string;
}): Evaluator | undefined {
  const name = groupResource(type);
  if (uncounted.has(name)) return undefined;
  const found = (special.get(name) as Evaluator | undefined) ?? counts.get(name);
  if (found !== undefined) return found;
  const made = objectCount(type);
  counts.set(name, made);
  return made;
}

/** True if the quota is about this object: it limits something of it, and all scopes hold. */
export function matchesQuota(
  evaluator: Evaluator,
  quota: ResourceQuota,
  object: KubernetesObject,
): boolean {
  return (
    Object.keys(quota.status?.hard ?? {}).some((name) => evaluator.covers(name)) &&
    scopesOf(quota).every((scope) => evaluator.inScope(object, scope))
  );
}
