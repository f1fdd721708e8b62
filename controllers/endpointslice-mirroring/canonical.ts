/**
 * Subsets of an Endpoints as Kubernetes lays them out: ports that the same addresses offer stand
 * together, whatever subsets somebody wrote them into.
 */
import type { EndpointAddress, EndpointPort, EndpointSubset } from '../../api/types/core-v1.ts';

/** Addresses that offer a port, and whether they are ready there. */
type Offers = Map<EndpointAddress, boolean>;

interface Offered {
  /** Undefined for addresses without ports. */
  readonly port: EndpointPort | undefined;
  readonly offers: Offers;
}

/** The server may fill in or leave out what is default. */
export function keyOfPort(at: Partial<EndpointPort>): string {
  const { name = '', port = 0, protocol = 'TCP', appProtocol = '' } = at;
  return [name, port, protocol, appProtocol].join('/');
}

export function canonicalSubsets(subsets: readonly EndpointSubset[]): EndpointSubset[] {
  const groups = new Map<string, Offered[]>();
  for (const offered of offeredPorts(subsets)) {
    const key = keyOfOffers(offered.offers);
    groups.set(key, [...(groups.get(key) ?? []), offered]);
  }
  return [...groups.values()].map((group) => {
    const offers = [...group[0]!.offers];
    const those = (wanted: boolean) =>
      offers.filter(([, is]) => is === wanted).map(([each]) => each);
    const ports = group.flatMap(({ port }) => (port === undefined ? [] : [port]));
    return { addresses: those(true), notReadyAddresses: those(false), ports };
  });
}

function offeredPorts(subsets: readonly EndpointSubset[]): Iterable<Offered> {
  const known = new Map<string, EndpointAddress>();
  const byPort = new Map<string, Offered>();
  for (const { addresses = [], notReadyAddresses = [], ports = [] } of subsets) {
    for (const port of ports.length === 0 ? [undefined] : ports) {
      const key = port === undefined ? '' : keyOfPort(port);
      const offered = byPort.get(key) ?? { port, offers: new Map<EndpointAddress, boolean>() };
      byPort.set(key, offered);
      const offer = (address: EndpointAddress, ready: boolean): void => {
        const id = idOf(address);
        const same = known.get(id) ?? address;
        known.set(id, same);
        // Who is not ready in one place is not ready.
        offered.offers.set(same, ready && offered.offers.get(same) !== false);
      };
      for (const address of addresses) offer(address, true);
      for (const address of notReadyAddresses) offer(address, false);
    }
  }
  return byPort.values();
}

/** Pods that share the address of their node are different all the same. */
const idOf = ({ ip, targetRef }: EndpointAddress): string => `${ip} ${targetRef?.uid ?? ''}`;

const keyOfOffers = (offers: Offers): string =>
  [...offers]
    .map(([address, ready]) => `${idOf(address)} ${ready}`)
    .sort()
    .join(',');
