/** Affinity between pods: who keeps whom off, and who draws whom where. */
import { describe, expect, it } from 'vitest';
import type { Pod, PodAffinityTerm, WeightedPodAffinityTerm } from '../../api/types/core-v1.ts';
import { aCycle, aNode, aNodeInfo, aPod, type PodSketch } from '../../test/support/scheduling.ts';
import type { Cycle } from '../framework/interface.ts';
import { podInfo } from '../framework/pod-info.ts';
import { interPodAffinity } from './inter-pod-affinity.ts';

const term = (app: string, topologyKey = 'zone', more: object = {}): PodAffinityTerm => ({
  topologyKey,
  labelSelector: { matchLabels: { app } },
  ...more,
});
const near = (...terms: PodAffinityTerm[]) => ({
  affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } },
});
const apart = (...terms: PodAffinityTerm[]) => ({
  affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } },
});
const app = (name: string, sketch: PodSketch = {}): Pod =>
  aPod({ name, labels: { app: name }, ...sketch });

/** Zones: a1 and a2 in a, b1 in b; n0 has no zone. */
function nodes(on: Readonly<Record<string, readonly Pod[]>> = {}) {
  const zones: Record<string, string> = { a1: 'a', a2: 'a', b1: 'b' };
  return ['a1', 'a2', 'b1', 'n0'].map((name) => {
    const zone = zones[name];
    const labels = { host: name, ...(zone === undefined ? {} : { zone }) };
    return aNodeInfo(aNode({ name, labels }), ...(on[name] ?? []));
  });
}

const plugin = interPodAffinity();

/** Per node: undefined if allowed, else the reason. */
function verdicts(cycle: Cycle): Record<string, string | undefined> | 'no say' {
  const before = plugin.preFilter(cycle);
  if (before !== undefined && 'code' in before) return 'no say';
  return Object.fromEntries(
    cycle.nodes.map((node) => [node.name, plugin.filter(cycle, node)?.reasons[0]]),
  );
}

const noMatch = "node(s) didn't match pod affinity rules";
const antiMatch = "node(s) didn't match pod anti-affinity rules";
const unwelcome = "node(s) didn't satisfy existing pods anti-affinity rules";

describe('required affinity', () => {
  it('allows the domains where a matching pod is, and no node without the label', () => {
    const cycle = aCycle(aPod(near(term('db'))), ...nodes({ a1: [app('db')] }));
    expect(verdicts(cycle)).toEqual({ a1: undefined, a2: undefined, b1: noMatch, n0: noMatch });
  });

  it('lets the first of a group that means itself go to any node with the label', () => {
    const first = app('web', near(term('web')));
    expect(verdicts(aCycle(first, ...nodes()))).toEqual({
      a1: undefined,
      a2: undefined,
      b1: undefined,
      n0: noMatch,
    });
  });

  it('does not let a pod that means others be the first', () => {
    expect(verdicts(aCycle(app('web', near(term('db'))), ...nodes()))).toEqual({
      a1: noMatch,
      a2: noMatch,
      b1: noMatch,
      n0: noMatch,
    });
  });

  it('counts only pods that all terms mean', () => {
    const both = near(term('db'), {
      topologyKey: 'host',
      labelSelector: { matchLabels: { t: '1' } },
    });
    const on = {
      a1: [app('db'), aPod({ name: 'x', labels: { t: '1' } })],
      b1: [aPod({ name: 'y', labels: { app: 'db', t: '1' } })],
    };
    expect(verdicts(aCycle(aPod(both), ...nodes(on)))).toEqual({
      a1: noMatch,
      a2: noMatch,
      b1: undefined,
      n0: noMatch,
    });
  });

  it.each([
    ['its own namespace', {}, 'other', noMatch],
    ['a listed one', { namespaces: ['other'] }, 'other', undefined],
    ['all of them', { namespaceSelector: {} }, 'other', undefined],
    [
      'those selected',
      { namespaceSelector: { matchLabels: { team: 'x' } } },
      'labelled',
      undefined,
    ],
    ['not the rest', { namespaceSelector: { matchLabels: { team: 'x' } } }, 'other', noMatch],
  ])('looks for pods in %s', (...[, more, namespace, verdict]) => {
    const cycle = aCycle(
      aPod(near(term('db', 'zone', more))),
      ...nodes({ a1: [app('db', { namespace })] }),
    );
    const metadata = { name: 'labelled', labels: { team: 'x' } };
    cycle.cluster.setNamespace({ apiVersion: 'v1', kind: 'Namespace', metadata, spec: {} });
    expect(verdicts(cycle)).toMatchObject({ a1: verdict });
  });
});

