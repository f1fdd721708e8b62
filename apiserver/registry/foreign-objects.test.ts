/** Objects of older versions in the store, as kube-apiserver once left them there. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { enveloped, messageOf } from '../../api/protobuf/envelope.ts';
import { MemoryKv } from '../../test/model/memory-kv.ts';
import { TestApi } from '../../test/support/api-core.ts';
import { kinds } from './kinds/index.ts';

let kv: MemoryKv;
let api: TestApi;
beforeEach(() => {
  kv = new MemoryKv();
  api = new TestApi(kinds, kv);
});
afterEach(() => api.stop());

async function put(key: string, value: Uint8Array | string): Promise<void> {
  const request = { key: `/registry/${key}`, value: Buffer.from(value) };
  await kv.txn({ compare: [], success: [{ type: 'put', request }], failure: [] });
}

type Gvk = Parameters<typeof messageOf>[0];
const gvk = (group: string, version: string, kind: string): Gvk => ({ group, version, kind });

/** `from`: whose fields the old version had. */
const protobuf = (kind: Gvk, object: object, from: Gvk = kind): Uint8Array =>
  enveloped(kind, messageOf(from, object));

const named = { name: 'x', namespace: 'd', uid: 'u' };

describe('an object of an older version', () => {
  it('is one of today’s, in every read, and is written so by the next write alone', async () => {
    const today = gvk('storage.k8s.io', 'v1', 'VolumeAttributesClass');
    const metadata = { name: 'gold', uid: 'u' };
    const object = { metadata, driverName: 'd.example.com', parameters: { a: 'b' } };
    await put('volumeattributesclasses/gold', protobuf({ ...today, version: 'v1beta1' }, object));
    const path = '/apis/storage.k8s.io/v1/volumeattributesclasses';
    const read = { apiVersion: 'storage.k8s.io/v1', ...object };
    expect((await api.call('GET', `${path}/gold`)).body).toMatchObject(read);
    const { items } = (await api.call('GET', path)).body;
    expect(items).toMatchObject([object]);
    const { body } = await api.call('GET', `${path}/gold`);
    const { code, body: written } = await api.call('PUT', `${path}/gold`, { body });
    expect([code, written.metadata.resourceVersion]).toEqual([200, '3']);
    const { kvs } = await kv.range({ key: '/registry/volumeattributesclasses/gold' });
    expect(JSON.parse(Buffer.from(kvs[0]!.value).toString())).toMatchObject(read);
    const { body: again } = await api.call('PUT', `${path}/gold`, { body: written });
    expect(again.metadata.resourceVersion).toBe('3');
  });

  it('that no table has is laid out as today', async () => {
    const today = gvk('batch', 'v1', 'CronJob');
    const spec = { schedule: '* * * * *', jobTemplate: {} };
    const bytes = protobuf({ ...today, version: 'v1beta1' }, { metadata: named, spec }, today);
    await put('cronjobs/d/x', bytes);
    const { body } = await api.call('GET', '/apis/batch/v1/namespaces/d/cronjobs/x');
    expect(body).toMatchObject({ apiVersion: 'batch/v1', spec: { schedule: '* * * * *' } });
    // Not stored by those who knew less.
    expect(body.spec).toMatchObject({ concurrencyPolicy: 'Allow', suspend: false });
  });

  it.each([
    ['an empty one is none', {}, { matchExpressions: [{ operator: 'Exists' }] }],
    [
      'all pods are an empty one',
      {
        matchExpressions: [
          {
            key: 'pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match',
            operator: 'DoesNotExist',
          },
        ],
      },
      {},
    ],
    ['any other is itself', { matchLabels: { a: 'b' } }, { matchLabels: { a: 'b' } }],
  ])('is a budget whose selector meant something else: %s', async (_what, was, is) => {
    const today = gvk('policy', 'v1', 'PodDisruptionBudget');
    const object = { metadata: named, spec: { selector: was } };
    await put(
      'poddisruptionbudgets/d/x',
      protobuf({ ...today, version: 'v1beta1' }, object, today),
    );
    const path = '/apis/policy/v1/namespaces/d/poddisruptionbudgets/x';
    const { selector } = (await api.call('GET', path)).body.spec;
    expect(selector).toMatchObject(is);
    expect(Object.keys(selector as object)).toEqual(Object.keys(is));
  });

  it('is an autoscaler of autoscaling/v1', async () => {
    const spec = {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      maxReplicas: 3,
      targetCPUUtilizationPercentage: 60,
    };
    const kind = gvk('autoscaling', 'v1', 'HorizontalPodAutoscaler');
    await put('horizontalpodautoscalers/d/x', protobuf(kind, { metadata: named, spec }));
    const path = '/namespaces/d/horizontalpodautoscalers/x';
    const { body } = await api.call('GET', `/apis/autoscaling/v2${path}`);
    const target = { type: 'Utilization', averageUtilization: 60 };
    expect(body).toMatchObject({
      apiVersion: 'autoscaling/v2',
      spec: { maxReplicas: 3, metrics: [{ type: 'Resource', resource: { name: 'cpu', target } }] },
    });
    const { body: old } = await api.call('GET', `/apis/autoscaling/v1${path}`);
    expect(old.spec).toMatchObject(spec);
  });

  it('is a claim, its template, or a slice of resource.k8s.io/v1beta1', async () => {
    const beta = (kind: string): Gvk => gvk('resource.k8s.io', 'v1beta1', kind);
    const selectors = [{ cel: { expression: 'true' } }];
    const asked = { deviceClassName: 'c', allocationMode: 'ExactCount', count: 2, selectors };
    const sub = { name: 's', deviceClassName: 'c', allocationMode: 'All' };
    const requests = [
      { name: 'a', ...asked },
      { name: 'b', firstAvailable: [sub] },
    ];
    const spec = { devices: { requests } };
    await put('resourceclaims/d/x', protobuf(beta('ResourceClaim'), { metadata: named, spec }));
    const template = { metadata: named, spec: { spec } };
    await put('resourceclaimtemplates/d/x', protobuf(beta('ResourceClaimTemplate'), template));
    const attributes = { model: { string: 'm' } };
    const slice = {
      metadata: { name: 'x', uid: 'u' },
      spec: {
        driver: 'd.example.com',
        nodeName: 'n',
        pool: { name: 'p', generation: 1, resourceSliceCount: 1 },
        devices: [{ name: 'd0', basic: { attributes } }],
      },
    };
    await put('resourceslices/x', protobuf(beta('ResourceSlice'), slice));
    const of = async (path: string) =>
      (await api.call('GET', `/apis/resource.k8s.io/v1/${path}`)).body.spec;
    const today = {
      devices: { requests: [{ name: 'a', exactly: asked }, requests[1]] },
    };
    expect(await of('namespaces/d/resourceclaims/x')).toEqual(today);
    expect(await of('namespaces/d/resourceclaimtemplates/x')).toEqual({ spec: today });
    const { devices } = await of('resourceslices/x');
    expect(devices).toEqual([{ name: 'd0', attributes }]);
  });

  it('is a definition, whose versions then shared what they have each now', async () => {
    const openAPIV3Schema = { type: 'object', properties: { a: { type: 'integer' } } };
    const names = { plural: 'foos', singular: 'foo', kind: 'Foo', listKind: 'FooList' };
    const service = { namespace: 'd', name: 'hook' };
    const definition = {
      ...{ kind: 'CustomResourceDefinition', apiVersion: 'apiextensions.k8s.io/v1beta1' },
      metadata: { name: 'foos.x.io', uid: 'u' },
      spec: {
        ...{ group: 'x.io', version: 'v1', names, scope: 'Namespaced' },
        validation: { openAPIV3Schema },
        subresources: { status: {} },
        versions: [
          { name: 'v1', served: true, storage: true },
          { name: 'v2', served: true, storage: false },
        ],
        additionalPrinterColumns: [{ name: 'A', type: 'integer', JSONPath: '.a' }],
        conversion: {
          strategy: 'Webhook',
          webhookClientConfig: { service },
          conversionReviewVersions: ['v1'],
        },
        preserveUnknownFields: false,
      },
      status: { conditions: null, acceptedNames: names, storedVersions: ['v1'] },
    };
    const key = 'apiextensions.k8s.io/customresourcedefinitions/foos.x.io';
    await put(key, `${JSON.stringify(definition)}\n`);
    const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/foos.x.io';
    const { body } = await api.call('GET', path);
    const shared = {
      schema: { openAPIV3Schema },
      subresources: { status: {} },
      additionalPrinterColumns: [{ name: 'A', type: 'integer', jsonPath: '.a' }],
    };
    expect(body.spec).toMatchObject({
      versions: [
        { name: 'v1', storage: true, ...shared },
        { name: 'v2', storage: false, ...shared },
      ],
      conversion: {
        strategy: 'Webhook',
        webhook: { clientConfig: { service }, conversionReviewVersions: ['v1'] },
      },
    });
    const fields = ['conversion', 'group', 'names', 'scope', 'versions'];
    expect(Object.keys(body.spec).sort()).toEqual(fields);
  });

  it('is a definition with one version, that keeps what it does not know', async () => {
    const names = { plural: 'foos', singular: 'foo', kind: 'Foo', listKind: 'FooList' };
    const definition = {
      ...{ kind: 'CustomResourceDefinition', apiVersion: 'apiextensions.k8s.io/v1beta1' },
      metadata: { name: 'foos.x.io', uid: 'u' },
      spec: { group: 'x.io', version: 'v1', names, scope: 'Namespaced' },
    };
    const key = 'apiextensions.k8s.io/customresourcedefinitions/foos.x.io';
    await put(key, JSON.stringify(definition));
    const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/foos.x.io';
    expect((await api.call('GET', path)).body.spec).toMatchObject({
      preserveUnknownFields: true,
      versions: [{ name: 'v1', served: true, storage: true }],
    });
  });
});

it.each(['JSON', 'protobuf'])('of a version that nobody knows is answered so: %s', async (form) => {
  const kind = gvk('resource.k8s.io', 'v1alpha2', 'DeviceClass');
  const object = { metadata: { name: 'x', uid: 'u' } };
  const { group, version } = kind;
  const json = { apiVersion: `${group}/${version}`, kind: kind.kind, ...object };
  const today = { ...kind, version: 'v1' };
  await put(
    'deviceclasses/x',
    form === 'JSON' ? JSON.stringify(json) : protobuf(kind, object, today),
  );
  const path = '/apis/resource.k8s.io/v1/deviceclasses';
  for (const [method, url] of [
    ['GET', path],
    ['GET', `${path}/x`],
    ['DELETE', `${path}/x`],
  ] as const) {
    const { code, body } = await api.call(method, url);
    expect(code).toBe(500);
    expect(body.message).toBe(
      'no kind "DeviceClass" is registered for version "resource.k8s.io/v1alpha2" in scheme "pkg/runtime/scheme.go:110"',
    );
  }
});
