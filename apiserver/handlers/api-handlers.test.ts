import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Deployment } from '../../api/types/apps-v1.ts';
import type { KubernetesObject } from '../../api/meta.ts';
import { configMaps, deployments, leases, namespaces, pods } from '../../api/resources.ts';
import { encodeProtobuf } from '../../api/protobuf/codec.ts';
import { JsonValue } from '../../platform/net/http.ts';
import { parsed, TestApi } from '../../test/support/api-core.ts';
import { settle } from '../../test/support/fake-clock.ts';
import type { ResourceDeclaration } from '../registry/declaration.ts';

/** Kinds as the generic code sees them: only what their declarations say. */
const declarations: readonly ResourceDeclaration[] = [
  { type: namespaces, singular: 'namespace', nameRule: 'label', undeletable: ['default'] },
  { type: configMaps, singular: 'configmap', selectableFields: {} },
  { type: leases, singular: 'lease', allowUnconditionalUpdate: false, allowCreateOnUpdate: true },
  {
    type: pods,
    singular: 'pod',
    hasStatus: true,
    returnsDeletedObject: true,
    gracePeriodSeconds: (_pod, requested) => requested ?? 30,
    selectableFields: {
      'spec.nodeName': (pod: KubernetesObject & { spec?: { nodeName?: string } }) =>
        pod.spec?.nodeName ?? '',
    },
  },
  {
    type: deployments,
    singular: 'deployment',
    hasStatus: true,
    hasGeneration: true,
    subresources: [
      {
        name: 'status',
        verbs: ['get', 'update', 'patch'],
        write: (sent, parent) =>
          ({ ...parent, status: (sent as { status?: unknown }).status }) as never,
      },
      {
        name: 'scale',
        verbs: ['get', 'update', 'patch'],
        kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
        read: ({ metadata, ...rest }) =>
          ({
            apiVersion: 'autoscaling/v1',
            kind: 'Scale',
            metadata,
            spec: { replicas: (rest as { spec?: { replicas?: number } }).spec?.replicas ?? 1 },
          }) as KubernetesObject,
        write: (sent, parent) => {
          const { replicas } = (sent as unknown as { spec: { replicas: number } }).spec;
          const { spec } = parent as unknown as { spec: object };
          return {
            ...parent,
            metadata: { ...parent.metadata },
            spec: { ...spec, replicas },
          } as never;
        },
      },
    ],
  },
];

const maps = '/api/v1/namespaces/d/configmaps';
const podsPath = '/api/v1/namespaces/d/pods';
const deploys = '/apis/apps/v1/namespaces/d/deployments';

let api: TestApi;
beforeEach(async () => {
  api = new TestApi(declarations);
  await api.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'd' } } });
});
afterEach(() => api.stop());

const map = (name: string, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...more },
  data: { a: '1' },
});
const pod = { metadata: { name: 'web' }, spec: { containers: [{ name: 'c', image: 'i' }] } };
const deployment = {
  metadata: { name: 'web' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'c', image: 'i' }] },
    },
  },
  status: { replicas: 7 },
};

