/** A plugin of one's own that throws or never returns fails its pod; the scheduler goes on. */
import { afterEach, describe, expect, it } from 'vitest';
import { nodes, pods } from '../api/resources.ts';
import type { Pod } from '../api/types/core-v1.ts';
import type { RestClient } from '../client/rest.ts';
import { Lifecycle } from '../platform/lifecycle.ts';
import { silentLogger as logger } from '../platform/logger.ts';
import { realRandom as random } from '../platform/node/random.ts';
import { realTimeLimit } from '../platform/node/time-limit.ts';
import { eventually, startEmbeddedApi } from '../test/support/embedded-api.ts';
import { FakeClock } from '../test/support/fake-clock.ts';
import { aNode, aPod, inertParts } from '../test/support/scheduling.ts';
import { Cache } from './cache/cache.ts';
import { Framework } from './framework/framework.ts';
import type { Cycle, Plugin } from './framework/interface.ts';
import type { NodeInfo } from './framework/node-info.ts';
import { podInfo, type PodInfo } from './framework/pod-info.ts';
import { PluginLimits } from './plugin-limits.ts';
import { defaultProfile } from './registry.ts';
import { startScheduler } from './scheduler.ts';
import { NodeSelection } from './select-node.ts';
import type { Selection } from './selection.ts';

let parts = new Lifecycle();
afterEach(async () => {
  await parts.stop();
  parts = new Lifecycle();
});

const limitMs = 200;

/** What a plugin may do instead of answering, and what its pod is told then. */
interface Misdeed {
  readonly what: string;
  readonly told: string;
  readonly happens: () => never;
}
const hangs: Misdeed = {
  what: 'hangs',
  told: 'plugin "Bad" did not return within 0.2 s',
  happens() {
    for (;;);
  },
};
const throws: Misdeed = {
  what: 'throws',
  told: 'boom',
  happens() {
    throw new Error('boom');
  },
};

const isStuck = ({ pod }: { readonly pod: PodInfo }): boolean => pod.pod.metadata.name === 'stuck';

/** The points at which a plugin can misbehave, each with what else it needs to get there. */
const pointsOf = ({ happens, told }: Misdeed): Readonly<Record<string, object>> => {
  const inCycle = (cycle: { readonly pod: PodInfo }): undefined => {
    if (isStuck(cycle)) happens();
  };
  return {
    PreEnqueue: { preEnqueue: (pod: PodInfo) => inCycle({ pod }) },
    PreFilter: { preFilter: inCycle },
    Filter: { filter: inCycle },
    PostFilter: {
      filter: (cycle: Cycle) =>
        isStuck(cycle) ? { code: 'Unschedulable', reasons: ['no'] } : undefined,
      postFilter: inCycle,
    },
    PreScore: { preScore: inCycle },
    Score: { score: (cycle: Cycle) => inCycle(cycle) ?? 0 },
    NormalizeScore: { score: () => 0, normalizeScores: inCycle },
    Reserve: { reserve: inCycle, unreserve() {} },
    Unreserve: {
      reserve: (cycle: Cycle) => {
        if (isStuck(cycle)) throw new Error(told);
      },
      unreserve: inCycle,
    },
    Permit: { permit: inCycle },
    PreBindPreFlight: { preBindPreFlight: inCycle, preBind: async () => undefined },
    PreBind: { preBind: async (cycle: Cycle) => inCycle(cycle) },
    Bind: {
      bind: (cycle: Cycle) => inCycle(cycle) ?? Promise.resolve({ code: 'Skip', reasons: [] }),
    },
  };
};

async function startWith(client: RestClient, points: object): Promise<FakeClock> {
  const clock = new FakeClock();
  const allocatable = { cpu: '4', memory: '8Gi', pods: '9' };
  for (const name of ['a', 'b'])
    await client.create(nodes, {
      ...{ metadata: { name }, spec: {}, status: { allocatable, capacity: allocatable } },
    });
  const limits = new PluginLimits(realTimeLimit(), limitMs);
  const plugin = limits.guard({ name: 'Bad', ...points });
  await parts.start(() =>
    startScheduler({
      ...{ client, clock, random, logger, freeze: true, limits },
      profiles(pluginParts) {
        const { rows, schedulerName } = defaultProfile(pluginParts);
        // Before DefaultBinder and DefaultPreemption, which would answer instead.
        return [{ schedulerName, rows: [{ plugin }, ...rows] }];
      },
    }),
  );
  return clock;
}

const addPod = (client: RestClient, name: string): Promise<Pod> =>
  client.create(pods, {
    metadata: { namespace: 'default', name },
    spec: { containers: [{ name: 'c', image: 'i' }] },
  });

const named = (all: readonly Pod[], name: string) => all.find((p) => p.metadata.name === name);
const condition = (pod: Pod | undefined) =>
  pod?.status?.conditions?.find(({ type }) => type === 'PodScheduled');

