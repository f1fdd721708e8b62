/** How far a rolling update may go above and below the wanted number of replicas. */
import type { Deployment } from '../../api/types/apps-v1.ts';
import { scaled } from '../runtime/int-or-percent.ts';

export function rolls(deployment: Deployment): boolean {
  return deployment.spec.strategy?.type !== 'Recreate';
}

export const wanted = (deployment: Deployment): number => deployment.spec.replicas ?? 1;

/** Surge rounds up, unavailable rounds down; both 0 could never move, so one may be unavailable. */
function limits(deployment: Deployment): { surge: number; unavailable: number } {
  const { maxSurge: surge = '25%', maxUnavailable: unavailable = '25%' } =
    deployment.spec.strategy?.rollingUpdate ?? {};
  const up = scaled(surge, wanted(deployment), 'up');
  const down = scaled(unavailable, wanted(deployment), 'down');
  return { surge: up, unavailable: up === 0 && down === 0 ? 1 : down };
}

export function maxSurge(deployment: Deployment): number {
  return rolls(deployment) ? limits(deployment).surge : 0;
}

export function maxUnavailable(deployment: Deployment): number {
  if (!rolls(deployment) || wanted(deployment) === 0) return 0;
  return Math.min(limits(deployment).unavailable, wanted(deployment));
}
