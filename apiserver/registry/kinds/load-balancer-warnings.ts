import { oddAddress } from '../../../api/validation/odd-addresses.ts';

/** What is odd about the addresses that a load balancer is said to have. */
export function oddBalancerAddresses(
  ingress: readonly { readonly ip?: string }[] | undefined = [],
): string[] {
  return ingress.flatMap(({ ip = '' }, i) => oddAddress(ip, `status.loadBalancer.ingress[${i}]`));
}