describe('create', () => {
  it('fills in what the server owns, and drops what clients may not set', async () => {
    const { code, body } = await api.call('POST', maps, {
      body: map('x', {
        uid: 'mine',
        creationTimestamp: '2001-01-01T00:00:00Z',
        deletionTimestamp: '2001-01-01T00:00:00Z',
        generation: 9,
        selfLink: '/x',
        managedFields: [{ manager: 'm' }],
      }),
    });
    expect(code).toBe(201);
    expect(body).toEqual({
      ...map('x'),
      metadata: {
        name: 'x',
        namespace: 'd',
        uid: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4/) as string,
        creationTimestamp: '2023-11-14T22:13:20Z',
        resourceVersion: '3',
        managedFields: expect.any(Array) as unknown[],
      },
    });
  });

  it('stores what Kubernetes would store where it would', async () => {
    await api.call('POST', maps, { body: map('x') });
    const { kvs } = await api.kv.range({ key: '/registry/configmaps/d/x' });
    const stored = JSON.parse(Buffer.from(kvs[0]!.value).toString()) as KubernetesObject;
    expect(stored.metadata).not.toHaveProperty('resourceVersion');
    expect(Object.keys(stored).slice(0, 3)).toEqual(['apiVersion', 'kind', 'metadata']);
  });

  it('tries to create what has a resourceVersion: only the store refuses it', async () => {
    const body = map('y', { resourceVersion: '7' });
    const { code } = await api.call('POST', `${maps}?dryRun=All`, { body });
    expect(code).toBe(201);
    const invalid = { body: map('Y', { resourceVersion: '7' }) };
    expect((await api.call('POST', maps, invalid)).code).toBe(422);
  });

  it.each([
    ['a name that is taken', { body: map('x') }, 409, 'configmaps "x" already exists'],
    [
      'a resourceVersion',
      { body: map('y', { resourceVersion: '7' }) },
      500,
      'resourceVersion should not be set on objects to be created',
    ],
    [
      'another namespace than that of the path',
      { body: map('y', { namespace: 'e' }) },
      400,
      'the namespace of the provided object does not match the namespace sent on the request',
    ],
    [
      'a bad name',
      { body: map('Y') },
      422,
      expect.stringMatching(
        /^ConfigMap "Y" is invalid: metadata.name: Invalid value: "Y": a lowercase RFC 1123 subdomain/,
      ) as string,
    ],
    [
      'no name',
      { body: { metadata: {} } },
      422,
      'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
    ],
    [
      'another kind',
      { body: { ...map('y'), kind: 'Secret' } },
      400,
      expect.stringMatching(/^Secret in version "v1" cannot be handled as a ConfigMap/) as string,
    ],
    [
      'another version',
      { body: { ...map('y'), apiVersion: 'apps/v1' } },
      400,
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: no kind "ConfigMap" is ' +
        'registered for version "apps/v1" in scheme "pkg/runtime/scheme.go:110"',
    ],
    [
      'a body in no known format',
      { body: 'x', type: 'text/plain' },
      415,
      expect.stringMatching(
        /^the body of the request was in an unknown format - accepted media types include: application\/json/,
      ) as string,
    ],
  ])('refuses %s', async (_what, call, ...[code, message]) => {
    await api.call('POST', maps, { body: map('x') });
    const answer = await api.call('POST', maps, call);
    expect(answer.body).toMatchObject({ kind: 'Status', status: 'Failure', code, message });
  });

  it('reads YAML', async () => {
    const body = 'metadata:\n  name: x\ndata:\n  a: "1"\n';
    const answer = await api.call('POST', maps, { body, type: 'application/yaml' });
    expect(answer.body).toMatchObject({ kind: 'ConfigMap', data: { a: '1' } });
  });

  it('reads protobuf', async () => {
    const body = encodeProtobuf(map('x'))!;
    const type = 'application/vnd.kubernetes.protobuf';
    const answer = await api.call('POST', maps, { body, type });
    expect(answer.body).toMatchObject({ kind: 'ConfigMap', data: { a: '1' } });
    const wrong = await api.call('POST', maps, { body: Buffer.from('{}'), type });
    expect(wrong.code).toBe(400);
  });

  it('warns of unknown fields, or refuses them, or is silent, as asked', async () => {
    const body = { ...map('x'), dada: {} };
    const strict = await api.call('POST', `${maps}?fieldValidation=Strict`, { body });
    expect(strict.body).toMatchObject({
      code: 400,
      message: expect.stringContaining('strict decoding error: unknown field "dada"') as string,
    });
    const warned = await api.call('POST', `${maps}?dryRun=All`, { body });
    expect(warned.headers['warning']).toBe('299 - "unknown field \\"dada\\""');
    const ignored = await api.call('POST', `${maps}?fieldValidation=Ignore`, { body });
    expect(ignored.headers['warning']).toBeUndefined();
    expect(ignored.body).not.toHaveProperty('dada');
  });

  it('generates names', async () => {
    const body = { metadata: { generateName: 'web-' } };
    const one = await api.call('POST', maps, { body });
    const two = await api.call('POST', maps, { body });
    expect(one.body.metadata.name).toMatch(/^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    expect(two.body.metadata.name).not.toBe(one.body.metadata.name);
  });

  it('refuses a namespace that does not exist or is being deleted', async () => {
    const missing = await api.call('POST', '/api/v1/namespaces/nope/configmaps', {
      body: map('x'),
    });
    expect(missing.body).toMatchObject({ code: 404, message: 'namespaces "nope" not found' });
    await api.call('POST', '/api/v1/namespaces', {
      body: { metadata: { name: 'going', finalizers: ['test/hold'] } },
    });
    await api.call('DELETE', '/api/v1/namespaces/going');
    const going = await api.call('POST', '/api/v1/namespaces/going/configmaps', { body: map('x') });
    expect(going.body).toMatchObject({
      code: 403,
      message:
        'configmaps "x" is forbidden: unable to create new content in namespace going because it is being terminated',
      details: { causes: [{ reason: 'NamespaceTerminating', field: 'metadata.namespace' }] },
    });
  });

  it('in a dry run answers as if and stores nothing', async () => {
    const answer = await api.call('POST', `${maps}?dryRun=All`, { body: map('x') });
    expect(answer.code).toBe(201);
    expect(answer.body.metadata.uid).toBeDefined();
    expect((await api.call('GET', `${maps}/x`)).code).toBe(404);
    const wrong = await api.call('POST', `${maps}?dryRun=Some`, { body: map('x') });
    expect(wrong.body).toMatchObject({ code: 422, reason: 'Invalid' });
  });

  it('takes a value of the same process as it is and shares the frozen result', async () => {
    const value = Object.freeze(map('x'));
    const { body } = await api.respond('POST', maps, { body: new JsonValue(value) });
    const created = (body as JsonValue).value as KubernetesObject;
    expect(Object.isFrozen(created.metadata)).toBe(true);
    const got = (await api.respond('GET', `${maps}/x`)).body as JsonValue;
    expect(got.value).toBe(created);
  });
});