describe.each([throws, hangs])('a plugin that $what', (misdeed) => {
  const { happens, told } = misdeed;

  it.each(Object.entries(pointsOf(misdeed)))(
    'in %s fails its pod, and no other',
    async (at, points) => {
      const { client } = await startEmbeddedApi(parts);
      const clock = await startWith(client, points);
      await addPod(client, 'stuck');
      await eventually(client, pods, (all) => condition(named(all, 'stuck'))?.status === 'False');
      await addPod(client, 'free');
      const all = await eventually(client, pods, (now) => {
        const free = named(now, 'free');
        // On a slow machine it was cut off too: what is not stuck gets through in the end.
        if (condition(free)?.status === 'False') void clock.advance(10_000);
        return Boolean(free?.spec.nodeName);
      });
      const said = condition(named(all, 'stuck'));
      expect(said?.message).toContain(told);
      // No node fits, and PostFilter could not help: that is a no with a reason.
      const failed = at === 'PostFilter' && misdeed === throws ? 'Unschedulable' : 'SchedulerError';
      expect(said?.reason).toBe(failed);
      expect(named(all, 'stuck')?.spec.nodeName).toBeUndefined();
    },
  );

  it('in PostBind, or in the order of the queue, harms nobody', async () => {
    const { client } = await startEmbeddedApi(parts);
    const clock = await startWith(client, { postBind: happens });
    await addPod(client, 'stuck');
    await addPod(client, 'free');
    await eventually(client, pods, (all) => {
      // As above: a slow machine cuts off whoever it is.
      if (all.some((pod) => condition(pod)?.status === 'False')) void clock.advance(10_000);
      return all.every(({ spec }) => Boolean(spec.nodeName));
    });
    const limits = new PluginLimits(realTimeLimit(), 50);
    const { rows } = defaultProfile(inertParts);
    const sort = limits.guard({ name: 'Bad', goesFirst: happens } as unknown as Plugin);
    const rest = rows.filter(({ plugin }) => plugin.name !== 'PrioritySort');
    const profile = { schedulerName: 's', rows: [{ plugin: sort }, ...rest] };
    const framework = new Framework(profile, new Cache().cluster);
    const queued = (queuedAt: number) => ({ pod: podInfo(aPod()), queuedAt });
    expect(framework.goesFirst(queued(1), queued(2))).toBe(true);
    expect(framework.goesFirst(queued(2), queued(1))).toBe(false);
  });

  it('in a queueing hint wakes the pod', async () => {
    const { client } = await startEmbeddedApi(parts);
    let refuses = true;
    await startWith(client, {
      filter: () => (refuses ? { code: 'Unschedulable', reasons: ['not yet'] } : undefined),
      interests: [{ on: 'NodeAdd', helps: happens }],
    });
    await addPod(client, 'p');
    await eventually(client, pods, ([pod]) => condition(pod)?.status === 'False');
    refuses = false;
    await client.create(nodes, { metadata: { name: 'c' }, spec: {}, status: {} });
    await eventually(client, pods, ([pod]) => Boolean(pod!.spec.nodeName));
  });
});

describe('a plugin that is cut off', () => {
  it('while pods are away on trial leaves the cluster as it was', () => {
    const cache = new Cache();
    const limits = new PluginLimits(realTimeLimit(), limitMs);
    limits.onCut = () => cache.endTrials();
    let hanging = true;
    const plugin = limits.guard({
      name: 'Bad',
      filter(_cycle: Cycle, node: NodeInfo) {
        if (hanging && node.pods.size === 0) hangs.happens();
        return undefined;
      },
    } as Plugin);
    const { rows, schedulerName } = defaultProfile(inertParts);
    const framework = new Framework({ schedulerName, rows: [...rows, { plugin }] }, cache.cluster);
    const selection = new NodeSelection({ random: inertParts.preemption.random, logger, limits });
    const whole = { requests: { cpu: '4' }, labels: { app: 'x' } };
    cache.setNode(aNode({ name: 'n', labels: { host: 'n' } }));
    cache.assume(podInfo(aPod({ name: 'low', ...whole })), 'n');
    const select = (priority: number): Selection => {
      const pod = podInfo(aPod({ name: 'urgent', priority, ...whole }));
      return selection.select(framework, framework.newCycle(pod, cache.cluster)) as Selection;
    };
    expect(select(9)).toMatchObject({ kind: 'failed', status: { reasons: [hangs.told] } });
    expect([...cache.node('n')!.pods.keys()]).toEqual(['uid-low']);
    expect(select(0)).toMatchObject({ kind: 'rejected' });
    hanging = false;
    expect(select(9)).toMatchObject({ kind: 'rejected', nominatedNodeName: 'n' });
    cache.remove('uid-low');
    expect(select(0)).toMatchObject({ kind: 'node' });
  });
});
