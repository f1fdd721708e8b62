/** The decision: against a reference that tries everything, and at its edges. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Node, Pod } from '../api/types/core-v1.ts';
import { assert } from '../platform/assert.ts';
import { silentLogger as logger } from '../platform/logger.ts';
import { CountingRandom } from '../test/support/api-core.ts';
import { aNode, aPod, inertParts } from '../test/support/scheduling.ts';
import { Cache } from './cache/cache.ts';
import { Framework } from './framework/framework.ts';
import type { Plugin } from './framework/interface.ts';
import { podInfo } from './framework/pod-info.ts';
import { defaultProfile } from './registry.ts';
import { NodeSelection, nodesToFind } from './select-node.ts';
import type { Selection } from './selection.ts';

function selectorOver(nodes: readonly Node[], extra: Plugin[] = []) {
  const { rows, schedulerName } = defaultProfile(inertParts);
  const cache = new Cache();
  const framework = new Framework(
    { schedulerName, rows: [...rows, ...extra.map((plugin) => ({ plugin }))] },
    cache.cluster,
  );
  for (const node of nodes) cache.setNode(node);
  const selection = new NodeSelection({ random: new CountingRandom(), logger });
  const select = (pod: Pod): Selection =>
    selection.select(framework, framework.newCycle(podInfo(pod), cache.cluster)) as Selection;
  return { cache, select };
}

describe('nodesToFind', () => {
  it.each([
    [10, 0, 10],
    [100, 0, 100],
    [150, 0, 100],
    [1000, 0, 420],
    [5000, 0, 500],
    [20_000, 0, 1000],
    [1000, 30, 300],
    [1000, 100, 1000],
  ])('of %i nodes at %i %%: %i', (total, percentage, enough) => {
    expect(nodesToFind(total, percentage)).toBe(enough);
  });
});

describe('NodeSelection', () => {
  it('says why no node will do', () => {
    const { select } = selectorOver([
      aNode({ name: 'a', unschedulable: true }),
      aNode({ name: 'b', allocatable: { cpu: '1' } }),
      aNode({ name: 'c', allocatable: { cpu: '1' } }),
    ]);
    expect(select(aPod({ requests: { cpu: '2' } }))).toEqual({
      kind: 'rejected',
      message:
        '0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu. ' +
        'no new claims to deallocate, preemption: 0/3 nodes are available: ' +
        '3 Preemption is not helpful for scheduling.',
      rejectedBy: new Set(['NodeUnschedulable', 'NodeResourcesFit']),
      nominatedNodeName: '',
    });
  });

  it('says so when there are no nodes at all', () => {
    expect(selectorOver([]).select(aPod())).toMatchObject({
      kind: 'rejected',
      message: 'no nodes available to schedule pods',
      nominatedNodeName: '',
    });
  });

  it('names the plugin that left nodes out before filtering', () => {
    const terms = [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['x'] }] }];
    const pod = aPod({
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms },
        },
      },
    });
    const { select } = selectorOver([aNode({ name: 'a' })]);
    expect(select(pod)).toMatchObject({
      message: expect.stringContaining(
        "0/1 nodes are available: 1 node(s) didn't satisfy plugin(s) [NodeAffinity].",
      ) as string,
    });
  });

  it('holds a pod whose claim nobody has made', () => {
    const resourceClaims = [{ name: 'r', resourceClaimName: 'gpu' }];
    const { select } = selectorOver([aNode({ name: 'a' })]);
    expect(select(aPod({ resourceClaims }))).toMatchObject({
      kind: 'rejected',
      message:
        '0/1 nodes are available: resourceclaim.resource.k8s.io "gpu" not found. ' +
        'no new claims to deallocate, preemption: 0/1 nodes are available: ' +
        '1 Preemption is not helpful for scheduling.',
    });
  });

  it('spreads its search over all nodes of a large cluster', () => {
    const nodes = Array.from({ length: 300 }, (_, i) => aNode({ name: `n${i}` }));
    const { select, cache } = selectorOver(nodes);
    for (let i = 0; i < 300; i++) {
      const pod = aPod({ name: `p${i}`, requests: { cpu: '1' } });
      const selected = select(pod);
      assert(selected.kind === 'node', 'there is room');
      cache.assume(podInfo(pod), selected.node.name);
    }
    // Each search sees a part of the nodes only; still no node waits while others fill up.
    expect(Math.max(...cache.nodes.map(({ pods }) => pods.size))).toBeLessThanOrEqual(2);
  });

  it.each([
    ['filter', 'running "Broken" filter plugin'],
    ['preFilter', 'running PreFilter plugin "Broken"'],
    ['score', 'running Score plugins: plugin "Broken" failed with'],
    ['normalizeScores', 'running Normalize on Score plugins: plugin "Broken" failed with'],
    ['preScore', 'running PreScore plugin "Broken"'],
  ])('survives a plugin that throws in %s', (m, doing) => {
    const broken = {
      name: 'Broken',
      ...(m === 'normalizeScores' ? { score: () => 1 } : {}),
      [m]() {
        throw new Error('boom');
      },
    };
    const { select } = selectorOver([aNode({ name: 'a' }), aNode({ name: 'b' })], [broken]);
    expect(select(aPod())).toMatchObject({
      kind: 'failed',
      status: { code: 'Error', reasons: [`${doing}: boom`], plugin: 'Broken' },
    });
  });
});

const cores = fc.integer({ min: 0, max: 4 });
const anyNode = fc.record({
  cpu: cores,
  memory: cores,
  pods: fc.integer({ min: 0, max: 4 }),
  cordoned: fc.boolean(),
  tainted: fc.boolean(),
  ssd: fc.boolean(),
});
const anyPod = fc.record({
  cpu: cores,
  memory: cores,
  tolerates: fc.boolean(),
  wantsSsd: fc.boolean(),
  port: fc.option(fc.constantFrom(80, 81), { nil: undefined }),
});

type AnyNode = typeof anyNode extends fc.Arbitrary<infer T> ? T : never;
type AnyPod = typeof anyPod extends fc.Arbitrary<infer T> ? T : never;

/** The rules once more, as plainly as can be: does `pod` fit beside `others`? */
function fits(pod: AnyPod, node: AnyNode, others: readonly AnyPod[]): boolean {
  const total = (of: (each: AnyPod) => number) => others.reduce((s, each) => s + of(each), of(pod));
  if (node.cordoned || (node.tainted && !pod.tolerates)) return false;
  if (pod.wantsSsd && !node.ssd) return false;
  if (others.length + 1 > node.pods) return false;
  if (pod.port !== undefined && others.some(({ port }) => port === pod.port)) return false;
  if (pod.cpu > 0 && total(({ cpu }) => cpu) > node.cpu) return false;
  return pod.memory === 0 || total(({ memory }) => memory) <= node.memory;
}

