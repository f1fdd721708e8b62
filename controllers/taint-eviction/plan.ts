/** How long a pod may stay on a node that evicts. */
import { rounded } from '../../api/long-integer.ts';
import { tolerates } from '../../api/scheduling/tolerations.ts';
import type { Pod, Taint } from '../../api/types/core-v1.ts';

export function evictingTaints(taints: readonly Taint[] | undefined): readonly Taint[] {
  return taints?.filter(({ effect }) => effect === 'NoExecute') ?? [];
}

/**
 * Milliseconds the pod tolerates the taints, all of which are NoExecute: 0 if one of them is not
 * tolerated at all, Infinity if all are for ever, else the shortest. Of several tolerations of one
 * taint the first counts.
 */
export function toleratedMs({ spec }: Pod, taints: readonly Taint[]): number {
  let ms = Infinity;
  for (const taint of taints) {
    const first = spec.tolerations?.find((each) => tolerates(each, taint));
    if (first === undefined) return 0;
    if (first.tolerationSeconds !== undefined)
      ms = Math.min(ms, Math.max(0, rounded(first.tolerationSeconds)) * 1000);
  }
  return ms;
}
