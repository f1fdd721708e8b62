/**
 * What has to be done so that Services and IPAddresses say the same of each other, as Kubernetes'
 * repair loop of KEP-1880 sees it. Pure: {@link ClaimRepair} carries it out.
 */
import type { KubernetesObject } from '../../api/meta.ts';
import { parseTime } from '../../api/time.ts';
import type { Service } from '../../api/types/core-v1.ts';
import type { IPAddress } from '../../api/types/networking-v1.ts';
import { type Cidr, formatAddress, parseAddress } from '../../api/cidr.ts';
import type { ClaimOwner } from '../registry/claims.ts';
import { claimsOf } from '../registry/kinds/service/reserve.ts';
import { holds, isAllocated } from '../../api/service-range.ts';
import { hasLabels, refersTo } from '../registry/service-addresses.ts';

/** An address is taken before its Service is written: until then it refers to nobody. */
const UNWRITTEN_MS = 60_000;
/** The same for a Service that exists and will refuse the one being written. */
const REVERTED_MS = 5_000;

/** Items of lists do not say what they are. */
const SERVICE = { apiVersion: 'v1', kind: 'Service' } as const;
const IP_ADDRESS = { apiVersion: 'networking.k8s.io/v1', kind: 'IPAddress' } as const;

export interface AddressRepair {
  /** Done first. */
  readonly remove?: IPAddress;
  readonly take?: { readonly name: string; readonly owner: ClaimOwner };
  readonly warning?: RepairWarning;
}

export interface RepairWarning {
  readonly regarding: KubernetesObject;
  readonly reason: string;
  readonly action: string;
  readonly note: string;
}

/** {@link services} must not be older than `addresses`. */
export interface AddressState {
  readonly services: readonly Service[];
  readonly addresses: readonly IPAddress[];
  readonly ranges: readonly Cidr[];
  readonly nowMs: number;
}

const keyOf = ({ namespace, name }: ClaimOwner): string => `${namespace}/${name}`;

const ownerOf = ({ metadata: { namespace = '', name = '' } }: Service): ClaimOwner => ({
  namespace,
  name,
});

export function addressRepairs(state: AddressState): AddressRepair[] {
  const services = new Map(state.services.map((service) => [keyOf(ownerOf(service)), service]));
  const addresses = new Map(state.addresses.map((each) => [each.metadata.name ?? '', each]));
  return [
    ...state.services.flatMap((service) =>
      claimsOf(service.spec).clusterIPs.flatMap((ip) =>
        serviceRepair(service, ip, { services, addresses, ranges: state.ranges }),
      ),
    ),
    ...state.addresses.flatMap((address) => addressRepair(address, services, state.nowMs)),
  ];
}

interface Known {
  readonly services: ReadonlyMap<string, Service>;
  readonly addresses: ReadonlyMap<string, IPAddress>;
  readonly ranges: readonly Cidr[];
}

function serviceRepair(service: Service, ip: string, known: Known): AddressRepair[] {
  const parsed = parseAddress(ip);
  if (parsed === undefined) return [];
  const { address, family } = parsed;
  const name = formatAddress(address, family);
  const owner = ownerOf(service);
  const action = 'ClusterIPAllocation';
  const warn = (reason: string, note: string): { readonly warning: RepairWarning } => ({
    warning: { regarding: { ...service, ...SERVICE }, reason, action, note },
  });
  if (!known.ranges.some((range) => holds(range, address, family))) {
    const note =
      `Cluster IP [${family}]: ${name} is not within any configured Service CIDR; ` +
      'please recreate service';
    return [warn('ClusterIPOutOfRange', note)];
  }
  const found = known.addresses.get(name);
  const take = { name, owner };
  if (found === undefined) {
    const note = `Cluster IP [${family}]: ${name} is not allocated; repairing`;
    return [{ take, ...warn('ClusterIPNotAllocated', note) }];
  }
  if (refersTo(found, owner)) return hasLabels(found) ? [] : [{ remove: found, take }];
  const { namespace = '', name: parent = '' } = found.spec.parentRef ?? {};
  const other = known.services.get(keyOf({ namespace, name: parent }));
  if (other !== undefined && refersTo(found, ownerOf(other))) {
    if (!claimsOf(other.spec).clusterIPs.includes(ip)) return [];
    const note =
      `Cluster IP [${family}]:${name} was assigned to multiple services; ` +
      'please recreate service';
    return [warn('ClusterIPAlreadyAllocated', note)];
  }
  const note =
    `the ClusterIP [${family}]: ${name} for Service ${keyOf(owner)} ` +
    'has a wrong reference; repairing';
  return [{ remove: found, take, ...warn('ClusterIPNotAllocated', note) }];
}

/** Those of others are left alone. */
function addressRepair(
  address: IPAddress,
  services: ReadonlyMap<string, Service>,
  nowMs: number,
): AddressRepair[] {
  const { metadata, spec } = address;
  if (!isAllocated(address)) return [];
  const { name = '' } = metadata;
  const { group = '', resource = '', namespace = '', name: parent = '' } = spec.parentRef ?? {};
  const removed = (reason: string, note: string): AddressRepair[] => {
    const regarding = { ...address, ...IP_ADDRESS };
    const warning = { regarding, reason, action: 'IPAddressAllocation', note };
    return [{ remove: address, warning }];
  };
  if (group !== '' || resource !== 'services') {
    const shown = `Group:${group},Resource:${resource},Namespace:${namespace},Name:${parent},`;
    return removed(
      'IPAddressNotAllocated',
      `IPAddress ${name} appears to have been modified, ` +
        `not referencing a Service &ParentReference{${shown}}: cleaning up`,
    );
  }
  const createdMs = parseTime(metadata.creationTimestamp ?? '') ?? 0;
  const owner = { namespace, name: parent };
  const service = services.get(keyOf(owner));
  if (service === undefined) {
    if (nowMs - createdMs <= UNWRITTEN_MS) return [];
    return removed(
      'IPAddressNotAllocated',
      `IPAddress: ${name} for Service ${keyOf(owner)} appears to have leaked: cleaning up`,
    );
  }
  if (claimsOf(service.spec).clusterIPs.includes(name)) return [];
  const serviceMs = parseTime(service.metadata.creationTimestamp ?? '') ?? 0;
  if (createdMs > serviceMs && nowMs - createdMs < REVERTED_MS) return [];
  return removed(
    'IPAddressWrongReference',
    `IPAddress: ${name} for Service ${keyOf(owner)} has a wrong reference; cleaning up`,
  );
}
