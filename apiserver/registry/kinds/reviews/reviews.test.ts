import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestApi } from '../../../../test/support/api-core.ts';
import { FakeWebhooks } from '../../../../test/support/webhooks.ts';
import { kinds } from '../index.ts';

let api: TestApi;

beforeAll(() => {
  api = new TestApi(kinds);
});

afterAll(() => api.stop());

const ask = (path: string, spec?: unknown) =>
  api.call('POST', `/apis/${path}`, { body: spec === undefined ? {} : { spec } });

const authorization = 'authorization.k8s.io/v1';
const authentication = 'authentication.k8s.io/v1';
const resourceAttributes = { verb: 'get', resource: 'pods', namespace: 'default' };

describe('access', () => {
  test.each([
    ['get', true],
    ['delete', false],
  ])('may I %s', async (verb, allowed) => {
    const answer = await ask(`${authorization}/selfsubjectaccessreviews`, {
      resourceAttributes: { ...resourceAttributes, verb },
    });
    expect(answer).toMatchObject({
      code: 201,
      body: { kind: 'SelfSubjectAccessReview', apiVersion: authorization, status: { allowed } },
    });
  });

  test('may they, by path', async () => {
    const nonResourceAttributes = { verb: 'get', path: '/metrics' };
    const answer = await ask(`${authorization}/subjectaccessreviews`, {
      user: 'ann',
      nonResourceAttributes,
    });
    expect(answer.body).toMatchObject({ status: { allowed: true } });
  });

  test('there is no Table of answers', async () => {
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
    const path = `/apis/${authorization}/selfsubjectaccessreviews`;
    const body = { spec: { resourceAttributes } };
    expect(await api.call('POST', path, { body, accept })).toMatchObject({
      code: 406,
      body: { reason: 'NotAcceptable' },
    });
    const either = { body, accept: `${accept},application/json` };
    expect((await api.call('POST', path, either)).body).toMatchObject({
      status: { allowed: true },
    });
  });

  test('what may I', async () => {
    const answer = await ask(`${authorization}/selfsubjectrulesreviews`, { namespace: 'default' });
    expect(answer.body).toMatchObject({
      status: { resourceRules: [], nonResourceRules: [], incomplete: true },
    });
  });

  test.each([
    [
      'selfsubjectaccessreviews',
      {},
      '.authorization.k8s.io "" is invalid: spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified',
    ],
    [
      'subjectaccessreviews',
      { resourceAttributes },
      '.authorization.k8s.io "" is invalid: spec.user: Invalid value: "": at least one of user or group must be specified',
    ],
    ['selfsubjectrulesreviews', {}, 'no namespace on request'],
    [
      'namespaces/other/localsubjectaccessreviews',
      { user: 'ann', resourceAttributes },
      '.authorization.k8s.io "" is invalid: spec.resourceAttributes.namespace: Invalid value: "default": must match metadata.namespace',
    ],
  ])('%s is no question', async (path, spec, message) => {
    const answer = await ask(`${authorization}/${path}`, spec);
    expect(answer.body).toMatchObject({ status: 'Failure', message });
  });
});

describe('identity', () => {
  test('who am I', async () => {
    const answer = await ask(`${authentication}/selfsubjectreviews`);
    expect(answer.body).toMatchObject({
      status: { userInfo: { username: 'tester', groups: ['system:authenticated'] } },
    });
  });

  test('who is this', async () => {
    const known = await ask(`${authentication}/tokenreviews`, { token: 'good' });
    expect(known.body).toMatchObject({
      status: { authenticated: true, user: { username: 'ann', groups: ['team'] } },
    });
    const unknown = await ask(`${authentication}/tokenreviews`, { token: 'bad' });
    expect(unknown.body).toMatchObject({ status: { user: {}, error: 'invalid bearer token' } });
  });

  test('a question without a token is none, whatever a webhook would say of it', async () => {
    const webhooks = new FakeWebhooks();
    const judged = new TestApi(kinds, undefined, { outgoing: webhooks });
    const rules = [{ operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*'] }];
    const entry = { ...webhooks.entry('w.x.io', () => ({ allowed: false })), rules };
    const hooks = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations';
    const body = { metadata: { name: 'w' }, webhooks: [entry] };
    expect((await judged.call('POST', hooks, { body })).code).toBe(201);
    const path = `/apis/${authentication}/tokenreviews`;
    const none = await judged.call('POST', path, { body: { spec: {} } });
    const message = 'token is required for TokenReview in authentication';
    expect(none).toMatchObject({ code: 400, body: { message } });
    expect(webhooks.calls).toEqual([]);
    const one = await judged.call('POST', path, { body: { spec: { token: 'good' } } });
    expect(one.body.message).toContain('denied the request');
    expect(webhooks.calls).toHaveLength(1);
    await judged.stop();
  });

  test('nothing is kept of a question', async () => {
    const path = `/apis/${authentication}/tokenreviews`;
    expect(await api.call('GET', path)).toMatchObject({ code: 405 });
    expect(await api.call('GET', `${path}/x`)).toMatchObject({ code: 404 });
  });
});
