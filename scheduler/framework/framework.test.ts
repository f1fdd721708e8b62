/** Each extension point: order, Skip, rejections, and what is thrown. */
import { describe, expect, it } from 'vitest';
import { aCluster, aCycle, aNode, aNodeInfo, aPod } from '../../test/support/scheduling.ts';
import { Framework } from './framework.ts';
import type { Cycle, Plugin } from './interface.ts';
import { podInfo } from './pod-info.ts';
import { failure, skip, unresolvable, unschedulable, type Status } from './status.ts';

const nodes = ['a', 'b'].map((name) => aNodeInfo(aNode({ name })));
const [a, b] = nodes;
const cycle = aCycle(aPod(), ...nodes);
const sort = { name: 'Sort', goesFirst: () => false };
const binder = { name: 'Binder', bind: async () => undefined };
const boom = (): never => {
  throw new Error('boom');
};

/** A plugin with the methods given, whatever they are. */
type Sketch = Plugin & Readonly<Record<string, unknown>>;

const frameworkOf = (...sketches: readonly (Sketch | [Sketch, number])[]): Framework =>
  new Framework(
    {
      schedulerName: 's',
      rows: [
        ...sketches.map((each) =>
          Array.isArray(each) ? { plugin: each[0], weight: each[1] } : { plugin: each },
        ),
        { plugin: sort },
        { plugin: binder },
      ],
    },
    aCluster(...nodes),
  );

const no = unschedulable('no');
const byPlugin = (status: Status, plugin: string): Status => ({ ...status, plugin });
const thrown = (plugin: string, doing?: string) => ({
  code: 'Error',
  reasons: [doing === undefined ? 'boom' : `${doing}: boom`],
  plugin,
});

describe('PreEnqueue', () => {
  it.each<[string, Sketch[], unknown]>([
    ['lets in whom nobody refuses', [{ name: 'A', preEnqueue: () => undefined }], undefined],
    [
      'ends with the first refusal',
      [
        { name: 'A', preEnqueue: () => undefined },
        { name: 'B', preEnqueue: () => no },
        { name: 'C', preEnqueue: boom },
      ],
      byPlugin(no, 'B'),
    ],
    ['fails the pod when a plugin throws', [{ name: 'A', preEnqueue: boom }], thrown('A')],
  ])('%s', (_, plugins, wanted) => {
    const status = frameworkOf(...plugins).preEnqueue(podInfo(aPod()));
    if (wanted === undefined) expect(status).toBeUndefined();
    else expect(status).toMatchObject(wanted as object);
  });
});

describe('QueueSort', () => {
  it('is exactly one plugin', () => {
    expect(() => frameworkOf({ name: 'Other', goesFirst: () => true })).toThrow('exactly one');
  });
});

describe('PreFilter', () => {
  const names = (name: string, ...nodeNames: string[]): Sketch => ({
    name,
    preFilter: () => ({ nodeNames: new Set(nodeNames) }),
  });

  it.each<[string, Sketch[], object]>([
    ['limits nodes to what all name', [names('A', 'a', 'b'), names('B', 'b', 'c')], ['b']],
    ['may leave none', [names('A', 'a'), names('B', 'b')], []],
  ])('%s', (_, plugins, wanted) => {
    const result = frameworkOf(...plugins).preFilter(cycle);
    expect('nodeNames' in result && [...result.nodeNames]).toEqual(wanted);
  });

  it('leaves out of Filter the plugins that have no say', () => {
    const quiet = { name: 'Quiet', preFilter: () => skip, filter: boom };
    const framework = frameworkOf(quiet);
    const result = framework.preFilter(cycle);
    expect(result).toEqual({ skipped: new Set([quiet]) });
    const { skipped } = result as { skipped: Set<Plugin> };
    expect(framework.filtering(cycle, skipped).filter(a!)).toBeUndefined();
  });

  it('ends with the first rejection', () => {
    const rejects = frameworkOf(
      { name: 'A', preFilter: () => unresolvable('never') },
      { name: 'B', preFilter: boom },
    );
    expect(rejects.preFilter(cycle)).toEqual({
      rejected: byPlugin(unresolvable('never'), 'A'),
    });
    expect(frameworkOf({ name: 'B', preFilter: boom }).preFilter(cycle)).toMatchObject({
      rejected: thrown('B', 'running PreFilter plugin "B"'),
    });
  });
});

