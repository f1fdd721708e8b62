/**
 * Which families of addresses a Service has: as it says, as its addresses say, or as the cluster
 * has them. In Kubernetes, too, this comes before validation and hides what that would find.
 */
import { deepEqual } from '../../../../api/deep.ts';
import { type FieldError, invalid, invalidError } from '../../../../api/field-errors.ts';
import type { Mutable } from '../../../../api/meta.ts';
import { services } from '../../../../api/resources.ts';
import type { Service, ServiceSpec } from '../../../../api/types/core-v1.ts';
import { type IPFamily, parseAddress } from '../../../../api/cidr.ts';
import { isHeadless, needsClusterIP } from './traits.ts';
import { validateClusterIPs } from './validation-cluster-ips.ts';

const POLICY = 'spec.ipFamilyPolicy';
const otherFamily: Readonly<Record<string, IPFamily>> = { IPv4: 'IPv6', IPv6: 'IPv4' };

/** Its endpoints are somebody else's, of any family. */
const hasForeignEndpoints = (spec: ServiceSpec): boolean =>
  isHeadless(spec) && Object.keys(spec.selector ?? {}).length === 0;

/** A Service that took what there was keeps that, whatever the cluster has by now. */
function keepsPreferred(spec: ServiceSpec, old: ServiceSpec | undefined): boolean {
  return (
    old !== undefined &&
    spec.type === old.type &&
    spec.ipFamilyPolicy === 'PreferDualStack' &&
    (old.ipFamilyPolicy ?? 'PreferDualStack') === 'PreferDualStack' &&
    deepEqual(spec.clusterIPs ?? [], old.clusterIPs ?? []) &&
    deepEqual(spec.ipFamilies ?? [], old.ipFamilies ?? [])
  );
}

function defaultPolicy(spec: Mutable<ServiceSpec>, old: ServiceSpec | undefined): void {
  if (spec.ipFamilyPolicy !== undefined) return;
  if (old?.ipFamilyPolicy !== undefined) spec.ipFamilyPolicy = old.ipFamilyPolicy;
  else spec.ipFamilyPolicy = hasForeignEndpoints(spec) ? 'RequireDualStack' : 'SingleStack';
}

const isReduced = (before: readonly string[] = [], after: readonly string[] = []): boolean =>
  after.length > 0 && after.length < before.length;

/** Who goes back to one family means the first; who takes one away has to say so. */
function followPolicy(spec: Mutable<ServiceSpec>, old: ServiceSpec): FieldError[] {
  const single = spec.ipFamilyPolicy === 'SingleStack';
  const lists = [
    ['clusterIPs', 'cluster IP'],
    ['ipFamilies', 'IP family'],
  ] as const;
  return lists.flatMap(([list, what]) => {
    if (!single) {
      const detail = `must be 'SingleStack' to release the secondary ${what}`;
      return isReduced(old[list], spec[list]) ? [invalid(POLICY, spec.ipFamilyPolicy, detail)] : [];
    }
    const values = spec[list] ?? [];
    if (values.length > 1 && deepEqual(values, old[list])) spec[list] = values.slice(0, 1);
    return [];
  });
}

function singleErrors(spec: ServiceSpec): FieldError[] {
  if (spec.ipFamilyPolicy !== 'SingleStack') return [];
  const policies = "'RequireDualStack' or 'PreferDualStack'";
  const refuse = (count: number | undefined, what: string): FieldError[] => {
    const detail = `must be ${policies} when multiple ${what} are specified`;
    return count === 2 ? [invalid(POLICY, spec.ipFamilyPolicy, detail)] : [];
  };
  return [
    ...refuse(spec.clusterIPs?.length, 'cluster IPs'),
    ...refuse(spec.ipFamilies?.length, 'IP families'),
  ];
}

/** An address says its family where the Service does not. */
function inferFamilies(
  spec: Mutable<ServiceSpec>,
  clusterFamilies: readonly IPFamily[],
): FieldError[] {
  const errors: FieldError[] = [];
  for (const [i, ip] of (spec.clusterIPs ?? []).entries()) {
    if (ip === 'None') break;
    const family = parseAddress(ip)?.family;
    if (family === undefined || i < (spec.ipFamilies?.length ?? 0)) continue;
    if (clusterFamilies.includes(family)) spec.ipFamilies = [...(spec.ipFamilies ?? []), family];
    else {
      const detail = `${family} is not configured on this cluster`;
      errors.push(invalid(`spec.clusterIPs[${i}]`, spec.clusterIPs, detail));
    }
  }
  return errors;
}

function addOther(spec: Mutable<ServiceSpec>): void {
  const [first = '', second] = spec.ipFamilies ?? [];
  const other = otherFamily[first];
  if (spec.ipFamilyPolicy === 'SingleStack' || second !== undefined || other === undefined) return;
  spec.ipFamilies = [first, other];
}

/** Fills in policy and families, or rejects with what cannot be (422). */
export function initFamilies(
  service: Mutable<Service>,
  old: Service | undefined,
  clusterFamilies: readonly IPFamily[],
): void {
  const { spec } = service;
  if (!needsClusterIP(spec) || keepsPreferred(spec, old?.spec)) return;
  defaultPolicy(spec, old?.spec);
  const refuse = (errors: readonly FieldError[]): void => {
    if (errors.length > 0) throw invalidError(services, service.metadata.name ?? '', errors);
  };
  refuse(validateClusterIPs(spec));
  refuse([
    ...(old === undefined ? [] : followPolicy(spec, old.spec ?? {})),
    ...singleErrors(spec),
    ...inferFamilies(spec, clusterFamilies),
  ]);
  const isForeign = hasForeignEndpoints(spec);
  if (!isForeign) refuse(unavailable(spec, clusterFamilies));
  if (!spec.ipFamilies?.length) spec.ipFamilies = clusterFamilies.slice(0, 1);
  if (isForeign || clusterFamilies.length === 2) addOther(spec);
}

function unavailable(spec: ServiceSpec, clusterFamilies: readonly string[]): FieldError[] {
  const needsTwo = spec.ipFamilyPolicy === 'RequireDualStack' && clusterFamilies.length < 2;
  const detail = 'this cluster is not configured for dual-stack services';
  return [
    ...(needsTwo ? [invalid(POLICY, spec.ipFamilyPolicy, detail)] : []),
    ...(spec.ipFamilies ?? []).flatMap((family, i) =>
      clusterFamilies.includes(family)
        ? []
        : [invalid(`spec.ipFamilies[${i}]`, family, 'not configured on this cluster')],
    ),
  ];
}
