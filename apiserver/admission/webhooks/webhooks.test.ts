import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryKv } from '../../../test/model/memory-kv.ts';
import { type Answer, TestApi } from '../../../test/support/api-core.ts';
import { FakeWebhooks, type Hook, patched } from '../../../test/support/webhooks.ts';
import { kinds } from '../../registry/kinds/index.ts';

const registrations = '/apis/admissionregistration.k8s.io/v1';
const maps = '/api/v1/namespaces/d/configmaps';

let api: TestApi;
let webhooks: FakeWebhooks;
beforeEach(async () => {
  webhooks = new FakeWebhooks();
  api = new TestApi(kinds, new MemoryKv(), { outgoing: webhooks });
  const metadata = { name: 'd', labels: { team: 'a' } };
  await api.call('POST', '/api/v1/namespaces', { body: { metadata } });
});
afterEach(() => api.stop());

const rule = (more: object = {}) => ({
  operations: ['*'],
  apiGroups: [''],
  apiVersions: ['v1'],
  resources: ['configmaps'],
  ...more,
});

/** Registers a webhook that is called at https://<name>/. */
async function register(
  type: 'mutating' | 'validating',
  name: string,
  of: { readonly hook?: Hook; readonly webhook?: object; readonly rule?: object },
): Promise<Answer> {
  const more = { rules: [rule(of.rule)], timeoutSeconds: 3, ...of.webhook };
  const entry = webhooks.entry(name, of.hook, more);
  const body = { metadata: { name: `config-${name}` }, webhooks: [entry] };
  const answer = await api.call('POST', `${registrations}/${type}webhookconfigurations`, { body });
  expect(answer.code, JSON.stringify(answer.body)).toBe(201);
  return answer;
}

const map = (name: string, data: object = { a: '1' }, labels: object = {}) => ({
  metadata: { name, labels },
  data,
});
const create = (name = 'x', more: { data?: object; labels?: object } = {}) =>
  api.call('POST', maps, { body: map(name, more.data, more.labels) });
const hosts = (): string[] => webhooks.calls.map(({ host }) => host);

const allow: Hook = () => ({ allowed: true });
const set =
  (key: string, value: string): Hook =>
  () =>
    patched({ op: 'add', path: `/data/${key}`, value });