const toNode = (node: AnyNode, i: number): Node =>
  aNode({
    name: `n${i}`,
    unschedulable: node.cordoned,
    labels: node.ssd ? { disk: 'ssd' } : {},
    taints: node.tainted ? [{ key: 't', effect: 'NoSchedule' }] : [],
    allocatable: { cpu: `${node.cpu}`, memory: `${node.memory}Gi`, pods: `${node.pods}` },
  });

const toPod = (pod: AnyPod, i: number): Pod =>
  aPod({
    name: `p${i}`,
    requests: { cpu: `${pod.cpu}`, memory: `${pod.memory}Gi` },
    tolerations: pod.tolerates ? [{ key: 't', operator: 'Exists' }] : [],
    ...(pod.wantsSsd ? { nodeSelector: { disk: 'ssd' } } : {}),
    ...(pod.port === undefined ? {} : { hostPort: pod.port }),
  });

describe('against trying every node', () => {
  it('places a pod if and only if some node has room, and only where there is room', () => {
    const clusters = fc.tuple(
      fc.array(anyNode, { minLength: 1, maxLength: 5 }),
      fc.array(anyPod, { maxLength: 15 }),
    );
    fc.assert(
      fc.property(clusters, ([nodes, pods]) => {
        const { cache, select } = selectorOver(nodes.map(toNode));
        const placed = nodes.map((): AnyPod[] => []);
        for (const [i, pod] of pods.entries()) {
          const selected = select(toPod(pod, i));
          const possible = nodes.flatMap((node, n) => (fits(pod, node, placed[n]!) ? [n] : []));
          expect(selected.kind).toBe(possible.length > 0 ? 'node' : 'rejected');
          if (selected.kind !== 'node') continue;
          const n = Number(selected.node.name.slice(1));
          expect(possible).toContain(n);
          placed[n]!.push(pod);
          cache.assume(podInfo(toPod(pod, i)), selected.node.name);
        }
      }),
      { numRuns: 300 },
    );
  });
});
