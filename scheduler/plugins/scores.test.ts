/** Which of several nodes each Score plugin prefers. */
import { describe, expect, it } from 'vitest';
import type { Pod } from '../../api/types/core-v1.ts';
import { aCycle, aNode, aNodeInfo, aPod } from '../../test/support/scheduling.ts';
import type { NormalizeScorePlugin, PreScorePlugin, ScorePlugin } from '../framework/interface.ts';
import type { NodeInfo } from '../framework/node-info.ts';
import { nodeAffinity } from './node-affinity.ts';
import { nodeResourcesBalancedAllocation } from './node-resources-balanced-allocation.ts';
import { nodeResourcesFit } from './node-resources-fit.ts';
import { taintToleration } from './taint-toleration.ts';

type Scorer = ScorePlugin & Partial<PreScorePlugin & NormalizeScorePlugin>;

/** In the order of the nodes; 'skipped' if the plugin has no say. */
function scores(plugin: Scorer, pod: Pod, nodes: readonly NodeInfo[]): number[] | 'skipped' {
  const cycle = aCycle(pod, ...nodes);
  if (plugin.preScore?.(cycle, nodes)?.code === 'Skip') return 'skipped';
  const values = Float64Array.from(nodes, (node) => plugin.score(cycle, node));
  plugin.normalizeScores?.(cycle, values);
  return [...values];
}

describe('NodeResourcesFit', () => {
  const half = aPod({ name: 'half', requests: { cpu: '2', memory: '4Gi' } });

  it('prefers the node with more left: the mean of what is free of cpu and memory', () => {
    const nodes = [aNodeInfo(aNode({ name: 'a' }), half), aNodeInfo(aNode({ name: 'b' }))];
    expect(
      scores(nodeResourcesFit(), aPod({ requests: { cpu: '1', memory: '2Gi' } }), nodes),
    ).toEqual([25, 75]);
  });

  it('counts 100m and 200Mi for a container that asks for nothing', () => {
    // (4000 - 100) / 4000 → 97; (8192 - 200) / 8192 → 97
    expect(scores(nodeResourcesFit(), aPod(), [aNodeInfo(aNode())])).toEqual([97]);
  });

  it('gives a node that offers nothing 0', () => {
    const empty = aNode({ allocatable: { cpu: '0', memory: '0' } });
    expect(scores(nodeResourcesFit(), aPod(), [aNodeInfo(empty)])).toEqual([0]);
  });
});

describe('NodeResourcesBalancedAllocation', () => {
  it('prefers the node whose cpu and memory would be used alike', () => {
    const cpuHeavy = aPod({ name: 'x', requests: { cpu: '2' } });
    const nodes = [aNodeInfo(aNode({ name: 'a' }), cpuHeavy), aNodeInfo(aNode({ name: 'b' }))];
    const pod = aPod({ requests: { cpu: '1', memory: '2Gi' } });
    // cpu 3/4, memory 1/4: half of their distance is lost; alike: nothing is.
    expect(scores(nodeResourcesBalancedAllocation(), pod, nodes)).toEqual([75, 100]);
  });

  it('has no say on a pod that asks for nothing', () => {
    expect(scores(nodeResourcesBalancedAllocation(), aPod(), [aNodeInfo(aNode())])).toBe('skipped');
  });
});

describe('TaintToleration', () => {
  const soft = (...keys: string[]) =>
    aNodeInfo(
      aNode({
        name: keys.join('-') || 'none',
        taints: keys.map((key) => ({ key, effect: 'PreferNoSchedule' })),
      }),
    );

  it('prefers fewer untolerated PreferNoSchedule taints', () => {
    const pod = aPod({ tolerations: [{ key: 'c', operator: 'Exists' }] });
    expect(scores(taintToleration, pod, [soft('a', 'b'), soft('a', 'c'), soft()])).toEqual([
      0, 50, 100,
    ]);
  });

  it('has no say where no node has such a taint', () => {
    expect(scores(taintToleration, aPod(), [soft(), soft()])).toBe('skipped');
  });
});

describe('NodeAffinity', () => {
  const labelled = (labels: Record<string, string>) => aNodeInfo(aNode({ labels }));
  const preferring = aPod({
    affinity: {
      nodeAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          {
            weight: 30,
            preference: { matchExpressions: [{ key: 'ssd', operator: 'Exists' }] },
          },
          {
            weight: 10,
            preference: { matchExpressions: [{ key: 'gpu', operator: 'Exists' }] },
          },
        ],
      },
    },
  });

  it('adds the weights of the terms that match, scaled to 100', () => {
    const nodes = [labelled({ ssd: '', gpu: '' }), labelled({ gpu: '' }), labelled({})];
    expect(scores(nodeAffinity(), preferring, nodes)).toEqual([100, 25, 0]);
  });

  it('has no say without preferences', () => {
    expect(scores(nodeAffinity(), aPod(), [labelled({})])).toBe('skipped');
  });
});
