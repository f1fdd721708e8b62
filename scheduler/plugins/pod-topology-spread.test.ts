/** Spreading over domains: KEP-895 and its later policies. */
import { describe, expect, it } from 'vitest';
import type { Pod, TopologySpreadConstraint } from '../../api/types/core-v1.ts';
import { aCycle, aNode, aNodeInfo, aPod, type PodSketch } from '../../test/support/scheduling.ts';
import type { Cycle } from '../framework/interface.ts';
import { podTopologySpread } from './pod-topology-spread.ts';

const constraint = (more: Partial<TopologySpreadConstraint> = {}): TopologySpreadConstraint => ({
  topologyKey: 'zone',
  maxSkew: 1,
  whenUnsatisfiable: 'DoNotSchedule',
  labelSelector: { matchLabels: { app: 'web' } },
  ...more,
});
const web = (sketch: PodSketch = {}): Pod => aPod({ labels: { app: 'web' }, ...sketch });
const spread = (...topologySpreadConstraints: TopologySpreadConstraint[]): Pod =>
  web({ topologySpreadConstraints });

interface NodeSketch {
  readonly name: string;
  readonly zone?: string;
  readonly pods?: number;
  readonly labels?: Record<string, string>;
  readonly taints?: { key: string; effect: string }[];
}

function cycleOf(pod: Pod, ...sketches: NodeSketch[]): Cycle {
  const infos = sketches.map(({ name, zone, pods = 0, labels = {}, taints = [] }) => {
    const all = { host: name, ...(zone === undefined ? {} : { zone }), ...labels };
    const on = Array.from({ length: pods }, (_, i) => web({ name: `${name}-${i}` }));
    return aNodeInfo(aNode({ name, labels: all, taints }), ...on);
  });
  return aCycle(pod, ...infos);
}

const plugin = podTopologySpread();

/** The names of the nodes that are allowed; '!' marks those without the label. */
function allowed(cycle: Cycle): string {
  if (plugin.preFilter(cycle) !== undefined) return 'no say';
  return cycle.nodes
    .map((node) => [node.name, plugin.filter(cycle, node)] as const)
    .filter(([, status]) => status?.code !== 'Unschedulable')
    .map(([name, status]) => (status === undefined ? name : `!${name}`))
    .join(' ');
}

const ab = [
  { name: 'a', zone: 'a', pods: 2 },
  { name: 'b', zone: 'b', pods: 1 },
];

