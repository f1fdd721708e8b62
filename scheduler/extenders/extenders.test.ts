/** Extenders as processes of their own would be: over sockets, beside a scheduler that binds. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { events, nodes, pods, priorityClasses } from '../../api/resources.ts';
import type { Pod, PodSpec } from '../../api/types/core-v1.ts';
import type { RestClient } from '../../client/rest.ts';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { silentLogger as logger } from '../../platform/logger.ts';
import { realClock as clock } from '../../platform/node/clock.ts';
import { outgoingHttp } from '../../platform/node/net/outgoing-http.ts';
import { realRandom as random } from '../../platform/node/random.ts';
import { eventually, startEmbeddedApi } from '../../test/support/embedded-api.ts';
import { readConfiguration } from '../config/configuration.ts';
import { loadConfiguration } from '../config/load.ts';
import { startScheduler } from '../scheduler.ts';

let parts = new Lifecycle();
afterEach(async () => {
  await parts.stop();
  parts = new Lifecycle();
});

type Json = Record<string, unknown>;
/** Status 0 never answers. */
type Answer = (body: Json) => { status?: number; body?: unknown } | Promise<{ body: unknown }>;

interface Asked {
  readonly verb: string;
  readonly body: Json;
}

/** Answers by the last part of the path, and remembers what it was asked. */
async function serve(answers: Readonly<Record<string, Answer>>) {
  const asked: Asked[] = [];
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const verb = request.url!.split('/').pop()!;
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Json;
      asked.push({ verb, body });
      void Promise.resolve(answers[verb]!(body)).then((answer) => {
        const { status = 200, body: told = {} } = answer as { status?: number; body?: unknown };
        if (status === 0) return;
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(typeof told === 'string' ? told : JSON.stringify(told));
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await parts.start(() => ({
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  }));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/ext`, asked };
}

async function startWith(client: RestClient, extenders: readonly Json[], more: Json = {}) {
  const yaml = JSON.stringify({
    apiVersion: 'kubescheduler.config.k8s.io/v1',
    kind: 'KubeSchedulerConfiguration',
    extenders,
    ...more,
  });
  const http = await parts.start(() => {
    const own = outgoingHttp();
    return { send: own.send.bind(own), close: () => own.close(), stop: () => own.close() };
  });
  const { options } = await loadConfiguration('config.yaml', [], {
    disk: { read: async () => Buffer.from(yaml) },
    ...{ clock, random, logger },
    loadModule: () => Promise.reject(new Error('no modules')),
    timeLimit: () => Promise.reject(new Error('no plugins')),
    http: async () => http,
  });
  const scheduler = await parts.start(() =>
    startScheduler({
      ...{ client, clock, random, logger, freeze: true, ...options },
      backoff: { initialMs: 20, maxMs: 20 },
    }),
  );
  await scheduler.ready();
}

async function clusterOf(...names: readonly string[]): Promise<RestClient> {
  const { client } = await startEmbeddedApi(parts);
  const allocatable = { cpu: '4', memory: '8Gi', pods: '9', 'example.com/gpu': '4' };
  for (const name of names)
    await client.create(nodes, {
      metadata: { name },
      spec: {},
      status: { allocatable, capacity: allocatable },
    });
  return client;
}

type NewPod = [name: string, requests: object, spec?: Partial<PodSpec>];
const addPod = (client: RestClient, ...[name, requests, spec = {}]: NewPod) =>
  client.create(pods, {
    metadata: { namespace: 'default', name },
    spec: {
      containers: [{ name: 'c', image: 'i', resources: { requests, limits: requests } as object }],
      ...spec,
    },
  });

const conditionOf = (pod: Pod | undefined) =>
  pod?.status?.conditions?.find(({ type }) => type === 'PodScheduled');
const podNames = (items: readonly Json[]) =>
  items.map((item) => (item['metadata'] as Json)['name']).sort();

const gpu = { 'example.com/gpu': '1' };

describe('extenders', () => {
  it('filter and score the nodes of the pods that concern them', async () => {
    const client = await clusterOf('a', 'b', 'c');
    const extender = await serve({
      filter: ({ Nodes }) => {
        const { items } = Nodes as { items: { metadata: { name: string } }[] };
        const kept = items.filter(({ metadata }) => metadata.name !== 'a');
        return { body: { nodes: { items: kept }, failedNodes: { a: 'no licence' } } };
      },
      score: () => ({
        body: [
          { host: 'b', score: 0 },
          { host: 'c', score: 10 },
        ],
      }),
    });
    await startWith(client, [
      {
        ...{ urlPrefix: extender.url, filterVerb: 'filter', prioritizeVerb: 'score', weight: 20 },
        managedResources: [{ name: 'example.com/gpu' }],
      },
    ]);
    // Filled up, c would be the last choice of every plugin.
    await addPod(client, 'plain', { cpu: '1' });
    await eventually(client, pods, ([pod]) => Boolean(pod!.spec.nodeName));
    expect(extender.asked).toEqual([]);
    for (let i = 0; i < 3; i++) await addPod(client, `gpu-${i}`, { ...gpu, cpu: '1' });
    const bound = await eventually(client, pods, (all) =>
      all.every(({ spec }) => Boolean(spec.nodeName)),
    );
    const placed = bound.filter(({ metadata }) => metadata.name!.startsWith('gpu'));
    expect(placed.map(({ spec }) => spec.nodeName)).toEqual(['c', 'c', 'c']);
    const [first, second] = extender.asked;
    expect(first).toMatchObject({ verb: 'filter', body: { NodeNames: null } });
    expect(second!.verb).toBe('score');
    expect(podNames((second!.body['Nodes'] as { items: Json[] }).items)).toEqual(['b', 'c']);
  });

  it('say why they refuse, by name where they know the nodes', async () => {
    const client = await clusterOf('a', 'b', 'c');
    let full = true;
    const extender = await serve({
      filter: ({ NodeNames }) =>
        full
          ? {
              body: {
                NodeNames: [],
                FailedNodes: { a: 'no licence', b: 'no licence' },
                FailedAndUnresolvableNodes: { c: 'never here' },
              },
            }
          : { body: { NodeNames } },
    });
    await startWith(client, [
      { urlPrefix: extender.url, filterVerb: 'filter', nodeCacheCapable: true },
    ]);
    await addPod(client, 'p', { cpu: '1' });
    const [pod] = await eventually(client, pods, ([each]) => conditionOf(each) !== undefined);
    expect(conditionOf(pod)).toMatchObject({
      reason: 'Unschedulable',
      message:
        '0/3 nodes are available: 1 never here, 2 no licence. no new claims to deallocate, ' +
        'preemption: 0/3 nodes are available: 1 Preemption is not helpful for scheduling, ' +
        '2 No preemption victims found for incoming pod.',
    });
    expect([...(extender.asked[0]!.body['NodeNames'] as string[])].sort()).toEqual(['a', 'b', 'c']);
    full = false;
    // Nobody can tell when an extender changes its mind: any event is worth a try.
    await addPod(client, 'other', { cpu: '1' });
    await eventually(client, pods, (all) => all.every(({ spec }) => Boolean(spec.nodeName)));
  });

  it.each<[string, Answer, string]>([
    ['fails', () => ({ status: 500 }), 'code 500'],
    ['says so', () => ({ body: { error: 'out of order' } }), 'out of order'],
    ['answers no JSON', () => ({ body: 'oops' }), 'not valid JSON'],
    ['invents nodes', () => ({ body: { nodes: { items: [{ metadata: { name: 'z' } }] } } }), '"z"'],
    ['hangs', () => ({ status: 0 }), 'no answer within 0.1 s'],
  ])('that %s: the pod fails, unless the extender is ignorable', async (what, answer, told) => {
    const client = await clusterOf('a', 'b');
    const { url: urlPrefix } = await serve({ filter: answer });
    const base = {
      urlPrefix,
      filterVerb: 'filter',
      httpTimeout: what === 'hangs' ? '100ms' : '60s',
    };
    const name = 'example.com/gpu';
    await startWith(client, [
      { ...base, managedResources: [{ name }] },
      { ...base, ignorable: true },
    ]);
    await addPod(client, 'fails', gpu);
    await addPod(client, 'ignores', { cpu: '1' });
    const items = await eventually(
      client,
      pods,
      ([fails, ignores]) => conditionOf(fails) !== undefined && Boolean(ignores!.spec.nodeName),
    );
    expect(conditionOf(items[0])).toMatchObject({ reason: 'SchedulerError' });
    expect(conditionOf(items[0])!.message).toContain(told);
  });

  it('are worth a failed pod when they cannot be reached', async () => {
    const client = await clusterOf('a');
    await startWith(client, [{ urlPrefix: 'http://127.0.0.1:1', filterVerb: 'filter' }]);
    await addPod(client, 'p', { cpu: '1' });
    const [pod] = await eventually(client, pods, ([each]) => conditionOf(each) !== undefined);
    expect(conditionOf(pod)!.message).toContain('ECONNREFUSED');
  });

  it('bind in place of the scheduler', async () => {
    const client = await clusterOf('a');
    const extender = await serve({
      bind: async ({ PodName, PodNamespace, PodUID, Node }) => {
        const ref = { namespace: PodNamespace as string, name: PodName as string };
        const body = {
          ...{ apiVersion: 'v1', kind: 'Binding', metadata: { ...ref, uid: PodUID } },
          target: { kind: 'Node', name: Node },
        };
        await client.createSubresource(pods, ref, { subresource: 'binding', body });
        return { body: { error: '' } };
      },
    });
    await startWith(client, [{ urlPrefix: extender.url, bindVerb: 'bind' }]);
    await addPod(client, 'p', { cpu: '1' });
    await eventually(client, pods, ([pod]) => pod!.spec.nodeName === 'a');
    await eventually(client, events, (all) => all.some(({ reason }) => reason === 'Scheduled'));
    expect(extender.asked.map(({ verb }) => verb)).toEqual(['bind']);
  });

  it('choose among the candidates of preemption', async () => {
    const client = await clusterOf('a', 'b', 'c');
    await client.create(priorityClasses, { metadata: { name: 'urgent' }, value: 10 });
    const extender = await serve({
      preempt: ({ NodeNameToMetaVictims }) => {
        const { b } = NodeNameToMetaVictims as Json;
        return { body: { nodeNameToMetaVictims: { b } } };
      },
    });
    await startWith(client, [
      { urlPrefix: extender.url, preemptVerb: 'preempt', nodeCacheCapable: true },
    ]);
    for (const name of ['x', 'y', 'z']) await addPod(client, name, { cpu: '4' });
    const low = await eventually(client, pods, (all) =>
      all.every(({ spec }) => Boolean(spec.nodeName)),
    );
    const onB = low.find(({ spec }) => spec.nodeName === 'b')!;
    await addPod(client, 'urgent', { cpu: '4' }, { priorityClassName: 'urgent' });
    const isVictim = ({ metadata }: Pod) => metadata.deletionTimestamp !== undefined;
    const left = await eventually(client, pods, (all) => all.some(isVictim));
    const told = extender.asked[0]!.body['NodeNameToMetaVictims'] as Json;
    expect(Object.keys(told).sort()).toEqual(['a', 'b', 'c']);
    expect(left.filter(isVictim).map(({ metadata }) => metadata.name)).toEqual([onB.metadata.name]);
  });

  it('look after resources that the scheduler then leaves alone', async () => {
    const client = await clusterOf('a');
    const { url: urlPrefix } = await serve({
      filter: ({ NodeNames }) => ({ body: { NodeNames } }),
    });
    const managedResources = [{ name: 'example.com/elsewhere', ignoredByScheduler: true }];
    await startWith(client, [
      { urlPrefix, filterVerb: 'filter', nodeCacheCapable: true, managedResources },
    ]);
    await addPod(client, 'p', { 'example.com/elsewhere': '7' });
    await eventually(client, pods, ([pod]) => pod!.spec.nodeName === 'a');
  });
});

describe('the configuration of extenders', () => {
  const read = (extenders: string) =>
    readConfiguration(
      'apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n' +
        `extenders: ${extenders}`,
    );

  it("has Kubernetes' defaults", () => {
    const [extender] = read('[{urlPrefix: "https://x/", enableHTTPS: true}]').extenders;
    expect(extender).toMatchObject({
      ...{ urlPrefix: 'https://x/', timeoutMs: 5000, weight: 0, ignorable: false },
      nodeCacheCapable: false,
      // As kube-scheduler: without authorities there is nothing to verify against.
      tls: { insecure: true },
    });
  });

  it.each([
    ['[{}]', 'extenders[0].urlPrefix: Required value'],
    ['[{urlPrefix: "ftp://x"}]', 'extenders[0].urlPrefix: Invalid value: "ftp://x"'],
    ['[{urlPrefix: "http://x", prioritizeVerb: p}]', 'extenders[0].weight: Invalid value: 0: must'],
    ['[{urlPrefix: "http://x", weight: 1.5}]', 'extenders[0].weight: Invalid value: 1.5'],
    ['[{urlPrefix: "http://x", httpTimeout: 5}]', 'extenders[0].httpTimeout: Invalid value: 5'],
    ['[{urlPrefix: "http://x", httpTimeout: 1h}]', 'extenders[0].httpTimeout: Invalid value: "1h"'],
    ['[{urlPrefix: "http://x", filter: f}]', 'extenders[0].filter: Forbidden: unknown field'],
    [
      '[{urlPrefix: "http://x", bindVerb: b}, {urlPrefix: "http://y", bindVerb: b}]',
      'extenders: Invalid value: "found 2 extenders implementing bind": only one extender can',
    ],
    [
      '[{urlPrefix: "http://x", managedResources: [{name: cpu}]}]',
      'extenders[0].managedResources[0].name: Invalid value: "cpu": is an invalid extended',
    ],
    [
      '[{urlPrefix: "http://x", managedResources: [{name: a.b/c}, {name: a.b/c}]}]',
      'extenders[0].managedResources[1].name: Duplicate value: "a.b/c"',
    ],
    [
      '[{urlPrefix: "https://x", tlsConfig: {insecure: true, caFile: f}}]',
      'extenders[0].tlsConfig.insecure: Forbidden: specifying a root certificates file',
    ],
    [
      '[{urlPrefix: "https://x", tlsConfig: {certFile: f}}]',
      'extenders[0].tlsConfig.keyFile: Required value',
    ],
    [
      '[{urlPrefix: "https://x", tlsConfig: {caData: aGVsbG8=}}]',
      'extenders[0].tlsConfig.caData: Invalid value',
    ],
  ])('is refused: %j', (yaml, message) => {
    expect(() => read(yaml)).toThrow(message);
  });

  it('names the field of a file that is not there', async () => {
    const yaml = '[{urlPrefix: "https://x", tlsConfig: {caFile: /nowhere}}]';
    const text =
      'apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n' +
      `extenders: ${yaml}`;
    const http = outgoingHttp();
    const loading = loadConfiguration('c', [], {
      ...{ clock, random, logger, http: async () => http },
      disk: { read: async (path) => (path === 'c' ? Buffer.from(text) : undefined) },
      loadModule: async () => ({}),
      timeLimit: () => Promise.reject(new Error('no plugins')),
    });
    await expect(loading).rejects.toThrow(
      'extenders[0].tlsConfig.caFile: Required value: there is no file /nowhere',
    );
    await http.close();
  });
});
