/** The autoscaler with metrics of an extension server, which the API server asks as an aggregator. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { KubernetesObject } from '../api/meta.ts';
import type { ResourceType } from '../api/resource.ts';
import {
  deployments,
  events,
  horizontalPodAutoscalers as hpaType,
  namespaces,
  pods,
  serviceAccounts,
  services,
} from '../api/resources.ts';
import type { HorizontalPodAutoscaler, MetricSpec } from '../api/types/autoscaling-v2.ts';
import { createClient, type RestClient } from '../client/rest.ts';
import { Lifecycle } from '../platform/lifecycle.ts';
import { silentLogger as logger } from '../platform/logger.ts';
import { realClock as clock } from '../platform/node/clock.ts';
import { startFlaggedApi, testFolder } from '../test/support/flagged-api.ts';
import { type Answer, clientCertificate, newCa, startHttps } from '../test/support/https-server.ts';
import { SeededRandom } from '../test/support/seeded-random.ts';
import { startControllers } from './manager.ts';
import { until } from '../test/support/until.ts';

const PROXIES = newCa('proxies');
const SERVER_CA = newCa('extension');
const MONITORING = 'monitoring';
const merge = 'application/merge-patch+json';
const apis = { 'custom.metrics.k8s.io': 'v1beta2', 'external.metrics.k8s.io': 'v1beta1' };

/** By path and query, decoded: the values of its answer. */
const values: Readonly<Record<string, readonly (readonly [object: string, value: string])[]>> = {
  'custom.metrics.k8s.io/v1beta2/namespaces/pods/pods/*/qps?labelSelector=app=web': [
    ['web-0', '15'],
    ['web-1', '25'],
  ],
  'custom.metrics.k8s.io/v1beta2/namespaces/value/services/web/hits?metricLabelSelector=verb=GET': [
    ['web', '150'],
  ],
  'custom.metrics.k8s.io/v1beta2/namespaces/share/services/web/hits': [['web', '250']],
  'custom.metrics.k8s.io/v1beta2/namespaces/whole/metrics/hits': [['whole', '15']],
  'external.metrics.k8s.io/v1beta1/namespaces/queue/mails?labelSelector=queue in (a,b)': [
    ['', '7'],
    ['', '8'],
  ],
  'external.metrics.k8s.io/v1beta1/namespaces/each/mails': [['', '15500m']],
  'external.metrics.k8s.io/v1beta1/namespaces/none/mails': [],
};

function extension({ path }: { readonly path: string }): Answer {
  const url = new URL(path, 'https://x');
  const query = decodeURIComponent(url.search.replaceAll('+', ' '));
  const asked = `${decodeURIComponent(url.pathname)}${query}`.slice('/apis/'.length);
  const groupVersion = asked.split('/').slice(0, 2).join('/');
  if (asked === groupVersion)
    return { body: { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources: [] } };
  const found = values[asked];
  if (found === undefined)
    return {
      status: 404,
      body: {
        ...{ kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'NotFound', code: 404 },
        message: `nobody measures ${asked}`,
      },
    };
  const timestamp = '2026-01-01T00:00:00Z';
  const items = found.map(([name, value]) => ({ describedObject: { name }, timestamp, value }));
  return { body: { kind: 'MetricValueList', apiVersion: groupVersion, metadata: {}, items } };
}

let parts: Lifecycle;
let client: RestClient;

beforeAll(async () => {
  parts = new Lifecycle();
  const file = await testFolder(parts);
  const { certificate, privateKey } = clientCertificate(PROXIES, 'front');
  const api = await startFlaggedApi(parts, [
    '--authorization-mode=AlwaysAllow',
    `--proxy-client-cert-file=${await file('proxy.crt', certificate)}`,
    `--proxy-client-key-file=${await file('proxy.key', privateKey)}`,
  ]);
  const admin = { commonName: 'admin', organizations: ['system:masters'] };
  client = createClient({
    handler: (request) =>
      api.handler({ ...request, peer: { address: 'test', certificate: admin } }),
    userAgent: 'test',
    clock,
  });
  const url = await startHttps(parts, SERVER_CA, {
    answer: extension,
    names: [`adapter.${MONITORING}.svc`],
    clientCa: PROXIES.certificate,
  });
  await client.create(namespaces, { metadata: { name: MONITORING }, spec: {} });
  await client.create(services, {
    metadata: { namespace: MONITORING, name: 'adapter' },
    spec: { type: 'ExternalName', externalName: 'localhost' },
  });
  const running = await parts.start(() =>
    startControllers({
      ...{ client, clock, random: new SeededRandom(1), logger, freeze: true },
      controllers: ['horizontal-pod-autoscaler-controller'],
      resourceTypes: [pods, deployments, services, hpaType],
    }),
  );
  await running.ready();
  await autoscale('early', {
    type: 'Pods',
    pods: { metric: { name: 'qps' }, target: { type: 'AverageValue', averageValue: '10' } },
  });
  expect((await seen('early')).message).toBe(
    'the HPA was unable to compute the replica count: unable to get metric qps: unable to fetch ' +
      'metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered',
  );
  const port = Number(new URL(url).port);
  for (const [group, version] of Object.entries(apis)) await aggregate(group, version, port);
});