describe('update', () => {
  it('replaces, keeps what the server owns, and bumps the version', async () => {
    const created = (await api.call('POST', maps, { body: map('x') })).body;
    const { body, code } = await api.call('PUT', `${maps}/x`, {
      body: { metadata: { name: 'x', labels: { a: 'b' } }, data: { b: '2' } },
    });
    expect(code).toBe(200);
    expect(body.metadata).toEqual({
      ...created.metadata,
      labels: { a: 'b' },
      resourceVersion: '4',
      managedFields: expect.any(Array) as unknown[],
    });
    expect(body.data).toEqual({ b: '2' });
  });

  it('writes nothing when nothing changes', async () => {
    await api.call('POST', maps, { body: map('x') });
    const before = api.kv.revision;
    const { body } = await api.call('PUT', `${maps}/x`, { body: map('x') });
    expect(body.metadata.resourceVersion).toBe('3');
    expect(api.kv.revision).toBe(before);
  });

  it.each([
    [
      'a stale resourceVersion',
      map('x', { resourceVersion: '2' }),
      409,
      'Operation cannot be fulfilled on configmaps "x": the object has been modified; please apply your changes to the latest version and try again',
    ],
    [
      'another uid',
      map('x', { uid: 'other' }),
      409,
      expect.stringMatching(
        /Precondition failed: UID in precondition: other, UID in object meta: /,
      ) as string,
    ],
    [
      'another name',
      map('y'),
      400,
      'the name of the object (y) does not match the name on the URL (x)',
    ],
  ])('refuses %s', async (_what, body, ...[code, message]) => {
    await api.call('POST', maps, { body: map('x') });
    expect((await api.call('PUT', `${maps}/x`, { body })).body).toMatchObject({ code, message });
  });

  it('answers 404 for a missing object, or creates it where the kind allows that', async () => {
    expect((await api.call('PUT', `${maps}/x`, { body: map('x') })).code).toBe(404);
    const path = '/apis/coordination.k8s.io/v1/namespaces/d/leases/l';
    const lease = { metadata: { name: 'l' }, spec: { holderIdentity: 'me' } };
    expect((await api.call('PUT', path, { body: lease })).code).toBe(201);
    expect((await api.call('PUT', path, { body: lease })).body).toMatchObject({
      code: 422,
      message:
        'leases.coordination.k8s.io "l" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
    });
  });

  it('counts changes of the spec only, and leaves status to its subresource', async () => {
    const created = (await api.call('POST', deploys, { body: deployment })).body;
    expect(created.metadata.generation).toBe(1);
    expect(created).toHaveProperty('status', {});
    const status = { ...created, spec: {}, status: { replicas: 2 } };
    const ready = (await api.call('PUT', `${deploys}/web/status`, { body: status })).body;
    expect(ready).toMatchObject({ spec: created.spec, status: { replicas: 2 } });
    expect(ready.metadata.generation).toBe(1);
    const body = { ...ready, spec: { ...ready.spec, replicas: 5 }, status: {} };
    const scaled = (await api.call('PUT', `${deploys}/web`, { body })).body;
    expect(scaled).toMatchObject({ metadata: { generation: 2 }, status: { replicas: 2 } });
  });

  it('lets writers at the same time each win once', async () => {
    await api.call('POST', maps, { body: map('x') });
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        api.call('PATCH', `${maps}/x`, {
          type: 'application/merge-patch+json',
          body: { data: { [`k${i}`]: 'v' } },
        }),
      ),
    );
    expect(answers.map(({ code }) => code)).toEqual(Array(8).fill(200));
    const { body } = await api.call('GET', `${maps}/x`);
    expect(Object.keys(body.data)).toHaveLength(9);
  });
});