describe('mutating webhooks', () => {
  it('are asked in the order of their configurations, each with what the last one left', async () => {
    await register('mutating', 'b.w.io', { hook: set('b', '2') });
    await register('mutating', 'a.w.io', { hook: set('first', 'yes') });
    const { body, code } = await create();
    expect(code).toBe(201);
    expect(body.data).toEqual({ a: '1', first: 'yes', b: '2' });
    expect(hosts()).toEqual(['a.w.io', 'b.w.io']);
    expect(webhooks.calls[1]!.review.request.object).toMatchObject({ data: { first: 'yes' } });
  });

  it('see the whole request', async () => {
    await register('mutating', 'a.w.io', { hook: allow });
    await api.call('POST', `${maps}?fieldManager=me&dryRun=All`, { body: map('x') });
    const { uid, ...request } = webhooks.calls[0]!.review.request;
    expect(uid).toMatch(/^[0-9a-f-]{36}$/);
    expect(request).toMatchObject({
      kind: { group: '', version: 'v1', kind: 'ConfigMap' },
      resource: { group: '', version: 'v1', resource: 'configmaps' },
      requestKind: { group: '', version: 'v1', kind: 'ConfigMap' },
      requestResource: { group: '', version: 'v1', resource: 'configmaps' },
      name: 'x',
      namespace: 'd',
      operation: 'CREATE',
      userInfo: { username: 'tester', groups: ['system:authenticated'] },
      object: { apiVersion: 'v1', kind: 'ConfigMap', data: { a: '1' } },
      oldObject: null,
      dryRun: true,
      options: {
        kind: 'CreateOptions',
        apiVersion: 'meta.k8s.io/v1',
        dryRun: ['All'],
        fieldManager: 'me',
      },
    });
  });

  it('are asked again if they want that and somebody changed the object after them', async () => {
    let asked = 0;
    await register('mutating', 'a.w.io', {
      hook: () =>
        asked++ === 0 ? patched({ op: 'add', path: '/data/n', value: '0' }) : { allowed: true },
      webhook: { reinvocationPolicy: 'IfNeeded' },
    });
    await register('mutating', 'b.w.io', { hook: set('b', '1') });
    await create();
    expect(hosts()).toEqual(['a.w.io', 'b.w.io', 'a.w.io']);
    expect(webhooks.calls[2]!.review.request.object).toMatchObject({ data: { n: '0', b: '1' } });
  });

  it('cannot change what a subresource does not carry, nor who owns which fields', async () => {
    const url = '/apis/apps/v1/namespaces/d/deployments';
    const labels = { app: 'a' };
    const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } };
    const deployment = {
      metadata: { name: 'w' },
      spec: { selector: { matchLabels: labels }, template },
    };
    expect((await api.call('POST', url, { body: deployment })).code).toBe(201);
    await register('mutating', 'a.w.io', {
      rule: { apiGroups: ['apps'], resources: ['deployments/status'] },
      hook: () =>
        patched(
          { op: 'replace', path: '/spec/replicas', value: 9 },
          { op: 'add', path: '/status/readyReplicas', value: 1 },
          { op: 'replace', path: '/metadata/managedFields', value: [] },
        ),
    });
    const body = { ...deployment, status: { replicas: 1 } };
    const answer = await api.call('PUT', `${url}/w/status`, { body });
    expect(answer.body).toMatchObject({
      status: { replicas: 1, readyReplicas: 1 },
      spec: { replicas: 1 },
    });
    expect(answer.body.metadata.managedFields).toHaveLength(2);
  });

  it('that return what is no patch fail the request', async () => {
    await register('mutating', 'a.w.io', {
      hook: () => patched({ op: 'remove', path: '/data/none' }),
    });
    expect((await create()).body).toMatchObject({ code: 500, reason: 'InternalError' });
    webhooks.hooks.set('a.w.io', () => ({ allowed: true, patch: 'e30=' }));
    expect((await create()).body.message).toBe(
      'Internal error occurred: failed calling webhook "a.w.io": received invalid webhook ' +
        'response: webhook returned response.patch but not response.patchType',
    );
  });
});

