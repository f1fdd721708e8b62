/** Quotas that leave no room for more. */
import { compareQuantities, parseQuantity } from '../../api/quantity.ts';
import type { ResourceQuota } from '../../api/types/core-v1.ts';
import { about, type Finding } from './finding.ts';

export function quotaFindings(quotas: readonly ResourceQuota[]): Finding[] {
  return quotas.flatMap((quota) => {
    const { hard = {}, used = {} } = quota.status ?? {};
    return Object.entries(hard).flatMap(([resource, limit]) => {
      const spent = used[resource];
      if (spent === undefined) return [];
      if (compareQuantities(parseQuantity(spent), parseQuantity(limit)) < 0) return [];
      const text = `${resource} is used up: ${spent} of ${limit}`;
      return about({ ...quota, kind: 'ResourceQuota' }, [{ text }]);
    });
  });
}