describe('patch', () => {
  beforeEach(() => api.call('POST', deploys, { body: deployment }));

  it.each([
    ['application/json-patch+json', [{ op: 'replace', path: '/spec/replicas', value: 3 }]],
    ['application/merge-patch+json', { spec: { replicas: 3 } }],
    ['application/strategic-merge-patch+json', { spec: { replicas: 3 } }],
  ])('%s', async (type, body) => {
    const answer = await api.call('PATCH', `${deploys}/web`, { type, body });
    expect(answer.body).toMatchObject({ spec: { replicas: 3 }, metadata: { generation: 2 } });
  });

  it('merges lists by key where the kind says so', async () => {
    const patch = {
      spec: { template: { spec: { containers: [{ name: 'c', image: 'j' }, { name: 'e' }] } } },
    };
    const type = 'application/strategic-merge-patch+json';
    const { body } = await api.call('PATCH', `${deploys}/web`, { type, body: patch });
    const containers = (body as unknown as Deployment).spec.template.spec!.containers;
    expect(containers.map(({ name, image }) => [name, image])).toContainEqual(['c', 'j']);
    expect(containers).toHaveLength(2);
  });

  it('works on the view of a subresource', async () => {
    const type = 'application/merge-patch+json';
    const body = { spec: { replicas: 4 } };
    const answer = await api.call('PATCH', `${deploys}/web/scale`, { type, body });
    expect(answer.body).toMatchObject({ kind: 'Scale', spec: { replicas: 4 } });
    const parent = (await api.call('GET', `${deploys}/web`)).body;
    expect(parent).toMatchObject({ spec: { replicas: 4 }, metadata: { generation: 2 } });
  });

  it('passes over the kind in a strategic merge patch, as Ansible sends one', async () => {
    const type = 'application/strategic-merge-patch+json';
    const body = { apiVersion: 'apps/v9', kind: 'Deployment', spec: { replicas: 5 } };
    const answer = await api.call('PATCH', `${deploys}/web/scale`, { type, body });
    expect(answer.body).toMatchObject({
      apiVersion: 'autoscaling/v1',
      kind: 'Scale',
      spec: { replicas: 5 },
    });
  });

  it.each([
    ['apply without a manager', 'application/apply-patch+yaml', {}, 422],
    ['an unknown type', 'application/json', {}, 415],
    [
      'a stale version',
      'application/merge-patch+json',
      { metadata: { resourceVersion: '1' } },
      409,
    ],
    ['another name', 'application/merge-patch+json', { metadata: { name: 'z' } }, 400],
    ['a wrong type of value', 'application/merge-patch+json', { spec: { replicas: 'x' } }, 422],
    ['a text', 'application/merge-patch+json', '"x"', 400],
  ])('refuses %s', async (_what, type, ...[body, code]) => {
    expect((await api.call('PATCH', `${deploys}/web`, { type, body })).body).toMatchObject({
      code,
    });
  });

  it('answers 404 for a missing object', async () => {
    const type = 'application/merge-patch+json';
    const { code } = await api.call('PATCH', `${deploys}/nope`, { type, body: {} });
    expect(code).toBe(404);
  });
});

