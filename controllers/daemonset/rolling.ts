/** The rolling update of a DaemonSet: node by node, within maxUnavailable or maxSurge. */
import type { DaemonSet } from '../../api/types/apps-v1.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import { scaled } from '../runtime/int-or-percent.ts';
import { podAvailable } from '../runtime/pods.ts';
import { HASH_LABEL, type Placement } from './placement.ts';

interface RollingNode {
  readonly name: string;
  readonly pods: readonly Pod[];
  readonly placement: Placement;
}

interface RollingState {
  readonly set: DaemonSet;
  readonly hash: string;
  readonly nowMs: number;
}

interface Rolling {
  readonly create: readonly string[];
  readonly remove: readonly Pod[];
}

export function maxSurge(set: DaemonSet, desired: number): number {
  const { type, rollingUpdate } = set.spec.updateStrategy ?? {};
  return type === 'OnDelete' ? 0 : scaled(rollingUpdate?.maxSurge, desired, 'up');
}

function maxUnavailable(set: DaemonSet, desired: number): number {
  const value = scaled(set.spec.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1, desired, 'up');
  // Neither more nor fewer would never get anywhere.
  return value === 0 && maxSurge(set, desired) === 0 ? 1 : value;
}

export function planRollingUpdate(state: RollingState, nodes: readonly RollingNode[]): Rolling {
  const desired = nodes.filter(({ placement }) => placement.shouldRun).length;
  const surge = maxSurge(state.set, desired);
  const pairs = nodes
    .filter(({ placement, pods }) => placement.shouldRun || pods.length > 0)
    .map((node) => pairOn(state, node));
  if (surge > 0) return planSurge(state, pairs, { limit: surge, desired });
  return planReplacement(state, pairs, maxUnavailable(state.set, desired));
}

interface Pair {
  readonly node: string;
  readonly shouldRun: boolean;
  readonly newest?: Pod;
  readonly old?: Pod;
}

function pairOn({ hash }: RollingState, { name, pods, placement }: RollingNode): Pair {
  const live = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const newest = live.find(({ metadata }) => metadata.labels?.[HASH_LABEL] === hash);
  const old = live.find(({ metadata }) => metadata.labels?.[HASH_LABEL] !== hash);
  const { shouldRun } = placement;
  return { node: name, shouldRun, ...(newest && { newest }), ...(old && { old }) };
}

const available = ({ set, nowMs }: RollingState, pod: Pod): boolean =>
  podAvailable(pod, set.spec.minReadySeconds ?? 0, nowMs);

/** Old pods that serve nobody go at once; of the others as many as may be missing. */
function planReplacement(state: RollingState, pairs: readonly Pair[], limit: number): Rolling {
  const broken: Pod[] = [];
  const candidates: Pod[] = [];
  let unavailable = 0;
  for (const { newest, old } of pairs) {
    if (old !== undefined && newest === undefined) {
      if (available(state, old)) candidates.push(old);
      else broken.push(old);
    } else if (newest === undefined || old !== undefined || !available(state, newest)) {
      unavailable++;
    }
  }
  const spare = Math.max(0, limit - unavailable - broken.length);
  return { create: [], remove: [...broken, ...candidates.slice(0, spare)] };
}

/**
 * New pods beside old ones; an old one goes when the new one on its node is available. Where no
 * pod may start any more, an old one that serves stays until others serve in its place.
 */
function planSurge(
  state: RollingState,
  pairs: readonly Pair[],
  { limit, desired }: { readonly limit: number; readonly desired: number },
): Rolling {
  const needed: string[] = [];
  const candidates: string[] = [];
  const leaving: Pod[] = [];
  const remove: Pod[] = [];
  let surging = 0;
  let serving = 0;
  for (const { node, shouldRun, newest, old } of pairs) {
    const pod = old ?? newest;
    const serves = pod !== undefined && available(state, pod);
    if (serves) serving++;
    if (old === undefined) continue;
    if (newest === undefined) {
      if (shouldRun) (serves ? candidates : needed).push(node);
      else (serves ? leaving : remove).push(old);
    } else if (available(state, newest)) remove.push(old);
    else surging++;
  }
  const left = leaving.slice(0, Math.max(0, serving - desired));
  const spare = Math.max(0, limit - surging);
  return { create: [...needed, ...candidates.slice(0, spare)], remove: [...remove, ...left] };
}