afterAll(() => parts.stop());

async function aggregate(group: string, version: string, port: number): Promise<void> {
  const path = '/apis/apiregistration.k8s.io/v1/apiservices';
  const caBundle = Buffer.from(SERVER_CA.certificate).toString('base64');
  const name = `${version}.${group}`;
  const type: ResourceType<KubernetesObject & { readonly spec: object }> = {
    ...{ group: 'apiregistration.k8s.io', version: 'v1', resource: 'apiservices' },
    ...{ kind: 'APIService', namespaced: false },
  };
  await client.create(type, {
    metadata: { name },
    spec: {
      ...{ group, version, groupPriorityMinimum: 100, versionPriority: 100, caBundle },
      service: { namespace: MONITORING, name: 'adapter', port },
    },
  });
  await until('its APIService serves', async () => {
    const { status } = (await client.getPath(`${path}/${name}`)) as HorizontalPodAutoscaler;
    return status?.conditions?.find((each) => each.status === 'True');
  });
}

/** A Deployment of two ready pods, and its autoscaler, in a namespace of their own. */
async function autoscale(namespace: string, metric: MetricSpec): Promise<void> {
  await client.create(namespaces, { metadata: { name: namespace }, spec: {} });
  await client.create(serviceAccounts, { metadata: { namespace, name: 'default' } });
  const labels = { app: 'web' };
  const containers = [{ name: 'c', image: 'i' }];
  const web = { namespace, name: 'web' };
  await client.create(deployments, {
    metadata: web,
    spec: {
      ...{ replicas: 2, selector: { matchLabels: labels } },
      template: { metadata: { labels }, spec: { containers } },
    },
  });
  const patch = (type: typeof pods | typeof deployments, name: string, status: object) =>
    client.patch(
      type as typeof pods,
      { namespace, name },
      {
        type: merge,
        ...{ body: { status }, subresource: 'status' },
      },
    );
  await patch(deployments, 'web', { replicas: 2 });
  const conditions = [{ type: 'Ready', status: 'True' }];
  for (const name of ['web-0', 'web-1']) {
    await client.create(pods, { metadata: { namespace, name, labels }, spec: { containers } });
    await patch(pods, name, { phase: 'Running', conditions });
  }
  await client.create(hpaType, {
    metadata: web,
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      ...{ maxReplicas: 10, metrics: [metric] },
    },
  });
}

async function seen(namespace: string) {
  const status = await until('a verdict about scaling', async () => {
    const { status } = await client.get(hpaType, { namespace, name: 'web' });
    return status?.conditions?.some(({ type }) => type === 'ScalingActive') ? status : undefined;
  });
  const { reason, message = '' } = status.conditions!.find(({ type }) => type === 'ScalingActive')!;
  const { desiredReplicas, currentMetrics } = status;
  return { desiredReplicas, currentMetrics, reason, message };
}

const object = { apiVersion: 'v1', kind: 'Service', name: 'web' };
const verb = { matchLabels: { verb: 'GET' } };
const queues = { matchExpressions: [{ key: 'queue', operator: 'In', values: ['a', 'b'] }] };
const per = (averageValue: string) => ({ type: 'AverageValue', averageValue });
const all = (value: string) => ({ type: 'Value', value });

