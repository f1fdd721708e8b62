/**
 * What is meant to do harm, to a whole server: it is refused with the right Status, and nobody
 * else waits for it. Other folders have the same for their parts: `webhook/` for webhooks that
 * hang, lie and end, `authn/` for tokens and certificates, `pipeline/audit` for sinks that block,
 * `aggregation/` for extension servers, `test/e2e/access.test.ts` for roles.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lifecycle } from '../platform/lifecycle.ts';
import { KUBELET_URL_ANNOTATION } from '../api/kubelet-url.ts';
import { JsonValue } from '../platform/net/http.ts';
import { silentLogger as logger } from '../platform/logger.ts';
import { realClock as clock } from '../platform/node/clock.ts';
import { nextTurn } from '../platform/node/next-turn.ts';
import { realRandom as random } from '../platform/node/random.ts';
import { MemoryKv } from '../test/model/memory-kv.ts';
import { withoutControllers } from '../test/support/admission.ts';
import type { Body } from '../test/support/raw-api.ts';
import { FakeWebhooks, type Hook } from '../test/support/webhooks.ts';
import { agentUrl } from './proxy/agent-address.ts';
import { forwardedHeaders } from './proxy/pass-on.ts';
import { startApiServer } from './server.ts';

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const MAPS = '/api/v1/namespaces/default/configmaps';

interface Call {
  readonly as?: string;
  readonly groups?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object | Uint8Array;
}

const parts = new Lifecycle();
const webhooks = new FakeWebhooks();
let call: (line: string, call?: Call) => Promise<{ readonly code: number; readonly body: Body }>;

beforeAll(async () => {
  const server = await parts.start(() =>
    startApiServer({
      ...{ kv: new MemoryKv(), clock, random, logger, outgoing: webhooks, nextTurn },
      admissionPlugins: withoutControllers,
      // A thread that is always at work: each user has as few seats as can be.
      limits: { busyMs: () => clock.monotonic() },
    }),
  );
  await server.ready();
  call = async (line, { as = 'admin', groups = ['system:masters'], headers = {}, body } = {}) => {
    const [method = '', url = ''] = line.split(' ');
    const [path = '', search = ''] = url.split('?');
    const organizations = as === 'admin' ? groups : [];
    const answer = await server.handler({
      ...{ method, path, query: new URLSearchParams(search) },
      headers: { 'content-type': 'application/json', ...headers },
      ...(body === undefined
        ? {}
        : { body: body instanceof Uint8Array ? body : new JsonValue(body) }),
      peer: { address: 'test', certificate: { commonName: as, organizations } },
      signal: new AbortController().signal,
    });
    const value = answer.body instanceof JsonValue ? answer.body.value : undefined;
    return { code: answer.status, body: value as Body };
  };
});
afterAll(() => parts.stop());

async function until(line: string, holds: (code: number, body: Body) => boolean): Promise<void> {
  for (const end = Date.now() + 10_000; ;) {
    const { code, body } = await call(line);
    if (holds(code, body)) return;
    if (Date.now() > end) throw new Error(`never so: ${JSON.stringify(body)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Gives a user a ClusterRole with these rules. */
async function grant(user: string, rules: readonly object[]): Promise<void> {
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: user };
  const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }];
  const metadata = { name: user };
  await call(`POST ${RBAC}/clusterroles`, { body: { metadata, rules } });
  await call(`POST ${RBAC}/clusterrolebindings`, { body: { metadata, roleRef, subjects } });
}

function definition(plural: string, schema: object): object {
  const group = 'hostile.example.com';
  const kind = plural[0]!.toUpperCase() + plural.slice(1);
  const openAPIV3Schema = { type: 'object', properties: { spec: schema } };
  const version = { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } };
  const spec = { group, scope: 'Namespaced', names: { plural, kind }, versions: [version] };
  return { metadata: { name: `${plural}.${group}` }, spec };
}
const HOSTILE = '/apis/hostile.example.com/v1/namespaces/default';
function nested(depth: number, leaf: object, wrap: (inner: object) => object): object {
  let value = leaf;
  for (let level = 0; level < depth; level++) value = wrap(value);
  return value;
}

