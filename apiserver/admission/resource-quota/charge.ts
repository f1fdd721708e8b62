import type { KubernetesObject } from '../../../api/meta.ts';
import { compareQuantities } from '../../../api/quantity.ts';
import {
  type Amounts,
  amountsOf,
  amountsText,
  growth,
  only,
  sum,
} from '../../../api/quota/amounts.ts';
import type { Evaluator } from '../../../api/quota/evaluator.ts';
import { matchesQuota } from '../../../api/quota/evaluators.ts';
import type { ResourceQuota } from '../../../api/types/core-v1.ts';

/** A write that quotas may have something to say about. */
export interface Request {
  readonly type: { readonly group: string; readonly resource: string };
  readonly evaluator: Evaluator;
  readonly object: KubernetesObject;
  /** What it replaces; undefined for a create. */
  readonly old: KubernetesObject | undefined;
  readonly nowMs: number;
}

const none: Amounts = new Map();

/** What `quota` has to count for the request; empty if nothing. */
function deltaOf({ evaluator, object, old, nowMs }: Request, quota: ResourceQuota): Amounts {
  const counted = old !== undefined && matchesQuota(evaluator, quota, old);
  const before = counted ? evaluator.usage(old, nowMs) : none;
  const { hard = {} } = quota.status ?? {};
  return only(growth(evaluator.usage(object, nowMs), before), (name) => Object.hasOwn(hard, name));
}

/** Why the quota cannot even be asked: the object does not say enough, or the quota does not. */
export function objection(request: Request, quota: ResourceQuota): string | undefined {
  const { evaluator, object } = request;
  const name = quota.metadata.name!;
  const { hard = {}, used = {} } = quota.status ?? {};
  const limited = Object.keys(hard).filter((each) => evaluator.covers(each));
  const missing = evaluator.missing?.(object, limited);
  if (missing !== undefined) return `failed quota: ${name}: ${missing}`;
  if (limited.every((each) => Object.hasOwn(used, each))) return undefined;
  return `status unknown for quota: ${name}, resources: ${limited.sort().join(',')}`;
}

/** Amounts below nothing would give others more than there is. */
export function negative({ evaluator, object, nowMs }: Request): string | undefined {
  const names = [...only(evaluator.usage(object, nowMs), () => true)]
    .filter(([, amount]) => amount.nano < 0n)
    .map(([name]) => name);
  if (names.length === 0) return undefined;
  return `quota usage is negative for resource(s): ${names.sort().join(',')}`;
}

export type Charged =
  /** What is used once the request has succeeded; undefined: as before. */
  { readonly used: Amounts | undefined } | { readonly refused: string };

/** The request on top of what is used. A quota it does not match has nothing to charge. */
export function charge(request: Request, quota: ResourceQuota, used: Amounts): Charged {
  const { evaluator, object } = request;
  if (!matchesQuota(evaluator, quota, object)) return { used: undefined };
  const delta = deltaOf(request, quota);
  if (delta.size === 0) return { used: undefined };
  const hard = amountsOf(quota.status?.hard);
  const total = sum(used, delta);
  const exceeded = new Set(
    [...delta.keys()].filter((name) => compareQuantities(total.get(name)!, hard.get(name)!) > 0),
  );
  if (exceeded.size === 0) return { used: total };
  const shown = (amounts: Amounts): string => amountsText(only(amounts, (n) => exceeded.has(n)));
  return {
    refused:
      `exceeded quota: ${quota.metadata.name}, requested: ${shown(delta)}, ` +
      `used: ${shown(used)}, limited: ${shown(hard)}`,
  };
}