describe('Filter', () => {
  it('asks in the order of the profile, up to the first rejection', () => {
    const asked: string[] = [];
    const says = (name: string, status?: Status): Sketch => ({
      name,
      filter: (_: Cycle, node: { name: string }) => {
        asked.push(`${name} ${node.name}`);
        return status;
      },
    });
    const framework = frameworkOf(says('A'), says('B', no), says('C'));
    const filtering = framework.filtering(cycle, new Set());
    expect(nodes.map((node) => filtering.filter(node))).toEqual([
      byPlugin(no, 'B'),
      byPlugin(no, 'B'),
    ]);
    expect(asked).toEqual(['A a', 'B a', 'A b', 'B b']);
  });

  it('tells its plugins of pods that come and go on trial', () => {
    const told: string[] = [];
    const tells = {
      name: 'A',
      preFilter: () => undefined,
      filter: () => undefined,
      podAdded: (_: Cycle, pod: { key: string }, node: { name: string }) =>
        told.push(`+${pod.key} ${node.name}`),
      podRemoved: (_: Cycle, pod: { key: string }, node: { name: string }) =>
        told.push(`-${pod.key} ${node.name}`),
    };
    const own = aCycle(aPod(), aNodeInfo(aNode({ name: 'a' })));
    const filtering = frameworkOf(tells).filtering(own, new Set());
    const other = podInfo(aPod({ name: 'other' }));
    filtering.add(other, own.nodes[0]!);
    expect([...own.nodes[0]!.pods.keys()]).toEqual([other.uid]);
    filtering.remove(other, own.nodes[0]!);
    expect(told).toEqual(['+default/other a', '-default/other a']);
    expect(own.nodes[0]!.pods.size).toBe(0);
  });
});

describe('PostFilter', () => {
  const rejected = { statuses: new Map(), trial: frameworkOf().filtering(cycle, new Set()) };
  const says = (name: string, result: unknown): Sketch => ({ name, postFilter: () => result });

  it.each<[string, Sketch[], object]>([
    [
      'joins what its plugins say',
      [says('A', { message: 'one' }), says('B', undefined), says('C', { message: 'two' })],
      { message: 'one, two' },
    ],
    [
      'ends with the first that makes room',
      [
        says('A', { message: 'x' }),
        says('B', { message: '', nominatedNodeName: 'a' }),
        { name: 'C', postFilter: boom },
      ],
      { message: '', nominatedNodeName: 'a' },
    ],
    [
      'ends with the first that says nothing can help, and quotes only that',
      [
        says('A', unschedulable('one')),
        says('B', unresolvable('none')),
        { name: 'C', postFilter: boom },
      ],
      { message: 'none' },
    ],
    [
      'takes a nomination back',
      [says('A', { message: 'none', nominatedNodeName: '' })],
      { message: 'none', nominatedNodeName: '' },
    ],
    ['tells what is thrown', [{ name: 'A', postFilter: boom }], { message: 'boom' }],
    [
      'waits where a plugin does',
      [says('A', Promise.resolve({ message: 'late' })), says('B', { message: 'last' })],
      { message: 'late, last' },
    ],
    [
      'quotes only who failed, and asks no further',
      [
        says('A', { message: 'none' }),
        { name: 'B', postFilter: () => Promise.reject(new Error('broken')) },
        says('C', { message: 'room', nominatedNodeName: 'a' }),
      ],
      { message: 'broken' },
    ],
  ])('%s', async (_, plugins, wanted) => {
    expect(await frameworkOf(...plugins).postFilter(cycle, rejected)).toEqual(wanted);
  });
});

describe('PreScore and Score', () => {
  const scores = (name: string, ...values: number[]): Sketch => ({
    name,
    score: (_: Cycle, node: unknown) => values[node === a ? 0 : 1],
  });

  it.each<[string, (Sketch | [Sketch, number])[], number[] | object]>([
    ['adds weight times score', [[scores('A', 10, 20), 3], scores('B', 5, 0)], [35, 60]],
    [
      'normalizes before it weighs',
      [
        [
          {
            ...scores('A', 7, 9),
            normalizeScores: (_: Cycle, all: Float64Array) => void all.set([0, 100]),
          },
          2,
        ],
      ],
      [0, 200],
    ],
    [
      'leaves out a plugin that skips',
      [{ ...scores('A', 90, 0), preScore: () => skip }, scores('B', 1, 2)],
      [1, 2],
    ],
    [
      'fails the pod for a score out of range',
      [scores('A', 0, 101)],
      {
        code: 'Error',
        reasons: [
          'applying score defaultWeights on Score plugins: plugin "A" returns an invalid score ' +
            '101, it should in the range of [0, 100] after normalizing',
        ],
      },
    ],
    ['fails the pod for a score that is none', [scores('A', Number.NaN, 1)], { plugin: 'A' }],
    [
      'fails the pod when Score throws',
      [{ name: 'A', score: boom }],
      thrown('A', 'running Score plugins: plugin "A" failed with'),
    ],
    [
      'fails the pod when PreScore throws',
      [{ name: 'A', preScore: boom }],
      thrown('A', 'running PreScore plugin "A"'),
    ],
  ])('%s', (_, plugins, wanted) => {
    const result = frameworkOf(...plugins).score(cycle, nodes);
    if (Array.isArray(wanted)) expect([...(result as Float64Array)]).toEqual(wanted);
    else expect(result).toMatchObject(wanted);
  });
});