describe('DoNotSchedule', () => {
  it.each<[string, Pod, NodeSketch[], string]>([
    ['the emptier domain only', spread(constraint()), ab, 'b'],
    ['as far as maxSkew allows', spread(constraint({ maxSkew: 2 })), ab, 'a b'],
    [
      'a pod that is not counted itself',
      aPod({ topologySpreadConstraints: [constraint()] }),
      ab,
      'a b',
    ],
    ['no node without the label', spread(constraint()), [...ab, { name: 'n' }], 'b !n'],
    [
      'every constraint',
      spread(constraint(), constraint({ topologyKey: 'host' })),
      [
        { name: 'a', zone: 'a', pods: 1 },
        { name: 'b', zone: 'b', pods: 1 },
        { name: 'b2', zone: 'b' },
      ],
      'b2',
    ],
    ['a missing domain as empty', spread(constraint({ minDomains: 3 })), ab, ''],
    [
      'until there are enough domains',
      spread(constraint({ minDomains: 3 })),
      [...ab, { name: 'c', zone: 'c' }],
      'c',
    ],
    [
      'the domains that the node selector leaves',
      web({ topologySpreadConstraints: [constraint()], nodeSelector: { disk: 'ssd' } }),
      [
        { name: 'a', zone: 'a', pods: 1, labels: { disk: 'ssd' } },
        { name: 'b', zone: 'b' },
      ],
      'a b',
    ],
    [
      'all domains if the policy is to ignore the selector',
      web({
        topologySpreadConstraints: [constraint({ nodeAffinityPolicy: 'Ignore' })],
        nodeSelector: { disk: 'ssd' },
      }),
      [
        { name: 'a', zone: 'a', pods: 1, labels: { disk: 'ssd' } },
        { name: 'b', zone: 'b' },
      ],
      'b',
    ],
    [
      'tainted nodes as domains, by default',
      spread(constraint()),
      [
        { name: 'a', zone: 'a', pods: 1 },
        { name: 'b', zone: 'b', taints: [{ key: 't', effect: 'NoSchedule' }] },
      ],
      'b',
    ],
    [
      'no tainted nodes if the policy honors taints',
      spread(constraint({ nodeTaintsPolicy: 'Honor' })),
      [
        { name: 'a', zone: 'a', pods: 1 },
        { name: 'b', zone: 'b', taints: [{ key: 't', effect: 'NoSchedule' }] },
      ],
      'a b',
    ],
  ])('counts and allows %s', (...[, pod, sketches, expected]) => {
    expect(allowed(cycleOf(pod, ...sketches))).toBe(expected);
  });

  it('does not count pods that are being deleted, nor those of other namespaces', () => {
    const going = web({ name: 'going' });
    const leaving = {
      ...going,
      metadata: { ...going.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' },
    };
    const a = aNodeInfo(
      aNode({ name: 'a', labels: { zone: 'a' } }),
      leaving,
      web({ name: 'x', namespace: 'other' }),
    );
    const b = aNodeInfo(aNode({ name: 'b', labels: { zone: 'b' } }));
    expect(allowed(aCycle(spread(constraint()), a, b))).toBe('a b');
  });

  it('has no say on pods without constraints', () => {
    expect(allowed(cycleOf(web(), ...ab))).toBe('no say');
  });
});

describe('ScheduleAnyway', () => {
  function scores(cycle: Cycle, args = {}): number[] | 'no say' {
    const scorer = podTopologySpread(args, ({ metadata: { ownerReferences } }) =>
      ownerReferences === undefined ? undefined : { matchLabels: { app: 'web' } },
    );
    if (scorer.preScore(cycle, cycle.nodes) !== undefined) return 'no say';
    const values = Float64Array.from(cycle.nodes, (node) => scorer.score(cycle, node));
    scorer.normalizeScores(cycle, values);
    return [...values];
  }
  const soft = constraint({ whenUnsatisfiable: 'ScheduleAnyway' });

  it('prefers domains with fewer pods; nodes without the label get nothing', () => {
    const three = [
      { name: 'a', zone: 'a', pods: 4 },
      { name: 'b', zone: 'b', pods: 1 },
      { name: 'n' },
    ];
    // Two domains: ln 4 each pod. a: round(5.55) = 6, b: round(1.39) = 1; 100·(7−s)/6.
    expect(scores(cycleOf(spread(soft), ...three))).toEqual([16, 100, 0]);
  });

  it('gives all the same where nothing is placed', () => {
    expect(scores(cycleOf(spread(soft), { name: 'a', zone: 'a' }))).toEqual([100]);
  });

  const owned = web({
    ownerReferences: [
      { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'r', uid: 'u', controller: true },
    ],
  });
  const hosts = [
    { name: 'a', labels: { 'kubernetes.io/hostname': 'a' }, pods: 3 },
    { name: 'b', labels: { 'kubernetes.io/hostname': 'b' } },
  ];

  it('spreads the pods of one controller over hosts without being asked', () => {
    // Two hosts: 3·ln 4 + 2 = 6.16 → 6 and 2; 100·(8−s)/6.
    expect(scores(cycleOf(owned, ...hosts))).toEqual([33, 100]);
    expect(scores(cycleOf(web(), ...hosts))).toBe('no say');
  });

  it('scores a node by those labels of the default constraints that it has', () => {
    const zone = { 'topology.kubernetes.io/zone': 'z' };
    const two = [
      { name: 'a', labels: { ...zone, 'kubernetes.io/hostname': 'a' }, pods: 1 },
      { name: 'b', labels: zone },
    ];
    // Zone: 1·ln 3 + 4 for both; host: 1·ln 4 + 2 for a alone: 8.48 → 8 and 5; 100·(13−s)/8.
    expect(scores(cycleOf(owned, ...two))).toEqual([62, 100]);
  });

  it('takes other defaults, or none', () => {
    const args = { defaultingType: 'List', defaultConstraints: [] };
    expect(scores(cycleOf(owned, ...hosts), args)).toBe('no say');
  });
});