describe('delete', () => {
  it('answers a Status once the object is gone', async () => {
    const { metadata } = (await api.call('POST', maps, { body: map('x') })).body;
    const { code, body } = await api.call('DELETE', `${maps}/x`);
    expect(code).toBe(200);
    expect(body).toMatchObject({
      kind: 'Status',
      status: 'Success',
      details: { name: 'x', kind: 'configmaps', uid: metadata.uid },
    });
    expect((await api.call('DELETE', `${maps}/x`)).body).toMatchObject({
      code: 404,
      message: 'configmaps "x" not found',
    });
  });

  it('gives a pod its grace, which can only get shorter', async () => {
    await api.call('POST', podsPath, { body: pod });
    const first = await api.call('DELETE', `${podsPath}/web`);
    expect(first.body.metadata).toMatchObject({
      deletionGracePeriodSeconds: 30,
      deletionTimestamp: '2023-11-14T22:13:50Z',
    });
    const longer = await api.call('DELETE', `${podsPath}/web?gracePeriodSeconds=60`);
    expect(longer.body.metadata.deletionGracePeriodSeconds).toBe(30);
    const shorter = await api.call('DELETE', `${podsPath}/web?gracePeriodSeconds=5`);
    expect(shorter.body.metadata).toMatchObject({
      deletionGracePeriodSeconds: 5,
      deletionTimestamp: '2023-11-14T22:13:25Z',
    });
    const again = await api.call('POST', podsPath, { body: pod });
    expect(again.body.message).toBe('object is being deleted: pods "web" already exists');
    const now = await api.call('DELETE', `${podsPath}/web`, { body: { gracePeriodSeconds: 0 } });
    expect(now.body.kind).toBe('Pod');
    expect((await api.call('GET', `${podsPath}/web`)).code).toBe(404);
  });

  it('waits for finalizers, takes no new ones, and ends with the update that empties them', async () => {
    await api.call('POST', maps, { body: map('x', { finalizers: ['test/hold'] }) });
    const { body } = await api.call('DELETE', `${maps}/x`);
    expect(body.metadata).toMatchObject({
      deletionGracePeriodSeconds: 0,
      finalizers: ['test/hold'],
    });
    const finalizers = ['test/hold', 'test/more'];
    const more = await api.call('PUT', `${maps}/x`, { body: map('x', { finalizers }) });
    expect(more.body).toMatchObject({
      code: 422,
      message: expect.stringContaining('no new finalizers can be added') as string,
    });
    expect((await api.call('PUT', `${maps}/x`, { body: map('x') })).code).toBe(200);
    expect((await api.call('GET', `${maps}/x`)).code).toBe(404);
  });

  it.each([
    ['Orphan', ['orphan']],
    ['Foreground', ['foregroundDeletion']],
  ])('leaves dependents to the garbage collector: %s', async (propagationPolicy, finalizers) => {
    await api.call('POST', maps, { body: map('x') });
    const { body } = await api.call('DELETE', `${maps}/x`, { body: { propagationPolicy } });
    expect(body.metadata.finalizers).toEqual(finalizers);
    expect(body.metadata.deletionTimestamp).toBeDefined();
  });

  it.each([
    [
      'another uid',
      { preconditions: { uid: 'other' } },
      { code: 409, message: /^Operation cannot be fulfilled on ConfigMap "x": the UID in the / },
    ],
    [
      'another version',
      { preconditions: { resourceVersion: '1' } },
      { code: 409, message: /"x": the ResourceVersion in the precondition \(1\) does not match / },
    ],
    [
      'an unknown policy',
      { propagationPolicy: 'Sideways' },
      {
        code: 422,
        message: /"Sideways": supported values: "Foreground", "Background", "Orphan", /,
      },
    ],
    [
      'two policies',
      { propagationPolicy: 'Orphan', orphanDependents: true },
      { code: 422, message: /orphanDependents and deletionPropagation cannot be both set$/ },
    ],
  ])('refuses %s', async (_what, body, { code, message }) => {
    await api.call('POST', maps, { body: map('x') });
    const refused = (await api.call('DELETE', `${maps}/x`, { body })).body;
    expect(refused).toMatchObject({ code, message: expect.stringMatching(message) as string });
  });

  it('protects what may not be deleted', async () => {
    await api.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'default' } } });
    expect((await api.call('DELETE', '/api/v1/namespaces/default')).body).toMatchObject({
      code: 403,
      message: 'namespaces "default" is forbidden: this namespace may not be deleted',
    });
  });

  it('in a dry run deletes nothing', async () => {
    await api.call('POST', maps, { body: map('x') });
    expect((await api.call('DELETE', `${maps}/x`, { body: { dryRun: ['All'] } })).code).toBe(200);
    expect((await api.call('DELETE', `${maps}/x?dryRun=All`)).code).toBe(200);
    expect((await api.call('GET', `${maps}/x`)).code).toBe(200);
    // Where there is a body, nothing else counts.
    expect((await api.call('DELETE', `${maps}/x?dryRun=All`, { body: {} })).code).toBe(200);
    expect((await api.call('GET', `${maps}/x`)).code).toBe(404);
  });

  it('deletes a collection by selector and answers the list', async () => {
    for (const name of ['x', 'y', 'z'])
      await api.call('POST', maps, { body: map(name, { labels: { keep: String(name === 'z') } }) });
    const { body } = await api.call('DELETE', `${maps}?labelSelector=keep!=true`);
    expect(body.items).toHaveLength(2);
    expect((await api.call('GET', maps)).body.items).toHaveLength(1);
  });
});

