import { compareQuantities, formatQuantity, type Quantity } from '../../../api/quantity.ts';
import { type Amounts, amountsOf } from '../../../api/quota/amounts.ts';
import { podTotal } from '../../../api/quota/pod-resources.ts';
import type {
  Container,
  LimitRange,
  LimitRangeItem,
  PersistentVolumeClaim,
  Pod,
} from '../../../api/types/core-v1.ts';

/** What is asked for, by one container or by all together. */
interface Asked {
  readonly requests: Amounts;
  readonly limits: Amounts;
}

/** One bound of a limit range: "cpu", "Container", 500m. */
interface Bound {
  readonly resource: string;
  readonly type: string;
  readonly value: Quantity;
}

type Constraint = (bound: Bound, asked: Asked) => string | undefined;

const minimum: Constraint = ({ resource, type, value }, { requests, limits }) => {
  const text = `minimum ${resource} usage per ${type} is ${formatQuantity(value)}`;
  const request = requests.get(resource);
  const limit = limits.get(resource);
  if (request === undefined) return `${text}.  No request is specified`;
  if (compareQuantities(request, value) < 0)
    return `${text}, but request is ${formatQuantity(request)}`;
  if (limit !== undefined && compareQuantities(limit, value) < 0)
    return `${text}, but limit is ${formatQuantity(limit)}`;
  return undefined;
};

const maximum: Constraint = ({ resource, type, value }, { requests, limits }) => {
  const text = `maximum ${resource} usage per ${type} is ${formatQuantity(value)}`;
  const request = requests.get(resource);
  const limit = limits.get(resource);
  if (limit === undefined) return `${text}.  No limit is specified`;
  if (compareQuantities(limit, value) > 0) return `${text}, but limit is ${formatQuantity(limit)}`;
  if (request !== undefined && compareQuantities(request, value) > 0)
    return `${text}, but request is ${formatQuantity(request)}`;
  return undefined;
};

/** For what has requests and no limits. */
const maximumRequest: Constraint = ({ resource, type, value }, { requests }) => {
  const text = `maximum ${resource} usage per ${type} is ${formatQuantity(value)}`;
  const request = requests.get(resource);
  if (request === undefined) return `${text}.  No request is specified`;
  if (compareQuantities(request, value) > 0)
    return `${text}, but request is ${formatQuantity(request)}`;
  return undefined;
};

const ratio: Constraint = ({ resource, type, value }, { requests, limits }) => {
  const text = `${resource} max limit to request ratio per ${type} is ${formatQuantity(value)}`;
  const request = requests.get(resource)?.nano ?? 0n;
  const limit = limits.get(resource)?.nano ?? 0n;
  if (request === 0n) return `${text}, but no request is specified or request is 0`;
  if (limit === 0n) return `${text}, but no limit is specified or limit is 0`;
  if (limit * 1_000_000_000n <= value.nano * request) return undefined;
  return `${text}, but provided ratio is ${(Number(limit) / Number(request)).toFixed(6)}`;
};

function broken(
  list: LimitRangeItem['max'],
  type: string,
  check: (bound: Bound) => string | undefined,
): string[] {
  return [...amountsOf(list)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([resource, value]) => check({ resource, type, value }))
    .filter((fault) => fault !== undefined);
}

function allBroken({ type, min, max, maxLimitRequestRatio }: LimitRangeItem, asked: Asked) {
  return [
    ...broken(min, type, (bound) => minimum(bound, asked)),
    ...broken(max, type, (bound) => maximum(bound, asked)),
    ...broken(maxLimitRequestRatio, type, (bound) => ratio(bound, asked)),
  ];
}

const askedBy = ({ resources }: Container): Asked => ({
  requests: amountsOf(resources?.requests),
  limits: amountsOf(resources?.limits),
});

/** Everything in which the pod breaks the range. */
export function podFaults({ spec }: LimitRange, pod: Pod): readonly string[] {
  const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
  return (spec.limits ?? []).flatMap((item) => {
    if (item.type === 'Container')
      return containers.flatMap((container) => allBroken(item, askedBy(container)));
    if (item.type !== 'Pod') return [];
    const total = (side: 'requests' | 'limits') => podTotal(pod.spec, side, { overhead: false });
    return allBroken(item, { requests: total('requests'), limits: total('limits') });
  });
}

/** A claim has no limits that count: both bounds are about its request. */
export function claimFaults({ spec }: LimitRange, claim: PersistentVolumeClaim): readonly string[] {
  const asked: Asked = { requests: amountsOf(claim.spec.resources?.requests), limits: new Map() };
  return (spec.limits ?? [])
    .filter(({ type }) => type === 'PersistentVolumeClaim')
    .flatMap(({ type, min, max }) => [
      ...broken(min, type, (bound) => minimum(bound, asked)),
      ...broken(max, type, (bound) => maximumRequest(bound, asked)),
    ]);
}