it.each<[namespace: string, MetricSpec, replicas: number, current: object, name: string]>([
  [
    'pods',
    { type: 'Pods', pods: { metric: { name: 'qps' }, target: per('10') } },
    ...([4, { averageValue: '20' }, 'pods metric qps'] as const),
  ],
  [
    'value',
    {
      type: 'Object',
      object: {
        ...{ describedObject: object, target: all('100') },
        metric: { name: 'hits', selector: verb },
      },
    },
    ...([3, { value: '150' }, 'Service metric hits'] as const),
  ],
  [
    'share',
    {
      type: 'Object',
      object: { describedObject: object, target: per('100'), metric: { name: 'hits' } },
    },
    ...([3, { averageValue: '125' }, 'external metric hits(nil)'] as const),
  ],
  [
    'whole',
    {
      type: 'Object',
      object: {
        describedObject: { apiVersion: 'v1', kind: 'Namespace', name: 'other' },
        ...{ metric: { name: 'hits' }, target: all('10') },
      },
    },
    ...([3, { value: '15' }, 'Namespace metric hits'] as const),
  ],
  [
    'queue',
    {
      type: 'External',
      external: { metric: { name: 'mails', selector: queues }, target: all('10') },
    },
    3,
    { value: '15' },
    'external metric mails(&LabelSelector{MatchLabels:map[string]string{},MatchExpressions:' +
      '[]LabelSelectorRequirement{LabelSelectorRequirement{Key:queue,Operator:In,Values:[a b],},},})',
  ],
  [
    'each',
    { type: 'External', external: { metric: { name: 'mails' }, target: per('5') } },
    ...([4, { averageValue: '7750m' }, 'external metric mails(nil)'] as const),
  ],
])('%s', async (...[namespace, metric, replicas, current, name]) => {
  await autoscale(namespace, metric);
  const { desiredReplicas, currentMetrics, reason, message } = await seen(namespace);
  expect({ desiredReplicas, reason }).toEqual({
    ...{ desiredReplicas: replicas, reason: 'ValidMetricFound' },
  });
  expect(message).toBe(`the HPA was able to successfully calculate a replica count from ${name}`);
  const [shown] = currentMetrics ?? [];
  expect((shown?.pods ?? shown?.object ?? shown?.external)?.current).toEqual(current);
  await until('the wanted replicas', async () => {
    const { spec } = await client.get(deployments, { namespace, name: 'web' });
    return spec.replicas === replicas ? true : undefined;
  });
});

it.each<[namespace: string, MetricSpec, cause: string, failure: string]>([
  [
    'unknown',
    { type: 'Pods', pods: { metric: { name: 'qps' }, target: per('10') } },
    'unable to get metric qps: unable to fetch metrics from custom metrics API: nobody measures ' +
      'custom.metrics.k8s.io/v1beta2/namespaces/unknown/pods/*/qps?labelSelector=app=web',
    'failed to get pods metric value: ',
  ],
  [
    'strange',
    {
      type: 'Object',
      object: {
        describedObject: { apiVersion: 'example.com/v1', kind: 'Rose', name: 'red' },
        ...{ metric: { name: 'hits' }, target: per('10') },
      },
    },
    'unable to get metric hits: Rose on strange red/unable to fetch metrics from custom metrics ' +
      'API: unable to map kind Rose.example.com to resource: no matches for kind "Rose" in group ' +
      '"example.com"',
    'failed to get object metric value: failed to get hits object metric: ',
  ],
  [
    'none',
    { type: 'External', external: { metric: { name: 'mails' }, target: all('5') } },
    'unable to get external metric none/mails/nil: ' +
      'no metrics returned from external metrics API',
    'failed to get mails external metric value: failed to get external metric mails: ',
  ],
])(
  '%s: nothing is scaled, and the reason is told',
  async (...[namespace, metric, cause, failure]) => {
    await autoscale(namespace, metric);
    const { reason, message } = await seen(namespace);
    expect(reason).toBe(`FailedGet${metric.type}Metric`);
    expect(message).toBe(`the HPA was unable to compute the replica count: ${cause}`);
    const told = await until('two events', async () => {
      const { items } = await client.list(events, { namespace });
      const texts = items.map((event) => `${event.reason}: ${event.message}`);
      return texts.length >= 2 ? texts : undefined;
    });
    expect(told.sort()).toEqual([
      `FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 1), first error is: ${failure}${cause}`,
      `FailedGet${metric.type}Metric: ${cause}`,
    ]);
    const { spec } = await client.get(deployments, { namespace, name: 'web' });
    expect(spec.replicas).toBe(2);
  },
);
