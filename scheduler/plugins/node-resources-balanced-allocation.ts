import { MAX_NODE_SCORE, type PreScorePlugin, type ScorePlugin } from '../framework/interface.ts';
import type { Resources } from '../../api/scheduling/requests.ts';
import type { NodeInfo } from '../framework/node-info.ts';
import { skip } from '../framework/status.ts';
import { amountOf, isScalar } from '../../api/scheduling/requests.ts';

export interface BalancedAllocationArgs {
  readonly resources: readonly { readonly name: string; readonly weight: number }[];
}

const defaults: BalancedAllocationArgs = {
  resources: [
    { name: 'cpu', weight: 1 },
    { name: 'memory', weight: 1 },
  ],
};

const share = (used: number, offered: number): number => Math.min(1, used / offered);

/** The standard deviation; of two values it is half their distance. */
function deviation(values: readonly number[]): number {
  if (values.length < 2) return 0;
  if (values.length === 2) return Math.abs(values[0]! - values[1]!) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / values.length);
}

/**
 * Prefers nodes whose resources would be used to the same degree: a node with one exhausted and
 * the other idle is wasted. Pods that ask for none of them balance nothing.
 */
export function nodeResourcesBalancedAllocation(
  given: Partial<BalancedAllocationArgs> = {},
): PreScorePlugin & ScorePlugin {
  const names = (given.resources ?? defaults.resources).map(({ name }) => name);
  const onlyCpuAndMemory = names.join() === 'cpu,memory';

  /** The default case, without the lists of the general one: it runs for every node. */
  function ofCpuAndMemory(requests: Resources, { allocatable, requested }: NodeInfo): number {
    // With fewer than two resources offered there is nothing to balance.
    if (allocatable.milliCpu === 0 || allocatable.memory === 0) return MAX_NODE_SCORE;
    const cpu = share(requested.milliCpu + requests.milliCpu, allocatable.milliCpu);
    const memory = share(requested.memory + requests.memory, allocatable.memory);
    return Math.floor((1 - Math.abs(cpu - memory) / 2) * MAX_NODE_SCORE);
  }

  return {
    name: 'NodeResourcesBalancedAllocation',
    preScore: ({ pod: { requests } }) =>
      names.every((name) => amountOf(requests, name) === 0) ? skip : undefined,
    score({ pod: { requests } }, node) {
      if (onlyCpuAndMemory) return ofCpuAndMemory(requests, node);
      const shares: number[] = [];
      for (const name of names) {
        const offered = amountOf(node.allocatable, name);
        const asked = amountOf(requests, name);
        if (offered === 0 || (isScalar(name) && asked === 0)) continue;
        shares.push(share(amountOf(node.requested, name) + asked, offered));
      }
      return Math.floor((1 - deviation(shares)) * MAX_NODE_SCORE);
    },
  };
}