describe('validating webhooks', () => {
  it.each([
    [{ message: 'no good' }, 400, 'denied the request: no good'],
    [{ reason: 'Policy' }, 400, 'denied the request: Policy'],
    [{}, 400, 'denied the request without explanation'],
    [{ code: 403, message: 'go away', reason: 'Forbidden' }, 403, 'denied the request: go away'],
    [{ code: 200, message: 'odd', status: 'Success' }, 400, 'denied the request: odd'],
  ])('deny with %j', async (status, code, message) => {
    await register('validating', 'v.w.io', { hook: () => ({ allowed: false, status }) });
    expect((await create()).body).toMatchObject({
      status: 'Failure',
      code,
      message: `admission webhook "v.w.io" ${message}`,
    });
    expect((await api.call('GET', `${maps}/x`)).code).toBe(404);
  });

  it('see the final object, with its name, on create, update and delete', async () => {
    await register('validating', 'v.w.io', { hook: allow });
    const created = await api.call('POST', maps, { body: { metadata: { generateName: 'g-' } } });
    const name = created.body.metadata.name!;
    await api.call('PUT', `${maps}/${name}`, { body: map(name, { b: '2' }) });
    await api.call('DELETE', `${maps}/${name}?propagationPolicy=Background`);
    const seen = webhooks.calls.map(({ review }) => review.request);
    expect(seen.map(({ operation, name: asked }) => [operation, asked])).toEqual([
      ['CREATE', name],
      ['UPDATE', name],
      ['DELETE', name],
    ]);
    expect(seen[1]).toMatchObject({
      object: { data: { b: '2' } },
      oldObject: { kind: 'ConfigMap' },
    });
    expect(seen[2]).toMatchObject({
      object: null,
      oldObject: { data: { b: '2' } },
      options: { kind: 'DeleteOptions', propagationPolicy: 'Background' },
    });
  });

  it('are asked for each object of a collection', async () => {
    await register('validating', 'v.w.io', {
      rule: { operations: ['DELETE'] },
      hook: ({ request: { name, oldObject } }) => ({
        allowed: name === undefined && oldObject!['metadata']!['name'] !== 'b',
      }),
    });
    for (const name of ['a', 'b', 'c']) await create(name);
    expect((await api.call('DELETE', maps)).code).toBe(400);
    const { body } = await api.call('GET', maps);
    expect(body.items.map(({ metadata }) => metadata.name)).toEqual(['b']);
  });

  it('warn the client and annotate the audit log, whatever they decide', async () => {
    await register('validating', 'v.w.io', {
      hook: () => ({ allowed: true, warnings: ['old "style"', 'x'] }),
    });
    expect((await create()).headers['warning']).toBe('299 - "old \\"style\\"", 299 - "x"');
  });

  it('are asked side by side, and one denial is enough', async () => {
    let both: () => void = () => {};
    const together = new Promise<void>((resolve) => (both = resolve));
    let waiting = 0;
    const meet: Hook = async () => {
      if (++waiting === 2) both();
      await together;
      return { allowed: true };
    };
    await register('validating', 'v.w.io', { hook: meet });
    await register('validating', 'w.w.io', { hook: meet });
    expect((await create()).code).toBe(201);
  });
});

