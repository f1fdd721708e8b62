/**
 * Demands that cannot be met, contradict themselves or make no sense: each is refused by the API
 * server with its field, or waits with a condition and an event that say why.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { events, nodes, pods } from '../api/resources.ts';
import type { Pod, PodSpec } from '../api/types/core-v1.ts';
import type { RestClient } from '../client/rest.ts';
import { Lifecycle } from '../platform/lifecycle.ts';
import { silentLogger as logger } from '../platform/logger.ts';
import { realClock as clock } from '../platform/node/clock.ts';
import { realRandom as random } from '../platform/node/random.ts';
import { eventually, startEmbeddedApi } from '../test/support/embedded-api.ts';
import { startScheduler } from './scheduler.ts';

const parts = new Lifecycle();
let client: RestClient;
beforeAll(async () => {
  ({ client } = await startEmbeddedApi(parts));
  const allocatable = { cpu: '4', memory: '8Gi', pods: '50' };
  for (const name of ['a', 'b'])
    await client.create(nodes, {
      metadata: { name, labels: { host: name } },
      spec: {},
      status: { allocatable, capacity: allocatable },
    });
  const backoff = { initialMs: 20, maxMs: 20 };
  await parts.start(() => startScheduler({ client, clock, random, logger, freeze: true, backoff }));
});
afterAll(() => parts.stop());

interface Sketch {
  readonly requests?: object;
  readonly labels?: Record<string, string>;
  readonly spec?: Partial<PodSpec>;
}

const aContainer = (name: string, requests: object) => ({
  ...{ name, image: 'i', resources: { requests, limits: requests } as object },
});

let count = 0;
const create = ({ requests = {}, labels = {}, spec = {} }: Sketch): Promise<Pod> =>
  client.create(pods, {
    metadata: { namespace: 'default', name: `p${count++}`, labels },
    spec: { containers: [aContainer('c', requests)], ...spec },
  });

const required = 'requiredDuringSchedulingIgnoredDuringExecution';
const near = (app: string, topologyKey = 'host') => ({
  [required]: [{ topologyKey, labelSelector: { matchLabels: { app } } }],
});
const onHost = (operator: string) => ({
  nodeAffinity: {
    [required]: {
      nodeSelectorTerms: [{ matchExpressions: [{ key: 'host', operator, values: ['a'] }] }],
    },
  },
});

const find = (all: readonly Pod[], pod: Pod): Pod | undefined =>
  all.find(({ metadata }) => metadata.uid === pod.metadata.uid);
const whyOf = (pod: Pod | undefined): string | undefined =>
  pod?.status?.conditions?.find(({ type }) => type === 'PodScheduled')?.message;

describe('waits and tells why', () => {
  it.each<[string, Sketch, string]>([
    ['more than any node has', { requests: { memory: '7E' } }, '2 Insufficient memory'],
    ['an enormous amount', { requests: { cpu: '9223372036854775807' } }, '2 Insufficient cpu'],
    ['more than 64 bits hold', { requests: { memory: '1e30' } }, '2 Insufficient memory'],
    [
      'in sum more than 64 bits hold',
      { spec: { containers: [1, 2, 3].map((i) => aContainer(`c${i}`, { cpu: '9e18' })) } },
      '2 Insufficient cpu',
    ],
    [
      'a resource that nobody offers',
      { requests: { 'example.com/unheard-of': '1' } },
      '2 Insufficient example.com/unheard-of',
    ],
    [
      'huge pages that nobody has',
      { requests: { 'hugepages-2Mi': '2Mi', cpu: '1' } },
      '2 Insufficient hugepages-2Mi',
    ],
    [
      'a selector and an affinity that exclude each other',
      { spec: { nodeSelector: { host: 'a' }, affinity: onHost('NotIn') } },
      "2 node(s) didn't match Pod's node affinity/selector",
    ],
    [
      'to be near and apart from the same pods',
      {
        labels: { app: 'torn' },
        spec: { affinity: { podAffinity: near('db'), podAntiAffinity: near('db') } },
      },
      "2 node(s) didn't match pod affinity rules",
    ],
    [
      'a topology that no node is part of',
      { labels: { app: 'x' }, spec: { affinity: { podAffinity: near('x', 'rack') } } },
      "2 node(s) didn't match pod affinity rules",
    ],
    [
      'spreading over a label that no node has',
      {
        spec: {
          topologySpreadConstraints: [
            { maxSkew: 1, topologyKey: 'rack', whenUnsatisfiable: 'DoNotSchedule' },
          ],
        },
      },
      "2 node(s) didn't match pod topology spread constraints (missing required label)",
    ],
    [
      'a claim that does not exist',
      {
        spec: { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'none' } }] },
      },
      'persistentvolumeclaim "none" not found',
    ],
  ])('%s', async (_, ...[sketch, why]) => {
    const pod = await create(sketch);
    const told = `0/2 nodes are available: ${why}.`;
    await eventually(client, pods, (all) => whyOf(find(all, pod))?.startsWith(told) === true);
    await eventually(client, events, (all) =>
      all.some(
        ({ reason, message, involvedObject }) =>
          reason === 'FailedScheduling' &&
          involvedObject.uid === pod.metadata.uid &&
          message!.startsWith(told),
      ),
    );
    expect(find((await client.list(pods)).items, pod)!.spec.nodeName).toBeUndefined();
  });
});

describe('is refused by the API server', () => {
  it.each<[string, Sketch, string]>([
    ['less than nothing', { requests: { cpu: '-1' } }, 'resources.requests[cpu]: Invalid value'],
    ['a number that is none', { requests: { cpu: 'much' } }, 'quantities must match'],
    ['half a device', { requests: { 'example.com/gpu': '500m' } }, 'must be an integer'],
    ['a resource without a name', { requests: { '': '1' } }, 'resources.requests[]: Invalid value'],
    [
      'an operator that there is not',
      { spec: { affinity: onHost('Near') } },
      'matchExpressions[0].operator',
    ],
    [
      'a skew of nothing',
      {
        spec: {
          topologySpreadConstraints: [
            { maxSkew: 0, topologyKey: 'host', whenUnsatisfiable: 'DoNotSchedule' },
          ],
        },
      },
      'topologySpreadConstraints[0].maxSkew',
    ],
  ])('%s', async (_, ...[sketch, field]) => {
    await expect(create(sketch)).rejects.toThrow(field);
  });
});

describe('is placed', () => {
  it('asking for nothing of a resource that nobody offers', async () => {
    const pod = await create({ requests: { cpu: '0', 'example.com/unheard-of': '0' } });
    await eventually(client, pods, (all) => Boolean(find(all, pod)?.spec.nodeName));
  });

  it('in a circle of affinities, once somebody breaks it', async () => {
    const circle = ['one', 'two', 'three'];
    const waiting = await Promise.all(
      circle.map((app, i) =>
        create({
          labels: { app },
          spec: { affinity: { podAffinity: near(circle[(i + 1) % circle.length]!) } },
        }),
      ),
    );
    for (const pod of waiting)
      await eventually(client, pods, (all) =>
        Boolean(whyOf(find(all, pod))?.includes("2 node(s) didn't match pod affinity rules")),
      );
    const breaker = await create({ labels: { app: 'two' } });
    const all = await eventually(client, pods, (now) =>
      [breaker, ...waiting].every((pod) => find(now, pod)?.spec.nodeName),
    );
    const hosts = [breaker, ...waiting].map((pod) => find(all, pod)!.spec.nodeName);
    expect(new Set(hosts).size).toBe(1);
  });
});
