/** What becomes of a ServiceCIDR: it is protected and ready, or goes once nobody needs it. */
import { type Cidr, parseAddress, parseCidr } from '../../api/cidr.ts';
import { holds, isAllocated } from '../../api/service-range.ts';
import { parseTime } from '../../api/time.ts';
import type { IPAddress, ServiceCIDR } from '../../api/types/networking-v1.ts';

export const FINALIZER = 'networking.k8s.io/service-cidr-finalizer';

/** API servers hear of the deletion in this time, and take no more addresses from the range. */
const GRACE_MS = 10_000;

export interface Readiness {
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

export interface ServiceCidrPlan {
  readonly finalizer?: 'add' | 'remove';
  readonly ready?: Readiness;
  readonly requeueAfterMs?: number;
}

const READY: Readiness = {
  status: 'True',
  reason: '',
  message: 'Kubernetes Service CIDR is ready',
};
const TERMINATING: Readiness = {
  status: 'False',
  reason: 'Terminating',
  message:
    'There are still IPAddresses referencing the ServiceCIDR, ' +
    'please remove them or create a new ServiceCIDR',
};

function rangesOf({ spec }: ServiceCIDR): Cidr[] {
  return (spec?.cidrs ?? []).flatMap((text) => parseCidr(text) ?? []);
}

const contains = (outer: Cidr, inner: Cidr): boolean => {
  if (outer.family !== inner.family || outer.prefixLength > inner.prefixLength) return false;
  const bits = BigInt((outer.family === 'IPv4' ? 32 : 128) - outer.prefixLength);
  return outer.base >> bits === inner.base >> bits;
};

/** True if the address is one that could be taken from it. */
export function covers(range: ServiceCIDR, { metadata }: IPAddress): boolean {
  const parsed = parseAddress(metadata.name ?? '');
  if (parsed === undefined) return false;
  return rangesOf(range).some((cidr) => holds(cidr, parsed.address, parsed.family));
}

/** Every address of it is in another range, too, or none is taken. */
function canGo(
  range: ServiceCIDR,
  others: readonly ServiceCIDR[],
  addresses: readonly IPAddress[],
): boolean {
  const hasParents = rangesOf(range).every((cidr) =>
    others.some((other) => rangesOf(other).some((outer) => contains(outer, cidr))),
  );
  return (
    hasParents ||
    !addresses.some(
      (address) =>
        isAllocated(address) &&
        covers(range, address) &&
        !others.some((other) => covers(other, address)),
    )
  );
}

/** `all` may or may not have the range itself among them. */
export function planServiceCidr(
  range: ServiceCIDR,
  all: readonly ServiceCIDR[],
  known: { readonly addresses: readonly IPAddress[]; readonly nowMs: number },
): ServiceCidrPlan {
  const { finalizers = [], deletionTimestamp, name } = range.metadata;
  const isProtected = finalizers.includes(FINALIZER);
  if (deletionTimestamp === undefined)
    return { ...(isProtected ? {} : { finalizer: 'add' }), ...changed(range, READY) };
  const others = all.filter(({ metadata }) => metadata.name !== name);
  if (!canGo(range, others, known.addresses)) return changed(range, TERMINATING);
  const leftMs = parseTime(deletionTimestamp)! + GRACE_MS - known.nowMs;
  if (leftMs > 0) return { requeueAfterMs: leftMs };
  return isProtected ? { finalizer: 'remove' } : {};
}

function changed({ status }: ServiceCIDR, ready: Readiness): ServiceCidrPlan {
  const now = status?.conditions?.find(({ type }) => type === 'Ready');
  const isSame =
    now?.status === ready.status &&
    (now.reason ?? '') === ready.reason &&
    now.message === ready.message;
  return isSame ? {} : { ready };
}
