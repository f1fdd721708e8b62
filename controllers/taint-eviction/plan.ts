/** How long a pod may stay on a node that evicts. */
import { tolerates } from '../../api/scheduling/tolerations.ts';
import type { Pod, Taint } from '../../api/types/core-v1.ts';

export function evictingTaints(taints: readonly Taint[] | undefined): readonly Taint[] {
  return taints?.filter(({ effect }) => effect === 'NoExecute') ?? [];
}

/**
 * Milliseconds the pod tolerates the taints, all of which are NoExecute: 0 if one of them is not
 * tolerated at all, Infinity if all are for ever. Of several tolerations the shortest counts,
 * whichever taint it is for.
 */
export function toleratedMs({ spec }: Pod, taints: readonly Taint[]): number {
  let ms = Infinity;
  for (const taint of taints) {
    const matching = (spec.tolerations ?? []).filter((each) => tolerates(each, taint));
    if (matching.length === 0) return 0;
    for (const { tolerationSeconds } of matching) {
      if (tolerationSeconds !== undefined) ms = Math.min(ms, Math.max(0, tolerationSeconds) * 1000);
    }
  }
  return ms;
}
