import { deepEqual } from '../../api/deep.ts';
import { keyOf, namespaceOf, uidOf } from '../../api/meta.ts';
import { hostPortsOf, type HostPort } from '../../api/scheduling/host-ports.ts';
import { podRequests, scoringRequests, type Resources } from '../../api/scheduling/requests.ts';
import { claimNamesOf } from '../../api/scheduling/volumes.ts';
import type { Pod, PodSpec } from '../../api/types/core-v1.ts';
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

/**
 * A later state of the same pod. Most change the status alone, or say where it is: then what was
 * computed of it is taken over, and {@link sharesAll} is true of both.
 */
export function podInfoAfter(before: PodInfo, pod: Pod): PodInfo {
  const [old, now] = [before.pod.metadata, pod.metadata];
  const same =
    (old.deletionTimestamp === undefined) === (now.deletionTimestamp === undefined) &&
    sameButPlace(before.pod.spec, pod.spec) &&
    deepEqual(old.labels, now.labels);
  return same ? { ...before, pod } : podInfo(pod);
}

/** True if plugins cannot tell them apart but by what is told of them in `pod`. */
export const sharesAll = (a: PodInfo, b: PodInfo): boolean => a.labelClass === b.labelClass;

/** States that the API server shares with this process have the very same fields. */
const sameButPlace = (a: PodSpec, b: PodSpec): boolean => hasAll(a, b) && hasAll(b, a);

function hasAll(a: PodSpec, b: PodSpec): boolean {
  for (const name in a) {
    const field = name as keyof PodSpec;
    if (field !== 'nodeName' && a[field] !== b[field]) return false;
  }
  return true;
}
