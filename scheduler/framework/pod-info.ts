import { keyOf, namespaceOf, uidOf } from '../../api/meta.ts';
import { hostPortsOf, type HostPort } from '../../api/scheduling/host-ports.ts';
import { podRequests, scoringRequests, type Resources } from '../../api/scheduling/requests.ts';
import { claimNamesOf } from '../../api/scheduling/volumes.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import { podTerms, type PodTerms } from './topology/affinity-terms.ts';
import { labelClassOf, type LabelClass } from './topology/label-class.ts';

/** A pod with all that plugins would otherwise compute once per node. */
export interface PodInfo {
  readonly pod: Pod;
  readonly key: string;
  readonly uid: string;
  readonly priority: number;
  readonly requests: Resources;
  /** With the defaults that only scoring counts. */
  readonly scoringRequests: Resources;
  readonly hostPorts: readonly HostPort[];
  /** "namespace/name" of the claims that it mounts. */
  readonly claims: readonly string[];
  readonly labelClass: LabelClass;
  /** Of spec.affinity.podAffinity and podAntiAffinity; undefined without either. */
  readonly terms: PodTerms | undefined;
}

const noClaims: readonly string[] = [];

function claimsOf(pod: Pod): readonly string[] {
  const names = pod.spec.volumes === undefined ? noClaims : claimNamesOf(pod);
  return names.length === 0 ? noClaims : names.map((name) => `${namespaceOf(pod)}/${name}`);
}

export function podInfo(pod: Pod): PodInfo {
  return {
    pod,
    key: keyOf(pod),
    uid: uidOf(pod),
    priority: pod.spec.priority ?? 0,
    requests: podRequests(pod),
    scoringRequests: scoringRequests(pod),
    hostPorts: hostPortsOf(pod),
    claims: claimsOf(pod),
    labelClass: labelClassOf(pod),
    terms: podTerms(pod),
  };
}
