import type { KubernetesObject } from '../../api/meta.ts';
import type { Quantity } from '../../api/quantity.ts';
import {
  addTo,
  type Amounts,
  amountsOf,
  count,
  listOf,
  only,
  sameAmounts,
} from '../../api/quota/amounts.ts';
import type { Evaluator } from '../../api/quota/evaluator.ts';
import { scopesOf } from '../../api/quota/scopes.ts';
import type { ResourceQuota, ResourceQuotaStatus } from '../../api/types/core-v1.ts';

/** One resource as a quota sees it. */
export interface Counted {
  readonly evaluator: Evaluator;
  /** Those of the quota's namespace. Asked only if the quota limits something of them. */
  objects(): readonly KubernetesObject[];
  usage(object: KubernetesObject): Amounts;
}

export interface QuotaPlan {
  readonly status: ResourceQuotaStatus;
  /** True if something counts less than before: others may have been created meanwhile. */
  readonly lowered: boolean;
}

/** What the status should say; undefined if it says so. */
export function planQuota(
  quota: ResourceQuota,
  resources: readonly Counted[],
): QuotaPlan | undefined {
  const hard = amountsOf(quota.spec.hard);
  const before = amountsOf(quota.status?.used);
  const used = only(before, (name) => hard.has(name));
  for (const [name, amount] of countAll(quota, [...hard.keys()], resources)) used.set(name, amount);
  const current =
    quota.status?.hard !== undefined &&
    quota.status.used !== undefined &&
    sameAmounts(amountsOf(quota.status.hard), hard) &&
    sameAmounts(before, used);
  if (current) return undefined;
  const lowered = [...used].some(([name, { nano }]) => nano < (before.get(name)?.nano ?? 0n));
  return { status: { hard: listOf(hard), used: listOf(used) }, lowered };
}

/** Names that no resource covers are left out: nobody knows what they would mean. */
function countAll(
  quota: ResourceQuota,
  names: readonly string[],
  resources: readonly Counted[],
): Amounts {
  const scopes = scopesOf(quota);
  const total = new Map<string, Quantity>();
  for (const counted of resources) {
    const { evaluator } = counted;
    const covered = new Set(names.filter((name) => evaluator.covers(name)));
    if (covered.size === 0) continue;
    for (const name of covered) if (!total.has(name)) total.set(name, count(0));
    for (const object of counted.objects())
      if (scopes.every((scope) => evaluator.inScope(object, scope)))
        addTo(
          total,
          only(counted.usage(object), (name) => covered.has(name)),
        );
  }
  return total;
}
