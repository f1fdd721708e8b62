import { maxNodeScore, type PreScorePlugin, type ScorePlugin } from '../framework/interface.ts';
import { skip } from '../framework/status.ts';

const fraction = (used: number, offered: number): number => Math.min(1, used / offered);

/**
 * Prefers nodes whose cpu and memory would be used to the same degree: a node with one
 * exhausted and the other idle is wasted. Pods that ask for neither balance nothing.
 */
export const nodeResourcesBalancedAllocation: PreScorePlugin & ScorePlugin = {
  name: 'NodeResourcesBalancedAllocation',
  preScore: ({ pod: { requests } }) =>
    requests.milliCpu === 0 && requests.memory === 0 ? skip : undefined,
  score({ pod: { requests } }, { allocatable, requested }) {
    // With fewer than two resources offered there is nothing to balance.
    if (allocatable.milliCpu === 0 || allocatable.memory === 0) return maxNodeScore;
    const cpu = fraction(requested.milliCpu + requests.milliCpu, allocatable.milliCpu);
    const memory = fraction(requested.memory + requests.memory, allocatable.memory);
    // The standard deviation of two values is half their distance.
    return Math.floor((1 - Math.abs(cpu - memory) / 2) * maxNodeScore);
  },
};