describe('list and get', () => {
  beforeEach(async () => {
    await api.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'd-2' } } });
    for (const name of ['a', 'b', 'c'])
      await api.call('POST', maps, { body: map(name, { labels: { n: name } }) });
    await api.call('POST', '/api/v1/namespaces/d-2/configmaps', { body: map('e') });
  });
  const namesOf = (body: { items: KubernetesObject[] }) => body.items.map((o) => o.metadata.name);

  it('lists a namespace, or all, in the order of keys, at one version', async () => {
    const all = (await api.call('GET', '/api/v1/configmaps')).body;
    expect(all).toMatchObject({ kind: 'ConfigMapList', apiVersion: 'v1' });
    expect(all.metadata).toEqual({ resourceVersion: String(api.kv.revision) });
    expect(namesOf(all)).toEqual(['e', 'a', 'b', 'c']);
    expect(namesOf((await api.call('GET', maps)).body)).toEqual(['a', 'b', 'c']);
  });

  it.each([
    ['labelSelector=n in (a,c)', ['a', 'c']],
    ['labelSelector=!n', []],
    ['fieldSelector=metadata.name=b', ['b']],
    ['fieldSelector=metadata.name!=b', ['a', 'c']],
    ['fieldSelector=metadata.namespace=d-2', []],
  ])('selects by %s', async (query, names) => {
    expect(namesOf((await api.call('GET', `${maps}?${encodeURI(query)}`)).body)).toEqual(names);
  });

  it('counts what is left of a namespace, or of all, as objects come and go', async () => {
    const left = async (path: string): Promise<unknown> =>
      (await api.call('GET', `${path}?limit=1`)).body.metadata.remainingItemCount;
    const all = '/api/v1/configmaps';
    expect([await left(all), await left(maps)]).toEqual([3, 2]);
    await api.call('POST', maps, { body: map('d') });
    expect([await left(all), await left(maps)]).toEqual([4, 3]);
    for (const name of ['a', 'd']) await api.call('DELETE', `${maps}/${name}`);
    await api.call('PUT', `${maps}/b`, { body: { ...map('b'), data: { changed: 'yes' } } });
    expect([await left(all), await left(maps)]).toEqual([2, 1]);
  });

  it('pages through one consistent state while it changes', async () => {
    const first = (await api.call('GET', `${maps}?limit=2`)).body;
    expect(namesOf(first)).toEqual(['a', 'b']);
    expect(first.metadata.remainingItemCount).toBe(1);
    await api.call('DELETE', `${maps}/c`);
    await api.call('POST', maps, { body: map('d') });
    const token = String(first.metadata.continue);
    expect(JSON.parse(Buffer.from(token, 'base64url').toString())).toEqual({
      v: 'meta.k8s.io/v1',
      rv: Number(first.metadata.resourceVersion),
      start: 'b\0',
    });
    const second = (await api.call('GET', `${maps}?limit=2&continue=${token}`)).body;
    expect(namesOf(second)).toEqual(['c']);
    expect(second.metadata).toEqual({ resourceVersion: first.metadata.resourceVersion });
    await api.kv.compact(api.kv.revision);
    const expired = (await api.call('GET', `${maps}?limit=2&continue=${token}`)).body;
    expect(expired).toMatchObject({ code: 410, reason: 'Expired' });
    const next = `${maps}?limit=2&continue=${expired.metadata.continue}`;
    expect(namesOf((await api.call('GET', next)).body)).toEqual(['d']);
  });

  it('reads exactly one version', async () => {
    const old = String(api.kv.revision);
    await api.call('DELETE', `${maps}/a`);
    const exact = `${maps}?resourceVersion=${old}&resourceVersionMatch=Exact`;
    const { body } = await api.call('GET', exact);
    expect(namesOf(body)).toEqual(['a', 'b', 'c']);
    expect(body.metadata.resourceVersion).toBe(old);
    await api.kv.compact(api.kv.revision);
    expect((await api.call('GET', exact)).body).toMatchObject({ code: 410, reason: 'Expired' });
  });

  it.each([
    ['resourceVersionMatch=Exact', 422],
    ['resourceVersion=0&resourceVersionMatch=Exact', 422],
    ['resourceVersion=3&resourceVersionMatch=Newish', 422],
    ['sendInitialEvents=true', 422],
    ['continue=bogus', 400],
    ['continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MywiLi4iOiIifQ', 400],
    ['resourceVersion=abc', 400],
    ['labelSelector=a==', 200],
    ['labelSelector=a b', 400],
    ['fieldSelector=spec.x=1', 400],
    ['limit=x', 400],
  ])('answers %s with %i', async (query, code) => {
    expect((await api.call('GET', `${maps}?${encodeURI(query)}`)).code).toBe(code);
  });

  it('prints tables', async () => {
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
    const { body } = await api.call('GET', maps, { accept });
    expect(body).toMatchObject({
      kind: 'Table',
      apiVersion: 'meta.k8s.io/v1',
      columnDefinitions: [
        { name: 'Name', type: 'string', format: 'name', priority: 0 },
        { name: 'Age' },
      ],
    });
    expect(body.rows[0]).toMatchObject({
      cells: ['a', '0s'],
      object: { kind: 'PartialObjectMetadata', metadata: { name: 'a' } },
    });
    const whole = (await api.call('GET', `${maps}/a?includeObject=Object`, { accept })).body;
    expect(whole.rows[0]!.object).toMatchObject({ kind: 'ConfigMap', data: { a: '1' } });
    const none = (await api.call('GET', `${maps}?includeObject=None`, { accept })).body;
    expect(none.rows[0]!.object).toBeNull();
  });

  it('answers metadata alone, YAML, or 406', async () => {
    const gc = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';
    const partial = (await api.call('GET', maps, { accept: gc })).body;
    expect(partial.kind).toBe('PartialObjectMetadataList');
    expect(partial.items[0]).not.toHaveProperty('data');
    const yaml = await api.call('GET', `${maps}/a`, { accept: 'application/yaml' });
    expect(yaml.headers['content-type']).toBe('application/yaml');
    expect(yaml.body).toMatch(/^apiVersion: v1\n/);
    const none = await api.call('GET', maps, { accept: 'application/cbor' });
    expect(none).toMatchObject({
      code: 406,
      body: {
        message:
          '406: Not Acceptable\n\nAvailable representations: application/json, ' +
          'application/yaml, application/vnd.kubernetes.protobuf, ' +
          'application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch',
      },
    });
    const stream = await api.call('GET', `${maps}?watch=1`, { accept: 'application/yaml' });
    expect(stream.code).toBe(406);
    expect(stream.body.message).toContain('application/json;stream=watch');
  });

  it('takes no name that could lead to another key', async () => {
    const { body } = await api.call('GET', `${maps}/..%2Fd-2%2Fe`);
    expect(body).toMatchObject({
      code: 400,
      message: 'Name parameter invalid: "../d-2/e": may not contain \'/\'',
    });
    expect((await api.call('GET', '/api/v1/namespaces/d%2F..%2Fd-2/configmaps')).code).toBe(400);
  });

  it('does not know other resources, subresources or verbs', async () => {
    expect((await api.call('GET', '/api/v1/widgets')).body).toMatchObject({
      code: 404,
      message: 'the server could not find the requested resource',
    });
    expect((await api.call('GET', `${maps}/a/status`)).code).toBe(404);
    // What is in no namespace is not below one.
    for (const below of [
      'nodes',
      'nodes/a',
      'nodes/a/proxy',
      'nodes/a/status',
      'persistentvolumes',
    ])
      expect((await api.call('GET', `/api/v1/namespaces/d/${below}`)).code).toBe(404);
    expect((await api.call('POST', '/api/v1/configmaps', { body: map('x') })).code).toBe(405);
    expect((await api.call('POST', `${deploys}/web/scale`, { body: {} })).code).toBe(405);
  });
});

