/** Which pods nobody will clean up any more. */
import { nameOf, uidOf } from '../../api/meta.ts';
import type { Node, Pod } from '../../api/types/core-v1.ts';
import { timeOf } from '../runtime/pods.ts';

const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service';

/** Ended, in a phase that no kubelet changes any more. */
export function ended({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

/** Being deleted, with finalizers, and without a kubelet that could confirm its end. */
export function unscheduledTerminating({ metadata, spec }: Pod): boolean {
  return metadata.deletionTimestamp !== undefined && !spec.nodeName;
}

/** Of the ended pods those beyond `threshold`: evicted ones first, then the oldest. */
export function surplus(pods: readonly Pod[], threshold: number): readonly Pod[] {
  const candidates = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const count = candidates.length - threshold;
  if (count <= 0) return [];
  return candidates
    .map((pod) => ({ pod, evicted: wasEvicted(pod), madeMs: madeMs(pod) }))
    .sort(
      (a, b) =>
        Number(b.evicted) - Number(a.evicted) ||
        a.madeMs - b.madeMs ||
        compare(nameOf(a.pod), nameOf(b.pod)) ||
        compare(uidOf(a.pod), uidOf(b.pod)),
    )
    .slice(0, count)
    .map(({ pod }) => pod);
}

/** An operator vouches that the node is down for good: its pods will not end by themselves. */
export function outOfService(node: Node | undefined): boolean {
  const ready = node?.status?.conditions?.find(({ type }) => type === 'Ready');
  const tainted = node?.spec?.taints?.some(({ key }) => key === OUT_OF_SERVICE) ?? false;
  return tainted && ready?.status !== 'True';
}

function wasEvicted({ status }: Pod): boolean {
  return status?.phase === 'Failed' && status.reason === 'Evicted';
}

function madeMs({ metadata }: Pod): number {
  return timeOf(metadata.creationTimestamp) ?? 0;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