describe('a hostile schema', () => {
  const inObject = (inner: object): object => ({ type: 'object', properties: { a: inner } });

  it('that is nested without end is refused', async () => {
    const deep = nested(120, { type: 'string' }, inObject);
    const { code, body } = await call(`POST ${CRDS}`, { body: definition('deeps', deep) });
    expect(code).toBe(422);
    expect(body.message).toContain('must not be nested deeper than 200 levels');
  });

  it('that refers to itself is refused', async () => {
    const loop = { type: 'object', properties: { a: { $ref: '#' } } };
    const { code, body } = await call(`POST ${CRDS}`, { body: definition('loops', loop) });
    expect(code).toBe(422);
    expect(body.message).toContain('$ref');
  });

  it('with rules that multiply is refused for what they may cost', async () => {
    const rule = 'self.all(a, self.all(b, self.all(c, a == b && b == c)))';
    const list = { type: 'array', items: { type: 'string' } };
    const schema = { ...list, 'x-kubernetes-validations': [{ rule }] };
    const { code, body } = await call(`POST ${CRDS}`, { body: definition('costs', schema) });
    expect(code).toBe(422);
    expect(body.message).toContain('estimated rule cost exceeds budget');
  });

  it('lets no object in that is nested without end', async () => {
    const any = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
    await call(`POST ${CRDS}`, { body: definition('anys', any) });
    await until(`GET ${HOSTILE}/anys`, (code) => code === 200);
    const spec = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`;
    const text = `{"metadata":{"name":"x"},"spec":${spec}}`;
    const { code, body } = await call(`POST ${HOSTILE}/anys`, { body: Buffer.from(text) });
    expect([code, body.reason]).toEqual([400, 'BadRequest']);
    expect((await call('GET /api/v1/namespaces/default')).code).toBe(200);
  });
});

describe('a hostile regular expression', () => {
  // With a matcher that tries every way, this would not end before the universe does.
  const pattern = '^(a+)+$';
  const text = `${'a'.repeat(50_000)}!`;

  it('in a schema takes time in proportion to the text', async () => {
    const schema = { type: 'object', properties: { text: { type: 'string', pattern } } };
    await call(`POST ${CRDS}`, { body: definition('texts', schema) });
    await until(`GET ${HOSTILE}/texts`, (code) => code === 200);
    const made = { apiVersion: 'hostile.example.com/v1', kind: 'Texts', metadata: { name: 'x' } };
    const { code, body } = await call(`POST ${HOSTILE}/texts`, {
      body: { ...made, spec: { text } },
    });
    expect(code).toBe(422);
    expect(body.message).toContain("should match '^(a+)+$'");
  });

  it('in a schema is refused where its program would be large, alone or with others', async () => {
    const large = {
      type: 'object',
      properties: { text: { type: 'string', pattern: 'a{1000}'.repeat(11) } },
    };
    const one = await call(`POST ${CRDS}`, { body: definition('larges', large) });
    expect(one.code).toBe(422);
    expect(one.body.message).toContain('error parsing regexp: expression too large');
    const named = Array.from({ length: 600 }, (_, i) => [
      `p${i}`,
      { type: 'string', pattern: `a{1000}x${i}` },
    ]);
    const many = { type: 'object', properties: Object.fromEntries(named) as object };
    const all = await call(`POST ${CRDS}`, { body: definition('manies', many) });
    expect(all.code).toBe(422);
    expect(all.body.message).toContain('must have patterns of at most 500000 instructions in all');
  });

  it('in a policy, too', async () => {
    const at = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies';
    const resourceRules = [
      { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] },
    ];
    const validations = [{ expression: `object.data.text.matches('${pattern}')` }];
    const matchConditions = [{ name: 'text', expression: `has(object.data.text)` }];
    const spec = { matchConstraints: { resourceRules }, validations, matchConditions };
    await call(`POST ${at}`, { body: { metadata: { name: 'texts' }, spec } });
    const binding = { policyName: 'texts', validationActions: ['Deny'] };
    await call(`POST ${at.replace('policies', 'policybindings')}`, {
      body: { metadata: { name: 'texts' }, spec: binding },
    });
    const map = { metadata: { generateName: 'x-' }, data: { text } };
    await until(`GET ${MAPS}`, () => true);
    for (const end = Date.now() + 10_000; ;) {
      const { code } = await call(`POST ${MAPS}?dryRun=All`, { body: map });
      if (code === 422) break;
      expect(Date.now()).toBeLessThan(end);
    }
    await call(`DELETE ${at.replace('policies', 'policybindings')}/texts`);
  });
});

describe('a webhook that calls back in', () => {
  async function register(name: string, hook: Hook, resource: string): Promise<void> {
    webhooks.hooks.set(name, hook);
    const rule = { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'] };
    const webhook = {
      ...{ name, clientConfig: { url: `https://${name}/` }, timeoutSeconds: 1 },
      ...{ sideEffects: 'None', admissionReviewVersions: ['v1'] },
      rules: [{ ...rule, resources: [resource] }],
    };
    const at = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations';
    await call(`POST ${at}`, { body: { metadata: { name }, webhooks: [webhook] } });
  }

  it('as the user whose request it judges is answered, though that user has one seat', async () => {
    await grant('caller', [{ apiGroups: [''], resources: ['*'], verbs: ['*'] }]);
    const seen: number[] = [];
    const lookup: Hook = async () => {
      seen.push((await call(`GET ${MAPS}`, { as: 'caller' })).code);
      const secret = { metadata: { name: 'by-webhook' } };
      const url = 'POST /api/v1/namespaces/default/secrets';
      seen.push((await call(url, { as: 'caller', body: secret })).code);
      return { allowed: true };
    };
    await register('looks.example.com', lookup, 'configmaps');
    const map = { metadata: { name: 'looked-at' } };
    await until(`GET ${MAPS}`, () => true);
    expect((await call(`POST ${MAPS}`, { as: 'caller', body: map })).code).toBe(201);
    expect(seen).toEqual([200, 201]);
  });

  it('to make what it is asked about again is ended by its time, and others go on', async () => {
    let asked = 0;
    const again: Hook = async () => {
      // As on any network, there is time in between.
      await new Promise((resolve) => setTimeout(resolve, 20));
      const metadata = { name: `again-${asked++}` };
      const inner = await call('POST /api/v1/namespaces/default/services', {
        body: { metadata, spec: { ports: [{ port: 80 }] } },
      });
      return { allowed: inner.code === 201, status: { message: 'not again' } };
    };
    await register('again.example.com', again, 'services');
    const service = { metadata: { name: 'first' }, spec: { ports: [{ port: 80 }] } };
    const outer = call('POST /api/v1/namespaces/default/services', { body: service });
    expect((await call('GET /api/v1/namespaces/default')).code).toBe(200);
    const { code, body } = await outer;
    expect([403, 500]).toContain(code);
    expect(body.message).toMatch(/again\.example\.com|not again/);
    webhooks.hooks.set('again.example.com', () => ({ allowed: false }));
  });
});

