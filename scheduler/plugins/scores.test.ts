/** Which of several nodes each Score plugin prefers. */
import { describe, expect, it } from 'vitest';
import type { Pod } from '../../api/types/core-v1.ts';
import { aCycle, aNode, aNodeInfo, aPod } from '../../test/support/scheduling.ts';
import type { NormalizeScorePlugin, PreScorePlugin, ScorePlugin } from '../framework/interface.ts';
import type { NodeInfo } from '../framework/node-info.ts';
import { imageLocality } from './image-locality.ts';
import { nodeAffinity } from './node-affinity.ts';
import { nodeResourcesBalancedAllocation } from './node-resources-balanced-allocation.ts';
import { nodeResourcesFit, type NodeResourcesFitArgs } from './node-resources-fit.ts';
import { requestedToCapacityRatio } from './resource-strategies.ts';
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

  // Two nodes of 4 cpu and 8 GiB: on one, 2 cpu and 2 GiB are taken. The pod asks for 1 and 2.
  const taken = aPod({ name: 'taken', requests: { cpu: '2', memory: '2Gi' } });
  const nodes = [aNodeInfo(aNode({ name: 'empty' })), aNodeInfo(aNode({ name: 'used' }), taken)];
  const pod = aPod({ requests: { cpu: '1', memory: '2Gi' } });
  const cpuHeavy = {
    resources: [
      { name: 'cpu', weight: 3 },
      { name: 'memory', weight: 1 },
    ],
  };
  const shape = [
    { utilization: 0, score: 0 },
    { utilization: 50, score: 8 },
    { utilization: 100, score: 10 },
  ];

  it.each<[string, Partial<NodeResourcesFitArgs>, number[]]>([
    // cpu (4−1)/4 = 75, memory (8−2)/8 = 75; with what is taken 25 and 50: ⌊75/2⌋.
    ['LeastAllocated', {}, [75, 37]],
    // (3·75 + 75)/4; (3·25 + 50)/4 = 31.25.
    ['LeastAllocated, weighted', cpuHeavy, [75, 31]],
    // 25 and 25; 75 and 50.
    ['MostAllocated', { type: 'MostAllocated' }, [25, 62]],
    ['MostAllocated, weighted', { type: 'MostAllocated', ...cpuHeavy }, [25, 68]],
    // Utilization 25 and 25: 80·25/50 = 40. Then 75: 80 + 20·25/50 = 90, and 50: 80; mean 85.
    ['RequestedToCapacityRatio', { type: 'RequestedToCapacityRatio', shape }, [40, 85]],
    // (3·90 + 80)/4 = 87.5, rounded.
    [
      'RequestedToCapacityRatio, weighted',
      { type: 'RequestedToCapacityRatio', shape, ...cpuHeavy },
      [40, 88],
    ],
  ])('%s', (_, args, wanted) => {
    expect(scores(nodeResourcesFit(args), pod, nodes)).toEqual(wanted);
  });

  it('gives the points between and beyond those of a shape', () => {
    const curve = requestedToCapacityRatio([
      { utilization: 20, score: 10 },
      { utilization: 80, score: 4 },
    ]);
    // Flat before 20; at 50 halfway from 100 to 40; flat from 80 on; more than there is is 100 %.
    expect([10, 20, 50, 80, 100, 130].map((used) => curve(used, 100))).toEqual([
      100, 100, 70, 40, 40, 40,
    ]);
  });

  it('counts an extended resource only for pods that ask for it', () => {
    const allocatable = { 'example.com/gpu': '4' };
    const [node] = [aNodeInfo(aNode({ allocatable }))];
    const args = {
      resources: [
        { name: 'cpu', weight: 1 },
        { name: 'example.com/gpu', weight: 1 },
      ],
    };
    const plain = aPod({ requests: { cpu: '1' } });
    const wanting = aPod({ requests: { cpu: '1', 'example.com/gpu': '2' } });
    expect(scores(nodeResourcesFit(args), plain, [node])).toEqual([75]);
    // (75 + 50)/2 = 62.5.
    expect(scores(nodeResourcesFit(args), wanting, [node])).toEqual([62]);
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

  it('takes the standard deviation of three resources', () => {
    const resources = ['cpu', 'memory', 'ephemeral-storage'].map((name) => ({ name, weight: 1 }));
    const node = aNodeInfo(aNode({ allocatable: { 'ephemeral-storage': '10Gi' } }));
    const requests = { cpu: '2', memory: '2Gi', 'ephemeral-storage': '1Gi' };
    // Shares 0.5, 0.25 and 0.1: mean 0.2833, deviation 0.16499; 100·(1−0.16499) = 83.5.
    expect(
      scores(nodeResourcesBalancedAllocation({ resources }), aPod({ requests }), [node]),
    ).toEqual([83]);
  });

  it('has no say on a pod that asks for nothing', () => {
    expect(scores(nodeResourcesBalancedAllocation(), aPod(), [aNodeInfo(aNode())])).toBe('skipped');
  });
});

describe('ImageLocality', () => {
  const mebibyte = 1024 * 1024;
  const withImages = (name: string, ...images: [string, number][]) => {
    const node = aNode({ name });
    const listed = images.map(([image, mib]) => ({ names: [image], sizeBytes: mib * mebibyte }));
    return aNodeInfo({ ...node, status: { ...node.status, images: listed } });
  };
  const uses = (...images: string[]) =>
    aPod({ containers: images.map((image, i) => ({ name: `c${i}`, image })) });

  it.each<[string, Pod, NodeInfo[], number[] | 'skipped']>([
    [
      // 523 MiB on one of two nodes count half: 261.5; 100·(261.5−23)/(1000−23) = 24.4.
      'half an image that half of the nodes have',
      uses('db'),
      [withImages('a', ['db:latest', 523]), withImages('b')],
      [24, 0],
    ],
    [
      // Two containers: at most 2000. 100·(500+100−23)/(2000−23) = 29.2; 100·(500−23)/1977.
      'each image of the pod',
      uses('db:1', 'web:1'),
      [withImages('a', ['db:1', 500], ['web:1', 200]), withImages('b', ['db:1', 500])],
      [29, 24],
    ],
    [
      'nothing below 23 MiB',
      uses('db:1'),
      [withImages('a', ['db:1', 22]), withImages('b')],
      [0, 0],
    ],
    ['at most 100', uses('db:1'), [withImages('a', ['db:1', 5000])], [100]],
    ['no say where no node has them', uses('db:1'), [withImages('a', ['x:1', 500])], 'skipped'],
  ])('gives %s', (_, ...[pod, nodes, wanted]) => {
    expect(scores(imageLocality, pod, nodes)).toEqual(wanted);
  });

  it('scores alike in a profile that leaves PreScore out', () => {
    const cycle = aCycle(uses('db'), withImages('a', ['db:latest', 523]), withImages('b'));
    expect(cycle.nodes.map((node) => imageLocality.score(cycle, node))).toEqual([24, 0]);
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
