/**
 * Random clusters for our scheduler and for a kube-scheduler, each with an API server of ours:
 * both place the pod on one of the best nodes, or say the same of why they cannot, and preempt as
 * much. Needs kube-scheduler on the PATH.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { nodes, persistentVolumeClaims, persistentVolumes, pods } from '../api/resources.ts';
import type { Pod } from '../api/types/core-v1.ts';
import type { RestClient } from '../client/rest.ts';
import { Lifecycle } from '../platform/lifecycle.ts';
import { silentLogger as logger } from '../platform/logger.ts';
import { realClock as clock } from '../platform/node/clock.ts';
import { realRandom as random } from '../platform/node/random.ts';
import { tool } from '../test/e2e/harness.ts';
import { startEmbeddedApi } from '../test/support/embedded-api.ts';
import { generatedCases } from '../test/support/scheduling-cases/generated.ts';
import { startSide } from '../test/support/scheduling-cases/side.ts';
import { type Seen, Stage } from '../test/support/scheduling-cases/stage.ts';
import { aStorage, inertParts } from '../test/support/scheduling.ts';
import { Cache } from './cache/cache.ts';
import { Framework } from './framework/framework.ts';
import { podInfo } from './framework/pod-info.ts';
import { defaultProfile } from './registry.ts';
import { startScheduler } from './scheduler.ts';

const CLUSTERS = 150;
const SEED = 20_261_123;
/** Events are written off the schedulers' paths. */
const AGREED_MS = 15_000;

const kubeScheduler = tool('kube-scheduler');
const parts = new Lifecycle();
let client: RestClient;
let ours: Stage;
let theirs: Stage;
const outcomes = { placed: 0, choices: 0, refused: 0, preempted: 0 };

async function startOurs(): Promise<Stage> {
  ({ client } = await startEmbeddedApi(parts));
  const scheduler = await parts.start(() => startScheduler({ client, clock, random, logger }));
  await scheduler.ready();
  return new Stage(client);
}

const namespace = 'default';

/** Nodes that are as good as any for `p`, as all plugins score them; by name. */
async function bestNodes(): Promise<readonly string[]> {
  const [all, everyPod, claims, volumes] = await Promise.all([
    client.list(nodes),
    client.list(pods, { namespace }),
    client.list(persistentVolumeClaims, { namespace }),
    client.list(persistentVolumes),
  ]);
  const cache = new Cache();
  for (const node of all.items) cache.setNode(node);
  let wanted: Pod | undefined;
  for (const pod of everyPod.items) {
    const { nodeName, ...spec } = pod.spec;
    if (pod.metadata.name === 'p') wanted = { ...pod, spec };
    else cache.assume(podInfo(pod), nodeName!);
  }
  const storage = aStorage({ claims: claims.items, volumes: volumes.items });
  const framework = new Framework(defaultProfile({ ...inertParts, storage }), cache.cluster);
  const cycle = framework.newCycle(podInfo(wanted!), cache.cluster);
  const before = framework.preFilter(cycle);
  if ('rejected' in before) return [];
  const trial = framework.filtering(cycle, before.skipped);
  const feasible = cycle.nodes.filter(
    (node) => (before.nodeNames?.has(node.name) ?? true) && trial.filter(node) === undefined,
  );
  const scores = framework.score(cycle, feasible);
  if (!(scores instanceof Float64Array)) throw new Error(scores.code);
  const best = Math.max(...scores);
  return feasible.filter((_, i) => scores[i] === best).map(({ name }) => name);
}

/** Which of several equal victims go is drawn by lot: told is how many of which priority. */
async function victimsOf(seen: Record<string, Seen>): Promise<readonly number[]> {
  const { items } = await client.list(pods, { namespace });
  const priorities = new Map(items.map(({ metadata, spec }) => [metadata.name, spec.priority]));
  return Object.entries(seen)
    .filter(([, { terminating }]) => terminating)
    .map(([name]) => priorities.get(name) ?? 0)
    .toSorted((a, b) => a - b);
}

/** One that was placed may have been looked at before the nodes were known. */
const told = ({ events, ...rest }: Seen): Seen => ({
  ...rest,
  events: events.filter((each) => rest.node === undefined || !each.includes('FailedScheduling')),
});

const plain = { name: '', steps: [] };

describe.skipIf(kubeScheduler === undefined)('as kube-scheduler, in any cluster', () => {
  beforeAll(async () => {
    const start = async () => (await startSide(parts, [kubeScheduler!])).stage;
    [ours, theirs] = await Promise.all([startOurs(), start()]);
  }, 120_000);
  afterEach(async () => {
    await Promise.all([ours.clear(), theirs.clear()]);
  }, 60_000);
  afterAll(() => parts.stop(), 60_000);

  it.each(generatedCases(CLUSTERS, SEED))(
    '$name',
    async (each) => {
      await Promise.all([ours.play(each), theirs.play(each)]);
      await vi.waitFor(
        async () => {
          const [mine, others] = await Promise.all([ours.seen(each), theirs.seen(each)]);
          expect(told(mine['p']!)).toEqual(told(others['p']!));
          expect(await victimsOf(mine)).toEqual(await victimsOf(others));
        },
        { timeout: AGREED_MS, interval: 200 },
      );
      const [mine, others] = await Promise.all([ours.seen(plain), theirs.seen(plain)]);
      if (mine['p']!.node === undefined) {
        const preempted = Object.values(mine).some(({ terminating }) => terminating);
        outcomes[preempted ? 'preempted' : 'refused']++;
        return;
      }
      const best = await bestNodes();
      expect(best).toContain(mine['p']!.node);
      expect(best).toContain(others['p']!.node);
      outcomes[best.length > 1 ? 'choices' : 'placed']++;
    },
    60_000,
  );

  it('in clusters of which each outcome came up', () => {
    expect(Math.min(...Object.values(outcomes))).toBeGreaterThan(0);
  });
});