describe('watch', () => {
  async function next(events: AsyncIterator<Uint8Array | JsonValue>) {
    const event = await events.next();
    if (event.done === true) return undefined;
    return parsed(event.value) as { type: string; object: KubernetesObject };
  }

  it('begins with the state, goes on with changes, and deletes under the new version', async () => {
    await api.call('POST', maps, { body: map('x') });
    const events = await api.watch(`${maps}?watch=true`);
    expect(await next(events)).toMatchObject({
      type: 'ADDED',
      object: { metadata: { name: 'x' } },
    });
    await api.call('PUT', `${maps}/x`, { body: { ...map('x'), data: {} } });
    await api.call('DELETE', `${maps}/x`);
    expect(await next(events)).toMatchObject({ type: 'MODIFIED' });
    expect(await next(events)).toMatchObject({
      type: 'DELETED',
      object: { kind: 'ConfigMap', metadata: { name: 'x', resourceVersion: '5' } },
    });
    await events.return?.();
  });

  it('gives every watcher the same encoded event', async () => {
    const [one, two] = [await api.watch(`${maps}?watch=1`), await api.watch(`${maps}?watch=1`)];
    await api.call('POST', maps, { body: map('x') });
    const first = (await one.next()).value as JsonValue;
    const second = (await two.next()).value as JsonValue;
    expect(second.bytes()).toBe(first.bytes());
    await one.return?.();
    await two.return?.();
  });

  it('follows one object by name', async () => {
    const events = await api.watch(
      `${maps}?watch=1&fieldSelector=metadata.name%3Dy&resourceVersion=2`,
    );
    await api.call('POST', maps, { body: map('x') });
    await api.call('POST', maps, { body: map('y') });
    expect(await next(events)).toMatchObject({
      type: 'ADDED',
      object: { metadata: { name: 'y' } },
    });
    await events.return?.();
  });

  it('sends bookmarks every minute and before it times out, then ends', async () => {
    const { timers } = api.clock;
    const events = await api.watch(`${maps}?watch=1&allowWatchBookmarks=true&timeoutSeconds=90`);
    await api.clock.advance(90_000);
    const bookmark = {
      type: 'BOOKMARK',
      object: { kind: 'ConfigMap', apiVersion: 'v1', metadata: { resourceVersion: '2' } },
    };
    expect(await next(events)).toEqual(bookmark);
    expect(await next(events)).toEqual(bookmark);
    expect(await next(events)).toBeUndefined();
    expect(api.clock.timers).toBe(timers);
  });

  it.each([
    ['Metadata', 'PartialObjectMetadata'],
    ['Object', 'ConfigMap'],
  ])('marks the end of the first state in a row of a Table, with its %s', async (include, kind) => {
    const events = await api.watch(
      `${maps}?watch=1&sendInitialEvents=true&allowWatchBookmarks=true` +
        `&resourceVersionMatch=NotOlderThan&includeObject=${include}`,
      { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' },
    );
    const annotations = { 'k8s.io/initial-events-end': 'true' };
    expect(await next(events)).toMatchObject({
      type: 'BOOKMARK',
      object: {
        kind: 'Table',
        metadata: { resourceVersion: expect.any(String) as string },
        columnDefinitions: [{ name: 'Name' }, { name: 'Age' }],
        rows: [{ cells: ['', ''], object: { kind, metadata: { annotations } } }],
      },
    });
    await events.return?.();
  });

  it('streams the initial state of a WatchList and marks its end', async () => {
    await api.call('POST', maps, { body: map('x') });
    const query = 'watch=1&sendInitialEvents=true&allowWatchBookmarks=true';
    const events = await api.watch(`${maps}?${query}&resourceVersionMatch=NotOlderThan`);
    expect(await next(events)).toMatchObject({ type: 'ADDED' });
    expect(await next(events)).toMatchObject({
      type: 'BOOKMARK',
      object: {
        metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } },
      },
    });
    await events.return?.();
    expect((await api.call('GET', `${maps}?${query}`)).body).toMatchObject({ code: 422 });
  });

  it('says why it cannot go on', async () => {
    const events = await api.watch(`${maps}?watch=1`);
    await settle();
    api.storage.cache.resource('configmaps').endWatchers();
    expect(await next(events)).toBeUndefined();
  });

  it('ends when the client leaves, and leaves nothing behind', async () => {
    const { timers } = api.clock;
    const leaving = new AbortController();
    const events = await api.watch(`${maps}?watch=1`, { signal: leaving.signal });
    const pending = next(events);
    leaving.abort();
    expect(await pending).toBeUndefined();
    expect(api.clock.timers).toBe(timers);
    expect(api.storage.cache.resource('configmaps').watcherCount).toBe(0);
  });

  it('prints rows, with columns in the first event only', async () => {
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
    const events = await api.watch(`${maps}?watch=1`, { accept });
    await api.call('POST', maps, { body: map('x') });
    await api.call('POST', maps, { body: map('y') });
    const first = (await next(events)) as unknown as { object: { columnDefinitions: unknown } };
    const second = (await next(events)) as unknown as typeof first;
    expect(first.object.columnDefinitions).toHaveLength(2);
    expect(second.object.columnDefinitions).toBeNull();
    await events.return?.();
  });
});