describe('required anti-affinity', () => {
  it('keeps the pod out of the domains of those it means', () => {
    const cycle = aCycle(aPod(apart(term('db'))), ...nodes({ a1: [app('db')] }));
    expect(verdicts(cycle)).toEqual({
      a1: antiMatch,
      a2: antiMatch,
      b1: undefined,
      n0: undefined,
    });
  });

  it('is symmetric: placed pods keep off the pods they mean', () => {
    const shy = app('shy', apart(term('web')));
    const cycle = aCycle(app('web'), ...nodes({ b1: [shy] }));
    expect(verdicts(cycle)).toEqual({
      a1: undefined,
      a2: undefined,
      b1: unwelcome,
      n0: undefined,
    });
    expect(verdicts(aCycle(app('db'), ...nodes({ b1: [shy] })))).toBe('no say');
  });

  it('follows pods that come and go within a cycle', () => {
    const cycle = aCycle(aPod(apart(term('db', 'host'))), ...nodes({ a1: [app('db')] }));
    plugin.preFilter(cycle);
    const node = cycle.cluster.node('a1')!;
    const before = plugin.filter(cycle, node);
    cycle.cluster.removePod(podInfo(app('db')), 'a1');
    expect([before?.reasons[0], plugin.filter(cycle, node)]).toEqual([antiMatch, undefined]);
  });
});

describe('preferences', () => {
  const liked = (weight: number, podAffinityTerm: PodAffinityTerm): WeightedPodAffinityTerm => ({
    weight,
    podAffinityTerm,
  });
  const preferring = (
    name: 'podAffinity' | 'podAntiAffinity',
    ...terms: WeightedPodAffinityTerm[]
  ) => ({
    affinity: { [name]: { preferredDuringSchedulingIgnoredDuringExecution: terms } },
  });

  function scores(cycle: Cycle, args = {}): number[] | 'no say' {
    const scorer = interPodAffinity(args);
    if (scorer.preScore(cycle, cycle.nodes) !== undefined) return 'no say';
    const values = Float64Array.from(cycle.nodes, (node) => scorer.score(cycle, node));
    scorer.normalizeScores(cycle, values);
    return [...values];
  }

  it('adds weight times pods in the domain, and scales from the lowest to the highest', () => {
    const pod = aPod(
      preferring('podAffinity', liked(10, term('db')), liked(5, term('web', 'host'))),
    );
    const on = { a1: [app('db'), aPod({ name: 'db2', labels: { app: 'db' } })], b1: [app('web')] };
    // a: 2 × 10 on both its nodes; b1: 1 × 5; n0: 0
    expect(scores(aCycle(pod, ...nodes(on)))).toEqual([100, 100, 25, 0]);
  });

  it('subtracts for anti-affinity', () => {
    const pod = aPod(preferring('podAntiAffinity', liked(10, term('db'))));
    expect(scores(aCycle(pod, ...nodes({ a1: [app('db')] })))).toEqual([0, 0, 100, 100]);
  });

  it('counts what placed pods prefer, and what they require as one', () => {
    const fan = app('fan', preferring('podAffinity', liked(4, term('web'))));
    const needy = app('needy', near(term('web')));
    const cycle = aCycle(app('web'), ...nodes({ a1: [fan], b1: [needy] }));
    expect(scores(cycle)).toEqual([100, 100, 25, 0]);
    expect(scores(cycle, { hardPodAffinityWeight: 8 })).toEqual([50, 50, 100, 0]);
    expect(scores(cycle, { ignorePreferredTermsOfExistingPods: true })).toEqual([0, 0, 100, 0]);
  });

  it('has no say where nobody prefers anything', () => {
    expect(scores(aCycle(app('web'), ...nodes({ a1: [app('db')] })))).toBe('no say');
  });
});

describe('queueing hints', () => {
  const wakes = (pod: Pod, kind: 'AssignedPodAdd' | 'AssignedPodDelete', other: Pod): boolean => {
    const { cluster } = aCycle(pod);
    const interest = plugin.interests.find(({ on }) => on === kind)!;
    return interest.helps!(podInfo(pod), { kind, pod: podInfo(other) }, cluster);
  };

  it('wakes for a pod it wants near that comes, and for one in the way that goes', () => {
    expect(wakes(aPod(near(term('db'))), 'AssignedPodAdd', app('db'))).toBe(true);
    expect(wakes(aPod(near(term('db'))), 'AssignedPodAdd', app('web'))).toBe(false);
    expect(wakes(aPod(apart(term('db'))), 'AssignedPodDelete', app('db'))).toBe(true);
    expect(wakes(aPod(apart(term('db'))), 'AssignedPodDelete', app('web'))).toBe(false);
    expect(wakes(app('web'), 'AssignedPodDelete', app('shy', apart(term('web'))))).toBe(true);
  });
});
