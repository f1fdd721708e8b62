/** Which endpoints are for whom: what `hints` of EndpointSlices say (KEP-2433, KEP-3015). */
import { deepEqual } from '../../api/deep.ts';
import type { Service } from '../../api/types/core-v1.ts';
import type { Endpoint, EndpointHints, EndpointSlice } from '../../api/types/discovery-v1.ts';
import { allocationsOf, movesOf, type ZoneCounts, type ZoneShares } from './zone-shares.ts';

/** Slices of one address type, before they have hints; unchanged ones still have theirs. */
export interface SliceSet<Draft extends Pick<EndpointSlice, 'endpoints'>> {
  readonly create: readonly Draft[];
  readonly update: readonly EndpointSlice[];
  /** But for hints that may have to change. */
  readonly unchanged: readonly EndpointSlice[];
}

/** What becomes of the annotation topology-mode: what each zone was given, or why nothing. */
export type ZoneHints = { readonly counts: ZoneCounts } | { readonly problem: string };

export interface Hinted<Draft extends Pick<EndpointSlice, 'endpoints'>> {
  readonly create: readonly Draft[];
  readonly update: readonly EndpointSlice[];
  /** Absent where the Service does not ask for it. */
  readonly zones?: ZoneHints;
}

const SAME_NODE = 'PreferSameNode';
const closeDistributions = ['PreferClose', 'PreferSameZone', SAME_NODE];
const topologyAnnotations = [
  'service.kubernetes.io/topology-aware-hints',
  'service.kubernetes.io/topology-mode',
];

/** The older annotation wins where there are both. */
export function asksForZones({ metadata: { annotations = {} } }: Service): boolean {
  const name = topologyAnnotations.find((each) => annotations[each] !== undefined);
  return name !== undefined && ['Auto', 'auto'].includes(annotations[name] ?? '');
}

/** The annotation wins over trafficDistribution. */
export function withHints<Draft extends Pick<EndpointSlice, 'endpoints'>>(
  service: Service,
  set: SliceSet<Draft>,
  shares: ZoneShares | undefined,
): Hinted<Draft> {
  if (!asksForZones(service)) return hintedBy(set, (endpoint) => closeHints(service, endpoint));
  const shared = sharedOut(set, shares);
  if ('problem' in shared) return { ...hintedBy(set, () => undefined), zones: shared };
  const { counts, zoneOf } = shared;
  const hinted = hintedBy(set, (endpoint) => {
    const name = zoneOf.get(endpoint);
    return name === undefined ? endpoint.hints : { forZones: [{ name }] };
  });
  return { ...hinted, zones: { counts } };
}

const isReady = ({ conditions }: Endpoint): boolean => conditions?.ready === true;

/** Who is to use it rather than others, as the Service's trafficDistribution says. */
function closeHints({ spec }: Service, endpoint: Endpoint): EndpointHints | undefined {
  const distribution = spec?.trafficDistribution ?? '';
  if (!closeDistributions.includes(distribution) || !isReady(endpoint)) return undefined;
  const { zone } = endpoint;
  const nodeName = distribution === SAME_NODE ? endpoint.nodeName : undefined;
  if (zone === undefined && nodeName === undefined) return undefined;
  return {
    ...(zone === undefined ? {} : { forZones: [{ name: zone }] }),
    ...(nodeName === undefined ? {} : { forNodes: [{ name: nodeName }] }),
  };
}

function hintedBy<Draft extends Pick<EndpointSlice, 'endpoints'>>(
  { create, update, unchanged }: SliceSet<Draft>,
  hintsOf: (endpoint: Endpoint) => EndpointHints | undefined,
): Hinted<Draft> {
  const hinted = <Slice extends Pick<EndpointSlice, 'endpoints'>>(slice: Slice): Slice => ({
    ...slice,
    endpoints: (slice.endpoints ?? []).map((endpoint) => hint(endpoint, hintsOf(endpoint))),
  });
  const changed = unchanged.filter((slice) =>
    (slice.endpoints ?? []).some((endpoint) => !deepEqual(endpoint.hints, hintsOf(endpoint))),
  );
  return { create: create.map(hinted), update: [...update, ...changed].map(hinted) };
}

export function hint(endpoint: Endpoint, hints: EndpointHints | undefined): Endpoint {
  if (hints === undefined && endpoint.hints === undefined) return endpoint;
  const { hints: _, ...rest } = endpoint;
  return hints === undefined ? rest : { ...rest, hints };
}

interface SharedOut {
  readonly counts: ZoneCounts;
  /** Only of endpoints that are hinted at anew. */
  readonly zoneOf: ReadonlyMap<Endpoint, string>;
}

/**
 * Every zone gets endpoints in proportion to its CPU: first each its own, then those that have too
 * many give to those that have too few. Unchanged slices keep what they say while no zone gets
 * more by it than it may.
 */
function sharedOut<Draft extends Pick<EndpointSlice, 'endpoints'>>(
  { create, update, unchanged }: SliceSet<Draft>,
  shares: ZoneShares | undefined,
): SharedOut | { readonly problem: string } {
  const readyOf = (slice: Pick<EndpointSlice, 'endpoints'>): Endpoint[] =>
    (slice.endpoints ?? []).filter(isReady);
  const total = [...create, ...update, ...unchanged].flatMap(readyOf).length;
  const allocations = allocationsOf(total, shares);
  if ('problem' in allocations) return allocations;
  const counts = new Map<string, number>();
  const open = [...create, ...update].flatMap(readyOf);
  for (const slice of unchanged) {
    const kept = new Map<string, number>();
    const ready = readyOf(slice);
    for (const { hints } of ready) for (const { name } of hints?.forZones ?? []) add(kept, name, 1);
    const fits =
      ready.every(({ hints }) => (hints?.forZones ?? []).length > 0) &&
      [...kept].every(
        ([zone, count]) =>
          count + (counts.get(zone) ?? 0) <= (allocations.zones.get(zone)?.maximum ?? -1),
      );
    if (fits) for (const [zone, count] of kept) add(counts, zone, count);
    else open.push(...ready);
  }
  const zoneOf = new Map<Endpoint, string>();
  for (const endpoint of open) {
    if (!endpoint.zone) return { problem: 'One or more endpoints do not have a zone specified' };
    add(counts, endpoint.zone, 1);
    zoneOf.set(endpoint, endpoint.zone);
  }
  const { giving, receiving } = movesOf(allocations.zones, counts);
  for (const [endpoint, from] of zoneOf) {
    const to = [...receiving.keys()][0];
    if (to === undefined) break;
    if (!take(giving, from)) continue;
    take(receiving, to);
    zoneOf.set(endpoint, to);
    add(counts, from, -1);
    add(counts, to, 1);
  }
  return { counts, zoneOf };
}

function add(counts: Map<string, number>, zone: string, by: number): void {
  counts.set(zone, (counts.get(zone) ?? 0) + by);
}

/** False if there is none left. */
function take(counts: Map<string, number>, zone: string): boolean {
  const left = counts.get(zone) ?? 0;
  if (left <= 1) counts.delete(zone);
  else counts.set(zone, left - 1);
  return left > 0;
}
