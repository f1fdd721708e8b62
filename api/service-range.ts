/** What API server and controllers both know of the ranges of Services (KEP-1880). */
import { type Cidr, type IPFamily, sizeOf } from './cidr.ts';
import type { IPAddress } from './types/networking-v1.ts';

const MANAGED_BY = 'ipaddress.kubernetes.io/managed-by';
/** Who makes the IPAddresses of Services. */
export const allocatorLabel = { [MANAGED_BY]: 'ipallocator.k8s.io' } as const;

export function isAllocated({ metadata }: IPAddress): boolean {
  return metadata.labels?.[MANAGED_BY] === allocatorLabel[MANAGED_BY];
}

/** How many addresses of a range are given: not the network's own nor IPv4's broadcast address. */
export function usable(cidr: Cidr): bigint {
  return sizeOf(cidr) - (cidr.family === 'IPv4' ? 2n : 1n);
}

export function holds(cidr: Cidr, address: bigint, family: IPFamily): boolean {
  const { base } = cidr;
  return family === cidr.family && address > base && address <= base + usable(cidr);
}
