import { controllerOf } from '../../../api/meta.ts';
import type { Pod } from '../../../api/types/core-v1.ts';
import { reasonsText, violations } from './evaluate.ts';
import { type LevelVersion, levelVersionText } from './policy.ts';

/** Pods that are looked at when a namespace becomes stricter. */
const MAX_PODS = 3_000;

/** Of pods with the same controller one comes first: the others are mostly like it. */
function prioritized(pods: readonly Pod[]): readonly Pod[] {
  const seen = new Set<string>();
  const first: Pod[] = [];
  const others: Pod[] = [];
  for (const pod of pods) {
    const owner = controllerOf(pod)?.uid;
    if (owner !== undefined && seen.has(owner)) {
      others.push(pod);
      continue;
    }
    if (owner !== undefined) seen.add(owner);
    first.push(pod);
  }
  return [...first, ...others];
}

/** What a stricter policy would say about the pods that are there. They may stay. */
export function warningsAbout(
  pods: readonly Pod[],
  enforce: LevelVersion,
  namespace: string,
): readonly string[] {
  const checked = prioritized(pods).slice(0, MAX_PODS);
  const byReason = new Map<string, string[]>();
  for (const pod of checked) {
    const reason = reasonsText(violations(enforce, pod));
    if (reason === '') continue;
    const names = byReason.get(reason) ?? [];
    names.push(pod.metadata.name!);
    byReason.set(reason, names);
  }
  const warnings: string[] = [];
  if (checked.length < pods.length)
    warnings.push(
      'new PodSecurity enforce level only checked against the first ' +
        `${checked.length} of ${pods.length} existing pods`,
    );
  if (byReason.size > 0)
    warnings.push(
      `existing pods in namespace ${JSON.stringify(namespace)} violate the new PodSecurity ` +
        `enforce level ${JSON.stringify(levelVersionText(enforce))}`,
    );
  const perReason = [...byReason].map(([reason, names]) => {
    const [firstName] = names.sort();
    const more = names.length - 1;
    if (more === 0) return `${firstName}: ${reason}`;
    return `${firstName} (and ${more} other ${more === 1 ? 'pod' : 'pods'}): ${reason}`;
  });
  return [...warnings, ...perReason.sort()];
}
