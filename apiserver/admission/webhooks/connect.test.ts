/** Connections to pods, services and nodes: webhooks are asked before they are opened. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryKv } from '../../../test/model/memory-kv.ts';
import { TestApi } from '../../../test/support/api-core.ts';
import { FakeWebhooks, type Hook, patched } from '../../../test/support/webhooks.ts';
import type { Passage } from '../../registry/connect-subresource.ts';
import { kinds } from '../../registry/kinds/index.ts';

const pods = '/api/v1/namespaces/d/pods';
const registrations = '/apis/admissionregistration.k8s.io/v1';

let api: TestApi;
let webhooks: FakeWebhooks;
/** Where connections were led. */
let followed: Passage[];

beforeEach(async () => {
  webhooks = new FakeWebhooks();
  followed = [];
  const passages = {
    follow(passage: Passage) {
      followed.push(passage);
      return Promise.resolve({ status: 200, headers: {} });
    },
  };
  api = new TestApi(kinds, new MemoryKv(), { outgoing: webhooks, passages });
  const metadata = { name: 'd', labels: { team: 'a' } };
  await api.call('POST', '/api/v1/namespaces', { body: { metadata } });
  const containers = ['a', 'b'].map((name) => ({ name, image: 'i' }));
  const pod = { metadata: { name: 'p' }, spec: { containers, nodeName: 'n' } };
  expect((await api.call('POST', pods, { body: pod })).code).toBe(201);
});
afterEach(() => api.stop());

/** A webhook about connections to these subresources. */
async function register(
  type: 'mutating' | 'validating',
  hook: Hook,
  of: { readonly resources: readonly string[]; readonly webhook?: object },
): Promise<void> {
  webhooks.hooks.set('w.x.io', hook);
  const rule = { operations: ['CONNECT'], apiGroups: [''], apiVersions: ['v1'] };
  const webhook = {
    ...{ name: 'w.x.io', clientConfig: { url: 'https://w.x.io/' }, sideEffects: 'None' },
    ...{ admissionReviewVersions: ['v1'], rules: [{ ...rule, resources: of.resources }] },
    ...of.webhook,
  };
  const body = { metadata: { name: 'w' }, webhooks: [webhook] };
  const { code } = await api.call('POST', `${registrations}/${type}webhookconfigurations`, {
    body,
  });
  expect(code).toBe(201);
}

const deny: Hook = () => ({ allowed: false, status: { message: 'not here' } });
const connect = (path: string) => api.call('GET', path, { upgrade: 'websocket' });

describe('a webhook about connections', () => {
  it('sees what is asked for', async () => {
    await register('validating', () => ({ allowed: true }), { resources: ['pods/exec'] });
    await connect(`${pods}/p/exec?container=a&command=ls&command=-l&stdout=true`);
    const [call] = webhooks.calls;
    expect(call!.review.request).toMatchObject({
      kind: { group: '', version: 'v1', kind: 'PodExecOptions' },
      resource: { group: '', version: 'v1', resource: 'pods' },
      subResource: 'exec',
      ...{ name: 'p', namespace: 'd', operation: 'CONNECT' },
      object: {
        ...{ apiVersion: 'v1', kind: 'PodExecOptions' },
        ...{ container: 'a', command: ['ls', '-l'], stdout: true },
      },
      oldObject: null,
      dryRun: false,
      options: null,
    });
    expect(followed).toHaveLength(1);
  });

  it.each([
    [`${pods}/p/exec?container=a&command=ls`, 'pods/exec', 'PodExecOptions'],
    [`${pods}/p/attach?container=a`, 'pods/attach', 'PodAttachOptions'],
    [`${pods}/p/portforward?ports=80`, 'pods/portforward', 'PodPortForwardOptions'],
    [`${pods}/p/proxy/x`, 'pods/proxy', 'PodProxyOptions'],
    ['/api/v1/namespaces/d/services/s/proxy/x', 'services/proxy', 'ServiceProxyOptions'],
    ['/api/v1/nodes/n/proxy/x', 'nodes/proxy', 'NodeProxyOptions'],
  ])('keeps %s closed', async (path, resource, kind) => {
    await register('validating', deny, { resources: [resource] });
    const { code, body } = await connect(path);
    expect(body.message).toBe('admission webhook "w.x.io" denied the request: not here');
    expect(code).toBe(400);
    expect(webhooks.calls[0]!.review.request['kind']).toMatchObject({ kind });
    expect(followed).toEqual([]);
  });

  it.each(['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE'])(
    'sees a %s of a proxy’s root',
    async (method) => {
      await register('validating', deny, { resources: ['nodes/proxy'] });
      const { code } = await api.call(method, '/api/v1/nodes/n/proxy');
      expect(code).toBe(400);
      expect(webhooks.calls[0]!.review.request).toMatchObject({
        ...{ kind: { kind: 'NodeProxyOptions' }, subResource: 'proxy' },
        ...{ name: 'n', operation: 'CONNECT' },
      });
    },
  );

  it.each(['GET', 'HEAD'])('lets a %s be led to where relative links work', async (method) => {
    await register('validating', () => ({ allowed: true }), { resources: ['pods/proxy'] });
    const { code, headers } = await api.call(method, `${pods}/p/proxy?a=b`);
    expect([code, headers['location']]).toEqual([301, `${pods}/p/proxy/?a=b`]);
    expect(webhooks.calls).toHaveLength(1);
    expect(followed).toEqual([]);
  });

  it('lets any method and media type through to a pod', async () => {
    const accept = 'text/html';
    for (const method of ['HEAD', 'OPTIONS'])
      expect((await api.call(method, `${pods}/p/proxy/x`, { accept })).code).toBe(200);
    expect(followed).toHaveLength(2);
    expect((await api.call('BREW', `${pods}/p/proxy/x`)).code).toBe(405);
  });

  it('is not asked about what it does not select', async () => {
    const resources = ['pods/*'];
    const selector = { matchLabels: { team: 'b' } };
    await register('validating', deny, { resources, webhook: { namespaceSelector: selector } });
    expect((await connect(`${pods}/p/exec?container=a&command=ls`)).code).toBe(200);
    await api.call('DELETE', `${registrations}/validatingwebhookconfigurations/w`);
    // What a connection is opened with has no labels.
    await register('validating', deny, { resources, webhook: { objectSelector: selector } });
    expect((await connect(`${pods}/p/exec?container=a&command=ls`)).code).toBe(200);
    expect(webhooks.calls).toEqual([]);
  });

  it('may change what is asked for', async () => {
    const other = patched(
      { op: 'replace', path: '/container', value: 'b' },
      { op: 'replace', path: '/command', value: ['id', '-u'] },
    );
    await register('mutating', () => other, { resources: ['pods/exec'] });
    await connect(`${pods}/p/exec?container=a&command=ls&stdout=true`);
    const [passage] = followed as (Passage & { to: 'agent' })[];
    expect(passage!.path).toBe('/exec/d/p/b');
    expect(passage!.query.getAll('command')).toEqual(['id', '-u']);
    expect(passage!.query.get('output')).toBe('1');
  });

  it('that cannot be asked keeps connections closed, unless it may be ignored', async () => {
    await register('validating', () => 'garbage', { resources: ['pods/exec'] });
    const exec = `${pods}/p/exec?container=a&command=ls`;
    expect((await connect(exec)).code).toBe(500);
    await api.call('DELETE', `${registrations}/validatingwebhookconfigurations/w`);
    const webhook = { failurePolicy: 'Ignore' };
    await register('validating', () => 'garbage', { resources: ['pods/exec'], webhook });
    expect((await connect(exec)).code).toBe(200);
  });
});
