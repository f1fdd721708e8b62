/** How long a Job waits after failures before it makes pods again. */
import type { Pod } from '../../api/types/core-v1.ts';
import { finishedAt } from './pods.ts';

const FIRST_MS = 10_000;
const MAX_MS = 600_000;

/** Failures since the last success. Kept in memory, as Kubernetes does: a restart forgives. */
export interface Failures {
  readonly count: number;
  readonly lastMs: number;
}

export const noFailures: Failures = { count: 0, lastMs: 0 };

export function afterFinished(
  before: Failures,
  { succeeded, failed }: { readonly succeeded: readonly Pod[]; readonly failed: readonly Pod[] },
  nowMs: number,
): Failures {
  const ends = (pods: readonly Pod[]) => pods.map((pod) => finishedAt(pod) ?? nowMs);
  const lastSuccess = Math.max(-Infinity, ...ends(succeeded));
  const later = ends(failed).filter((end) => end > lastSuccess);
  const count = (succeeded.length > 0 ? 0 : before.count) + later.length;
  return { count, lastMs: Math.max(before.lastMs, ...later) };
}

export function delayMs(count: number): number {
  return count === 0 ? 0 : Math.min(FIRST_MS * 2 ** (count - 1), MAX_MS);
}

export function leftMs({ count, lastMs }: Failures, nowMs: number): number {
  return Math.max(0, lastMs + delayMs(count) - nowMs);
}
