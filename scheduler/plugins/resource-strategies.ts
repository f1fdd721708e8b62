import { MAX_NODE_SCORE } from '../framework/interface.ts';

/** How good a node is by one resource of it, 0 to 100: `used` includes the incoming pod. */
export type ResourceScore = (used: number, offered: number) => number;

export interface UtilizationPoint {
  /** Percent of what is offered. */
  readonly utilization: number;
  /** 0 to 10. */
  readonly score: number;
}

/** The emptiest node is the best. */
export const leastAllocated: ResourceScore = (used, offered) =>
  used > offered ? 0 : Math.floor(((offered - used) * MAX_NODE_SCORE) / offered);

/** The fullest node that fits is the best: for clusters that want to drop empty nodes. */
export const mostAllocated: ResourceScore = (used, offered) =>
  Math.floor((Math.min(used, offered) * MAX_NODE_SCORE) / offered);

const SCORE_PER_POINT = 10;

/** A curve through the points, flat beyond the first and the last. */
export function requestedToCapacityRatio(shape: readonly UtilizationPoint[]): ResourceScore {
  const at = (utilization: number): number => {
    const next = shape.findIndex((point) => utilization <= point.utilization);
    if (next < 0) return shape.at(-1)!.score * SCORE_PER_POINT;
    if (next === 0) return shape[0]!.score * SCORE_PER_POINT;
    const from = shape[next - 1]!;
    const to = shape[next]!;
    const rise = (to.score - from.score) * SCORE_PER_POINT;
    const share = (rise * (utilization - from.utilization)) / (to.utilization - from.utilization);
    return from.score * SCORE_PER_POINT + Math.trunc(share);
  };
  return (used, offered) => at(used > offered ? 100 : Math.floor((used * 100) / offered));
}