describe('escalation', () => {
  const every = [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }];

  it('by an aggregated role: neither its rules nor its selector give more than one has', async () => {
    const verbs = ['create', 'get', 'update'];
    const rules = [
      { apiGroups: ['rbac.authorization.k8s.io'], resources: ['clusterroles'], verbs },
    ];
    await grant('roller', rules);
    const labels = { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' };
    const role = { metadata: { name: 'sneaky', labels }, rules: every };
    const added = await call(`POST ${RBAC}/clusterroles`, { as: 'roller', body: role });
    expect(added.code).toBe(403);
    expect(added.body.message).toContain(
      'is attempting to grant RBAC permissions not currently held',
    );
    const aggregationRule = { clusterRoleSelectors: [{ matchLabels: {} }] };
    const all = { metadata: { name: 'sneaky' }, aggregationRule };
    const aggregated = await call(`POST ${RBAC}/clusterroles`, { as: 'roller', body: all });
    expect([aggregated.code, aggregated.body.message]).toEqual([
      403,
      'clusterroles.rbac.authorization.k8s.io "sneaky" is forbidden: must have cluster-admin ' +
        'privileges to use the aggregationRule',
    ]);
    const own = { metadata: { name: 'own' }, rules };
    expect((await call(`POST ${RBAC}/clusterroles`, { as: 'roller', body: own })).code).toBe(201);
  });

  it('by impersonation: who may act as a user may not take groups, uids or extras', async () => {
    await grant('mime', [{ apiGroups: [''], resources: ['users'], verbs: ['impersonate'] }]);
    const as = (more: Readonly<Record<string, string>>) =>
      call('GET /api/v1/secrets', { as: 'mime', headers: { 'impersonate-user': 'x', ...more } });
    expect((await as({})).body.message).toContain('User "x" cannot list resource "secrets"');
    const refused: readonly [string, string, string][] = [
      ['impersonate-group', 'system:masters', 'groups "system:masters"'],
      ['impersonate-uid', '7', 'uids.authentication.k8s.io "7"'],
      ['impersonate-extra-scope', 'all', 'userextras.authentication.k8s.io "all"'],
    ];
    for (const [header, value, what] of refused) {
      const { code, body } = await as({ [header]: value });
      expect([code, body.message]).toEqual([
        403,
        expect.stringContaining(`${what} is forbidden: User "mime" cannot impersonate`),
      ]);
    }
  });

  it('by the path of an aggregated server, or of a proxy', async () => {
    for (const path of [
      '/apis/garden.example.com/v1/roses',
      '/apis/garden.example.com/v1/../../../api/v1/secrets',
      '/api/v1/namespaces/default/services/garden/proxy/',
      '/api/v1/namespaces/default/services/garden/proxy/../../../../secrets',
      '/api/v1/nodes/n/proxy/logs',
      '/api/v1/namespaces/default/pods/p%2F..%2F..%2Fsecrets/proxy/',
    ]) {
      const { code, body } = await call(`GET ${path}`, { as: 'stranger' });
      expect([path, code, body.reason]).toEqual([path, 403, 'Forbidden']);
    }
  });

  it('by the address that a node tells: it is a host, and no metadata service', () => {
    const urlOf = (address: string, url?: string) =>
      agentUrl(
        {
          ...{ apiVersion: 'v1', kind: 'Node', spec: {} },
          metadata: { name: 'n', ...(url && { annotations: { [KUBELET_URL_ANNOTATION]: url } }) },
          status: { addresses: [{ type: 'InternalIP', address }] },
        },
        ['InternalIP'],
      );
    for (const address of [
      '169.254.169.254',
      '0.0.0.0',
      'fe80::1',
      '::',
      '::ffff:169.254.169.254',
    ]) {
      expect(() => urlOf(address)).toThrow('address not allowed');
    }
    for (const url of [
      'https://169.254.169.254/latest',
      'https://2852039166',
      'https://0xa9fea9fe/',
    ]) {
      expect(() => urlOf('10.0.0.1', url)).toThrow('address not allowed');
    }
    expect(urlOf('10.0.0.1')).toBe('https://10.0.0.1:10250');
    expect(urlOf('10.0.0.1', 'https://127.0.0.1:7/a')).toBe('https://127.0.0.1:7/a');
    // Not over TLS, the agent could not prove itself.
    expect(urlOf('10.0.0.1', 'http://169.254.169.254/')).toBe('https://10.0.0.1:10250');
  });

  it('by headers that are passed on: who a client is stays here', () => {
    const passed = forwardedHeaders({
      headers: {
        ...{ authorization: 'Bearer secret', 'impersonate-user': 'root', host: 'x' },
        ...{ 'impersonate-extra-scope': 'all', accept: '*/*' },
      },
      peer: { address: '192.0.2.1:1' },
    });
    expect(passed).toEqual({ accept: '*/*', 'x-forwarded-for': '192.0.2.1' });
  });
});
