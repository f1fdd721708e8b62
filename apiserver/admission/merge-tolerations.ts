import { deepEqual } from '../../api/deep.ts';
import type { Toleration } from '../../api/types/core-v1.ts';

/** Both lists as one, without those that another one contains. */
export function mergeTolerations(
  first: readonly Toleration[],
  second: readonly Toleration[],
): readonly Toleration[] {
  const all = [...first, ...second];
  return all.filter(
    (each, i) =>
      !all.some((other, j) =>
        // Of two that say the same the first stays.
        i === j || (deepEqual(each, other) && i < j) ? false : contains(other, each),
      ),
  );
}

/** True if `wider` tolerates all that `narrower` does. */
export function contains(wider: Toleration, narrower: Toleration): boolean {
  if (deepEqual(wider, narrower)) return true;
  const wideOperator = wider.operator ?? 'Equal';
  const anyKey = !wider.key && wideOperator === 'Exists';
  if ((wider.key ?? '') !== (narrower.key ?? '') && !anyKey) return false;
  if (wider.effect && wider.effect !== narrower.effect) return false;
  if (wider.effect === 'NoExecute' && wider.tolerationSeconds !== undefined) {
    if ((narrower.tolerationSeconds ?? Infinity) > wider.tolerationSeconds) return false;
  }
  if (wideOperator === 'Exists') return true;
  return (
    (narrower.operator ?? 'Equal') === 'Equal' && (wider.value ?? '') === (narrower.value ?? '')
  );
}
