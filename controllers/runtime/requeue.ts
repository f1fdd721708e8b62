import type { ReconcileResult } from './controller.ts';

/** To look again at the first of these; undefined if there is none. */
export function requeueAtFirst(
  ...delaysMs: readonly (number | undefined)[]
): ReconcileResult | undefined {
  const known = delaysMs.filter((delay) => delay !== undefined);
  return known.length === 0 ? undefined : { requeueAfterMs: Math.min(...known) };
}
