/**
 * What may be used only where a quota covers it, whatever that quota gives
 * (apiserver.config.k8s.io ResourceQuotaConfiguration).
 */
import { type StatusError, unexplained } from '../../../api/status.ts';
import { growth } from '../../../api/quota/amounts.ts';
import { matchesQuota } from '../../../api/quota/evaluators.ts';
import { scopesOf } from '../../../api/quota/scopes.ts';
import type {
  ResourceQuota,
  ScopedResourceSelectorRequirement,
} from '../../../api/types/core-v1.ts';
import type { Request } from './charge.ts';

export interface LimitedResource {
  /** "" is the core group. */
  readonly apiGroup: string;
  /** "persistentvolumeclaims". */
  readonly resource: string;
  /** Parts of the names of what is used: ".storageclass.storage.k8s.io/requests.storage". */
  readonly matchContains: readonly string[];
  /** Objects of these scopes need a quota with such a scope. */
  readonly matchScopes: readonly ScopedResourceSelectorRequirement[];
}

/**
 * Why it is refused: no quota covers what it uses, or its scope. Kubernetes fails the latter
 * without a reason.
 */
export function uncovered(
  { type, evaluator, object, old, nowMs }: Request,
  quotas: readonly ResourceQuota[],
  limited: readonly LimitedResource[],
): string | StatusError | undefined {
  const matching = quotas.filter((quota) => matchesQuota(evaluator, quota, object));
  const usage = evaluator.usage(object, nowMs);
  const wasCounted =
    old !== undefined && matching.every((quota) => matchesQuota(evaluator, quota, old));
  if (wasCounted && growth(usage, evaluator.usage(old, nowMs)).size === 0) return undefined;
  const parts = limited
    .filter(({ apiGroup, resource }) => apiGroup === type.group && resource === type.resource)
    .flatMap(({ matchContains }) => matchContains);
  const covered = new Set(matching.flatMap(({ status }) => Object.keys(status?.hard ?? {})));
  const names = [...usage]
    .filter(([name, { nano }]) => nano > 0n && parts.some((part) => name.includes(part)))
    .map(([name]) => name)
    .filter((name) => !covered.has(name));
  if (names.length > 0) return `insufficient quota to consume: ${names.sort().join(',')}`;
  const has = (scope: ScopedResourceSelectorRequirement): boolean =>
    evaluator.inScope(object, scope);
  const given = new Set(
    quotas
      .flatMap(scopesOf)
      .filter(has)
      .map((scope) => scope.scopeName),
  );
  const scopes = limited
    .flatMap(({ matchScopes }) => matchScopes)
    .filter((scope) => has(scope) && !given.has(scope.scopeName))
    .map(
      ({ scopeName, operator, values = [] }) => `{${scopeName} ${operator} [${values.join(' ')}]}`,
    );
  if (scopes.length === 0) return undefined;
  return unexplained(`insufficient quota to match these scopes: [${scopes.join(' ')}]`);
}
