/**
 * Constraints between pods, against a reference that walks over all pods for every question:
 * after any history of pods and nodes that come, change and go, each node gets the same verdict.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Node, Pod } from '../api/types/core-v1.ts';
import { aNode, aPod, inertParts } from '../test/support/scheduling.ts';
import { Cache } from './cache/cache.ts';
import { Framework } from './framework/framework.ts';
import { podInfo } from './framework/pod-info.ts';
import { defaultProfile } from './registry.ts';

const app = fc.constantFrom('x', 'y');
const key = fc.constantFrom('zone', 'host');
const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined, freq: 2 });

const anyPod = fc.record({
  app,
  near: maybe(fc.record({ app, key })),
  apart: maybe(fc.record({ app, key })),
  spread: maybe(fc.record({ app, key, maxSkew: fc.integer({ min: 1, max: 2 }) })),
});
type AnyPod = typeof anyPod extends fc.Arbitrary<infer T> ? T : never;

const zones = [undefined, 'a', 'b'] as const;
const anyStep = fc.oneof(
  { weight: 6, arbitrary: fc.record({ what: fc.constant('pod' as const), pod: anyPod }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('delete' as const), nth: fc.nat(20) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      what: fc.constant('node' as const),
      nth: fc.nat(4),
      zone: fc.constantFrom(...zones),
    }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('drop' as const), nth: fc.nat(4) }) },
);

function toPod(sketch: AnyPod, name: string): Pod {
  const term = (of: { app: string; key: string }) => ({
    topologyKey: of.key,
    labelSelector: { matchLabels: { app: of.app } },
  });
  const required = 'requiredDuringSchedulingIgnoredDuringExecution';
  const { near, apart, spread } = sketch;
  return aPod({
    name,
    labels: { app: sketch.app },
    affinity: {
      ...(near === undefined ? {} : { podAffinity: { [required]: [term(near)] } }),
      ...(apart === undefined ? {} : { podAntiAffinity: { [required]: [term(apart)] } }),
    },
    ...(spread === undefined
      ? {}
      : {
          topologySpreadConstraints: [
            { ...term(spread), maxSkew: spread.maxSkew, whenUnsatisfiable: 'DoNotSchedule' },
          ],
        }),
  });
}

const toNode = (i: number, zone: string | undefined): Node =>
  aNode({
    name: `n${i}`,
    labels: { host: `n${i}`, ...(zone === undefined ? {} : { zone }) },
    allocatable: { pods: '100' },
  });

interface Model {
  readonly nodes: Map<string, Node>;
  readonly pods: Map<string, { sketch: AnyPod; node: string }>;
}

const valueAt = (node: Node | undefined, label: string) => node?.metadata.labels?.[label];

/** The rules once more, as plainly as can be. */
function allowed(model: Model, pod: AnyPod, node: Node): boolean {
  const placed = [...model.pods.values()].filter((each) => model.nodes.has(each.node));
  const at = (each: { node: string }, label: string) => valueAt(model.nodes.get(each.node), label);
  const { near, apart, spread } = pod;
  if (near !== undefined) {
    const here = valueAt(node, near.key);
    if (here === undefined) return false;
    const group = placed.filter(
      (each) => each.sketch.app === near.app && at(each, near.key) !== undefined,
    );
    const alone = group.length === 0 && near.app === pod.app;
    if (!alone && !group.some((each) => at(each, near.key) === here)) return false;
  }
  if (apart !== undefined) {
    const here = valueAt(node, apart.key);
    const clash = placed.some(
      (each) => each.sketch.app === apart.app && at(each, apart.key) === here,
    );
    if (here !== undefined && clash) return false;
  }
  for (const each of placed) {
    const shy = each.sketch.apart;
    if (shy === undefined || shy.app !== pod.app) continue;
    const there = at(each, shy.key);
    if (there !== undefined && there === valueAt(node, shy.key)) return false;
  }
  if (spread === undefined) return true;
  const counts = new Map<string, number>();
  for (const each of model.nodes.values()) {
    const value = valueAt(each, spread.key);
    if (value !== undefined) counts.set(value, 0);
  }
  for (const each of placed) {
    const value = at(each, spread.key);
    if (value !== undefined && each.sketch.app === spread.app)
      counts.set(value, counts.get(value)! + 1);
  }
  const here = valueAt(node, spread.key);
  if (here === undefined) return false;
  const self = spread.app === pod.app ? 1 : 0;
  return counts.get(here)! + self - Math.min(...counts.values()) <= spread.maxSkew;
}

describe('constraints between pods, against walking over all pods', () => {
  it('allow the same nodes after any history', () => {
    const histories = fc.array(anyStep, { maxLength: 40 });
    fc.assert(
      fc.property(histories, fc.infiniteStream(fc.nat()), (history, choices) => {
        const cache = new Cache();
        const framework = new Framework(defaultProfile(inertParts), cache.cluster);
        const model: Model = { nodes: new Map(), pods: new Map() };
        const setNode = (node: Node): void => {
          cache.setNode(node);
          model.nodes.set(node.metadata.name!, node);
        };
        for (let i = 0; i < 5; i++) setNode(toNode(i, zones[i % 3]));
        for (const [i, step] of history.entries()) {
          if (step.what === 'node') setNode(toNode(step.nth, step.zone));
          else if (step.what === 'drop') {
            cache.removeNode(`n${step.nth}`);
            model.nodes.delete(`n${step.nth}`);
          } else if (step.what === 'delete') {
            const uid = [...model.pods.keys()][step.nth];
            if (uid === undefined) continue;
            cache.remove(uid);
            model.pods.delete(uid);
          } else {
            const pod = podInfo(toPod(step.pod, `p${i}`));
            const cycle = framework.newCycle(pod, cache.cluster);
            const before = framework.preFilter(cycle);
            if ('rejected' in before) throw new Error('no pod is rejected as such');
            const filtering = framework.filtering(cycle, before.skipped);
            const verdicts = cycle.nodes.map((node) => filtering.filter(node) === undefined);
            expect(verdicts).toEqual(cycle.nodes.map(({ node }) => allowed(model, step.pod, node)));
            const fits = cycle.nodes.filter((_node, n) => verdicts[n]);
            if (fits.length === 0) continue;
            const { name } = fits[choices.next().value % fits.length]!;
            cache.assume(pod, name);
            model.pods.set(pod.uid, { sketch: step.pod, node: name });
          }
        }
      }),
      { numRuns: 400 },
    );
  });
});
