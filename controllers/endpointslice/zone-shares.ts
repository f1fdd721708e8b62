/**
 * How many of a Service's endpoints each zone is to have: in proportion to the CPU of its nodes, so
 * that none is overloaded by more than a fifth (KEP-2433).
 */
import { milliValue } from '../../api/quantity.ts';
import type { Node } from '../../api/types/core-v1.ts';
import { nodeReady } from '../runtime/nodes.ts';

export const ZONE_LABEL = 'topology.kubernetes.io/zone';
const OVERLOAD = 0.2;
const controlPlaneLabels = [
  'node-role.kubernetes.io/control-plane',
  'node-role.kubernetes.io/master',
];

/** Of each zone its part of all CPU; they make 1 together. */
export type ZoneShares = ReadonlyMap<string, number>;
/** Endpoints that are hinted at for each zone. */
export type ZoneCounts = ReadonlyMap<string, number>;

/**
 * Of ready nodes outside the control plane; undefined where one of them tells too little, or all
 * are in one zone.
 */
export function zoneSharesOf(nodes: readonly Node[]): ZoneShares | undefined {
  const milliCpus = new Map<string, number>();
  for (const node of nodes) {
    const { labels = {} } = node.metadata;
    if (controlPlaneLabels.some((label) => label in labels) || !nodeReady(node)) continue;
    const zone = labels[ZONE_LABEL] ?? '';
    const milliCpu = milliValue(node.status?.allocatable?.['cpu'] ?? 0);
    if (zone === '' || milliCpu === 0) return undefined;
    milliCpus.set(zone, (milliCpus.get(zone) ?? 0) + milliCpu);
  }
  if (milliCpus.size < 2) return undefined;
  const total = [...milliCpus.values()].reduce((sum, each) => sum + each, 0);
  const sorted = [...milliCpus].sort(([a], [b]) => (a < b ? -1 : 1));
  return new Map(sorted.map(([zone, milliCpu]) => [zone, milliCpu / total]));
}

interface Allocation {
  readonly maximum: number;
  /** Not whole. */
  readonly desired: number;
}

type Allocations = { readonly zones: ReadonlyMap<string, Allocation> };

const leastOf = (desired: number): number => Math.ceil(desired * (1 / (1 + OVERLOAD)));

/** Of so many endpoints. */
export function allocationsOf(
  total: number,
  shares: ZoneShares | undefined,
): Allocations | { readonly problem: string } {
  if (shares === undefined) {
    const what = 'allocatable CPU or zone not specified on one or more nodes';
    return { problem: `Insufficient Node information: ${what}` };
  }
  const counted = `(${total} endpoints, ${shares.size} zones)`;
  if (shares.size > total) return { problem: `Insufficient number of endpoints ${counted}` };
  const wanted = [...shares].map(([zone, share]) => ({ zone, desired: share * total }));
  const least = wanted.reduce((sum, { desired }) => sum + leastOf(desired), 0);
  if (least > total) {
    const what = 'to each zone without exceeding overload threshold';
    return { problem: `Unable to allocate minimum required endpoints ${what} ${counted}` };
  }
  const allocation = (desired: number): Allocation => {
    const minimum = leastOf(desired);
    return { maximum: minimum + total - least, desired: Math.max(desired, minimum) };
  };
  return { zones: new Map(wanted.map(({ zone, desired }) => [zone, allocation(desired)])) };
}

/** How many endpoints which zones give to others: no half ones. */
export function movesOf(zones: Allocations['zones'], counts: ZoneCounts) {
  const spare = new Map<string, number>();
  const missing = new Map<string, number>();
  for (const [zone, { desired }] of zones) {
    const over = (counts.get(zone) ?? 0) - desired;
    if (over > 0) spare.set(zone, over);
    else if (over < 0) missing.set(zone, -over);
  }
  const giving = new Map<string, number>();
  const receiving = new Map<string, number>();
  for (;;) {
    const [from, to] = [mostOf(spare), mostOf(missing)];
    if (from === undefined || to === undefined) break;
    const [most, least] = [Math.max(from.count, to.count), Math.min(from.count, to.count)];
    if (most < 1 || least < 0.5) break;
    giving.set(from.zone, (giving.get(from.zone) ?? 0) + 1);
    receiving.set(to.zone, (receiving.get(to.zone) ?? 0) + 1);
    spare.set(from.zone, from.count - 1);
    missing.set(to.zone, to.count - 1);
  }
  return { giving, receiving };
}

function mostOf(counts: ZoneCounts): { readonly zone: string; readonly count: number } | undefined {
  let most: { zone: string; count: number } | undefined;
  for (const [zone, count] of counts) if (count > (most?.count ?? 0)) most = { zone, count };
  return most;
}

/** Some zone has less than its least by now. */
export function isOverloaded(counts: ZoneCounts, shares: ZoneShares | undefined): boolean {
  if (counts.size === 0) return false;
  if (shares === undefined) return true;
  const total = [...counts.values()].reduce((sum, each) => sum + each, 0);
  return [...shares].some(([zone, share]) => {
    const count = counts.get(zone);
    return count === undefined || count < leastOf(total * share);
  });
}