describe('a webhook that cannot be asked', () => {
  it('fails the request, or is ignored, as it says', async () => {
    const failed = 'Internal error occurred: failed calling webhook "v.w.io": ';
    const dns = 'Post "https://v.w.io/?timeout=3s": dial tcp: lookup v.w.io: no such host';
    await register('validating', 'v.w.io', {});
    expect((await create()).body).toMatchObject({
      code: 500,
      reason: 'InternalError',
      message: `${failed}failed to call webhook: ${dns}`,
    });
    await api.call('DELETE', `${registrations}/validatingwebhookconfigurations/config-v.w.io`);
    await register('validating', 'v.w.io', { webhook: { failurePolicy: 'Ignore' } });
    expect((await create()).code).toBe(201);
  });

  it('hangs: the request fails when its time is over', async () => {
    await register('validating', 'v.w.io', { hook: () => new Promise(() => {}) });
    const answer = create();
    for (let i = 0; i < 50 && webhooks.calls.length === 0; i++) await Promise.resolve();
    await api.clock.advance(3_000);
    expect((await answer).body.message).toMatch(/: context deadline exceeded$/);
  });

  it.each([
    ['<html>', /failed to call webhook: couldn't get version\/kind; json parse error: /],
    ['{}', /received invalid webhook response: webhook response was absent$/],
    [{ uid: 'other', allowed: true }, /expected response.uid=".+", got "other"$/],
    [{ allowed: true, patch: 'W10=' }, /validating webhook may not return response.patch$/],
    ['{"response":{"uid":"u"}}', /expected response.uid=".+", got "u"$/],
    [
      '{"kind":"Pod","response":{"uid":"u"}}',
      /failed to call webhook: no kind "Pod" is registered/,
    ],
  ])('lies: %j', async (answer, message) => {
    await register('validating', 'v.w.io', { hook: () => answer });
    expect((await create()).body.message).toMatch(message);
  });

  it('has side effects, and is not asked in a dry run', async () => {
    await register('validating', 'v.w.io', { hook: allow });
    expect((await api.call('POST', `${maps}?dryRun=All`, { body: map('x') })).code).toBe(201);
  });
});

describe('which webhooks are asked', () => {
  it.each([
    ['operations', { rule: { operations: ['DELETE'] } }, false],
    ['groups', { rule: { apiGroups: ['apps'] } }, false],
    ['scope', { rule: { scope: 'Cluster' } }, false],
    ['everything', { rule: { apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'] } }, true],
    ['namespaces', { webhook: { namespaceSelector: { matchLabels: { team: 'a' } } } }, true],
    ['other namespaces', { webhook: { namespaceSelector: { matchLabels: { team: 'b' } } } }, false],
    ['objects', { webhook: { objectSelector: { matchLabels: { app: 'x' } } } }, true],
    ['other objects', { webhook: { objectSelector: { matchLabels: { app: 'y' } } } }, false],
    [
      'conditions',
      {
        webhook: {
          matchConditions: [
            { name: 'a', expression: 'object.data.a == "1"' },
            { name: 'b', expression: 'request.userInfo.username.startsWith("test")' },
            { name: 'c', expression: '!has(oldObject.metadata) || oldObject == null' },
          ],
        },
      },
      true,
    ],
    [
      'a false condition',
      {
        webhook: { matchConditions: [{ name: 'a', expression: 'request.operation == "DELETE"' }] },
      },
      false,
    ],
    [
      'access',
      {
        webhook: {
          matchConditions: [
            { name: 'a', expression: 'authorizer.requestResource.check("get").allowed()' },
            {
              name: 'b',
              expression:
                '!authorizer.group("apps").resource("deployments").check("create").allowed()',
            },
          ],
        },
      },
      true,
    ],
  ])('by %s', async (_what, of, asked) => {
    await register('validating', 'v.w.io', { hook: allow, ...of });
    const answer = await create('x', { labels: { app: 'x' } });
    expect(answer.code, JSON.stringify(answer.body)).toBe(201);
    expect(hosts()).toEqual(asked ? ['v.w.io'] : []);
  });

  it('a condition that fails fails the request, unless the webhook may be ignored', async () => {
    const matchConditions = [{ name: 'a', expression: 'object.data.none == "1"' }];
    await register('validating', 'v.w.io', { hook: allow, webhook: { matchConditions } });
    expect((await create()).body).toMatchObject({
      code: 403,
      message:
        `configmaps "x" is forbidden: expression 'object.data.none == "1"' ` +
        'resulted in error: no such key: none',
    });
  });

  it('never for the configuration of admission itself', async () => {
    const everything = { apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'] };
    await register('validating', 'v.w.io', { rule: everything });
    const url = `${registrations}/validatingwebhookconfigurations/config-v.w.io`;
    expect((await api.call('DELETE', url)).code).toBe(200);
  });

  it('by an equivalent version, in which they then see the object', async () => {
    await register('mutating', 'v.w.io', {
      rule: {
        apiGroups: ['autoscaling'],
        apiVersions: ['v2'],
        resources: ['horizontalpodautoscalers'],
      },
      hook: () => patched({ op: 'replace', path: '/spec/maxReplicas', value: 7 }),
    });
    await register('validating', 'x.w.io', {
      rule: {
        apiGroups: ['autoscaling'],
        apiVersions: ['v2'],
        resources: ['horizontalpodautoscalers'],
      },
      webhook: { matchPolicy: 'Exact' },
    });
    const url = '/apis/autoscaling/v1/namespaces/d/horizontalpodautoscalers';
    const scaleTargetRef = { kind: 'Deployment', name: 'w', apiVersion: 'apps/v1' };
    const spec = { maxReplicas: 3, scaleTargetRef, targetCPUUtilizationPercentage: 50 };
    const { body } = await api.call('POST', url, { body: { metadata: { name: 'h' }, spec } });
    expect(body).toMatchObject({
      apiVersion: 'autoscaling/v1',
      spec: { maxReplicas: 7, targetCPUUtilizationPercentage: 50 },
    });
    expect(webhooks.calls[0]!.review.request).toMatchObject({
      kind: { version: 'v2' },
      requestKind: { version: 'v1' },
      object: { apiVersion: 'autoscaling/v2', spec: { metrics: [{ type: 'Resource' }] } },
    });
  });
});
