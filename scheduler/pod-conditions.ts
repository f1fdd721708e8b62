import type { Pod, PodCondition } from '../api/types/core-v1.ts';

/** For a strategic merge patch of a status: a new condition comes after those that are there. */
export function withCondition({ status }: Pod, condition: PodCondition): object {
  const types = new Set((status?.conditions ?? []).map(({ type }) => type)).add(condition.type);
  return {
    conditions: [condition],
    '$setElementOrder/conditions': [...types].map((type) => ({ type })),
  };
}
