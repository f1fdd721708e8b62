/**
 * Where a Service is reached. Nothing here turns cluster IPs into addresses of servers, so a
 * ready endpoint is dialled directly, as kube-apiserver does with --enable-aggregator-routing.
 */
import type { Service } from '../../api/types/core-v1.ts';
import type { EndpointSlice } from '../../api/types/discovery-v1.ts';
import type { Random } from '../../platform/random.ts';

/** What this server knows of services, which may be behind. */
export interface ServiceLookup {
  service(namespace: string, name: string): Promise<Service | undefined>;
  /** The slices of one service. */
  endpointSlices(namespace: string, service: string): Promise<readonly EndpointSlice[]>;
}

export interface ServicePort {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Why there is no address, in Kubernetes' words. */
export class NoAddress extends Error {
  override readonly name = 'NoAddress';
}

export async function serviceAddress(
  { namespace, name, port }: ServicePort,
  lookup: ServiceLookup,
  random: Random,
): Promise<Address> {
  const service = await lookup.service(namespace, name);
  if (service === undefined) throw new NoAddress(`service ${JSON.stringify(name)} not found`);
  const { type, externalName = '', ports = [] } = service.spec ?? {};
  if (type === 'ExternalName') return { host: externalName, port };
  const servicePort = ports.find((each) => each.port === port);
  if (servicePort === undefined)
    throw new NoAddress(`no service port ${port} found for service ${JSON.stringify(name)}`);
  const slices = await lookup.endpointSlices(namespace, name);
  const addresses = slices.flatMap((slice) => addressesIn(slice, servicePort.name ?? ''));
  if (addresses.length === 0)
    throw new NoAddress(`no endpoints available for service ${JSON.stringify(name)}`);
  return addresses[random.below(addresses.length, 'endpoint of a service')]!;
}

function addressesIn({ endpoints, ports }: EndpointSlice, portName: string): Address[] {
  const { port } = (ports ?? []).find(({ name = '' }) => name === portName) ?? {};
  if (port === undefined) return [];
  return (endpoints ?? [])
    .filter(({ conditions, addresses }) => conditions?.ready !== false && addresses.length > 0)
    .map(({ addresses }) => ({ host: addresses[0]!, port }));
}