describe('Reserve and Permit', () => {
  it('gives back in reverse order when one refuses', () => {
    const done: string[] = [];
    const takes = (name: string, status?: Status): Sketch => ({
      name,
      reserve: () => (done.push(`+${name}`), status),
      unreserve: () => void done.push(`-${name}`),
    });
    const framework = frameworkOf(takes('A'), takes('B', no), takes('C'));
    expect(framework.reserve(cycle, a!)).toEqual(byPlugin(no, 'B'));
    expect(done).toEqual(['+A', '+B', '-C', '-B', '-A']);
  });

  it('gathers what has to be waited for, and ends with a refusal', () => {
    const wait = { decision: Promise.resolve(undefined), timeoutMs: 5 };
    const waits = { name: 'A', permit: () => wait };
    const agrees = { name: 'B', permit: () => undefined };
    expect(frameworkOf(waits, agrees).permit(cycle, a!)).toEqual([wait]);
    const refuses = { name: 'C', permit: () => no };
    expect(frameworkOf(waits, refuses).permit(cycle, a!)).toEqual(byPlugin(no, 'C'));
    expect(frameworkOf({ name: 'D', permit: boom }).permit(cycle, a!)).toMatchObject(
      thrown('D', 'running Permit plugin "D"'),
    );
  });
});

describe('PreBind, Bind and PostBind', () => {
  const unbounded = (_: Plugin, answer: Promise<Status | undefined>) => answer;

  it('knows whether PreBind has anything to do', () => {
    const idle = { name: 'A', preBindPreFlight: () => skip, preBind: async () => undefined };
    expect(frameworkOf(idle).preBinds(cycle, 'a')).toBe(false);
    expect(frameworkOf(idle, { name: 'B', preBind: boom }).preBinds(cycle, 'a')).toBe(true);
  });

  it('ends PreBind with the first that refuses, throws or takes too long', async () => {
    const ask = (...plugins: Sketch[]) => frameworkOf(...plugins).preBind(cycle, 'a', unbounded);
    expect(await ask({ name: 'A', preBind: async () => undefined })).toBeUndefined();
    expect(await ask({ name: 'A', preBind: async () => no })).toEqual(byPlugin(no, 'A'));
    expect(await ask({ name: 'A', preBind: boom })).toMatchObject(
      thrown('A', 'running PreBind plugin "A"'),
    );
    const never = { name: 'A', preBind: () => new Promise(() => {}), preBindMs: 7 };
    const bounded = async ({ preBindMs }: { preBindMs?: number }) => failure(`${preBindMs} ms`);
    expect(await frameworkOf(never).preBind(cycle, 'a', bounded)).toMatchObject({
      reasons: ['7 ms'],
    });
  });

  it('binds by the first plugin that does not skip', async () => {
    const bound: string[] = [];
    const skips = { name: 'A', bind: async () => skip };
    const binds = { name: 'B', bind: async (_: Cycle, node: string) => void bound.push(node) };
    expect(await frameworkOf(skips, binds).bind(cycle, b!.name)).toBeUndefined();
    expect(bound).toEqual(['b']);
    expect(await frameworkOf({ name: 'C', bind: boom }).bind(cycle, 'a')).toMatchObject(
      thrown('C', 'running Bind plugin "C"'),
    );
  });

  it('lets nothing that PostBind throws touch a bound pod', () => {
    const seen: string[] = [];
    const framework = frameworkOf(
      { name: 'A', postBind: boom },
      { name: 'B', postBind: (_: Cycle, node: string) => void seen.push(node) },
    );
    framework.postBind(cycle, 'a');
    expect(seen).toEqual(['a']);
  });
});

describe('queueing hints', () => {
  const pod = podInfo(aPod());
  const node = aNode();
  it.each<[string, Sketch, boolean]>([
    ['a plugin without an opinion', { name: 'A', filter: () => no }, true],
    ['a plugin that waits for this', { name: 'A', interests: [{ on: 'NodeAdd' }] }, true],
    ['a plugin that waits for something else', { name: 'A', interests: [{ on: 'Claim' }] }, false],
    [
      'a plugin that sees that it does not help',
      { name: 'A', interests: [{ on: 'NodeAdd', helps: () => false }] },
      false,
    ],
    ['a hint that throws', { name: 'A', interests: [{ on: 'NodeAdd', helps: boom }] }, true],
  ])('%s', (_, plugin, woken) => {
    const framework = frameworkOf(plugin);
    expect(framework.wakes(pod, new Set(['A']), { kind: 'NodeAdd', node })).toBe(woken);
  });
});
