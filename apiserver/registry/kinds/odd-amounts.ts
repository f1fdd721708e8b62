/** Amounts of bytes that are no whole number: they are taken, and told of. */
import { milliValue } from '../../../api/quantity.ts';
import type { PersistentVolumeClaimSpec } from '../../../api/types/core-v1.ts';

export type Amounts = Readonly<Record<string, string | number>> | undefined;

const MILLI = 1000;

/** Of the resource, if the amounts have it. */
export function oddBytes(amounts: Amounts, resource: string, field: string): string[] {
  const amount = amounts?.[resource];
  if (amount === undefined || milliValue(amount) % MILLI === 0) return [];
  const fault = 'is invalid, must be an integer';
  return [`${field}[${resource}]: fractional byte value "${amount}" ${fault}`];
}

export function oddClaim({ resources }: PersistentVolumeClaimSpec, field: string): string[] {
  return [
    ...oddBytes(resources?.requests, 'storage', `${field}.resources.requests`),
    ...oddBytes(resources?.limits, 'storage', `${field}.resources.limits`),
  ];
}
