/** An extension server that serves custom and external metrics, registered with a cluster. */
import type { KubernetesObject } from '../../api/meta.ts';
import type { ResourceType } from '../../api/resource.ts';
import { namespaces, pods, services } from '../../api/resources.ts';
import type { RestClient } from '../../client/rest.ts';
import type { Lifecycle } from '../../platform/lifecycle.ts';
import { type Answer, newCa, startHttps } from '../support/https-server.ts';
import { until } from '../support/until.ts';

const CA = newCa('metrics-adapter');
const PLACE = 'monitoring';
const SERVICE = { namespace: PLACE, name: 'adapter' };
const apis = { 'custom.metrics.k8s.io': 'v1beta2', 'external.metrics.k8s.io': 'v1beta1' };

const apiServices: ResourceType<KubernetesObject & { readonly spec: object }> = {
  ...{ group: 'apiregistration.k8s.io', version: 'v1', resource: 'apiservices' },
  ...{ kind: 'APIService', namespaced: false },
};

/** What is measured, by the metric's name; of pods, each of them. */
const values: Readonly<Record<string, string>> = { qps: '15', hits: '250', mails: '7' };

export async function startMetricsAdapter(parts: Lifecycle, client: RestClient): Promise<void> {
  const url = await startHttps(parts, CA, {
    answer: ({ path }) => answerTo(client, new URL(path, 'https://adapter')),
    names: [`${SERVICE.name}.${PLACE}.svc`],
  });
  await client.create(namespaces, { metadata: { name: PLACE }, spec: {} });
  await client.create(services, {
    metadata: SERVICE,
    spec: { type: 'ExternalName', externalName: 'localhost' },
  });
  const port = Number(new URL(url).port);
  for (const [group, version] of Object.entries(apis)) {
    const name = `${version}.${group}`;
    const caBundle = Buffer.from(CA.certificate).toString('base64');
    await client.create(apiServices, {
      metadata: { name },
      spec: {
        ...{ group, version, groupPriorityMinimum: 100, versionPriority: 100, caBundle },
        service: { ...SERVICE, port },
      },
    });
    await until('the metrics are served', async () => {
      const found: unknown = await client.get(apiServices, { name });
      const { status } = found as { status?: { conditions?: { type: string; status: string }[] } };
      return status?.conditions?.some((each) => each.type === 'Available' && each.status === 'True')
        ? true
        : undefined;
    });
  }
}

async function answerTo(client: RestClient, { pathname }: URL): Promise<Answer> {
  const [, , group = '', version = '', , namespace = '', ...rest] = pathname
    .split('/')
    .map(decodeURIComponent);
  const groupVersion = `${group}/${version}`;
  if (namespace === '')
    return { body: { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources: [] } };
  const metricName = rest.at(-1) ?? '';
  const value = values[metricName];
  if (value === undefined) return { status: 404, body: notFound(metricName) };
  const timestamp = new Date().toISOString().replace(/\.\d+Z/, 'Z');
  if (group.startsWith('external')) {
    const items = [{ metricName, metricLabels: {}, timestamp, value }];
    return { body: list('ExternalMetricValueList', groupVersion, items) };
  }
  const [resource = '', name = ''] = rest;
  const names = name === '*' ? (await client.list(pods, { namespace })).items : [];
  const objects =
    name === '*'
      ? names.map(({ metadata }) => ({ kind: 'Pod', apiVersion: '/v1', name: metadata.name }))
      : [{ kind: resource, apiVersion: '/v1', name }];
  const items = objects.map((each) => ({
    describedObject: { ...each, namespace },
    ...{ metric: { name: metricName }, timestamp, value },
  }));
  return { body: list('MetricValueList', groupVersion, items) };
}

const list = (kind: string, apiVersion: string, items: readonly object[]): object => ({
  ...{ kind, apiVersion, metadata: {}, items },
});

const notFound = (metric: string): object => ({
  ...{ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure' },
  ...{ reason: 'NotFound', code: 404, message: `nobody measures ${metric}` },
});
