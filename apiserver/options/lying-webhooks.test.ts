/**
 * Webhooks that tell who somebody is, or what they may do, and hang, lie or fail. What each answer
 * does is what it did beside a kube-apiserver 1.34.1 with the same flags; whom it means to let in
 * by values of the wrong type is nobody.
 */
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { type FlaggedApi, startFlaggedApi, testFolder } from '../../test/support/flagged-api.ts';
import { newCa, serverCertificate } from '../../test/support/https-server.ts';

const parts = new Lifecycle();
const ca = newCa();
let answer: (response: ServerResponse, request: IncomingMessage) => void;
let asked = 0;
let api: FlaggedApi;

const configuration = (kubeconfig: string): string => {
  const connectionInfo = `{type: KubeConfigFile, kubeConfigFile: ${kubeconfig}}`;
  const authorizer = (failurePolicy: string): string => `
- type: Webhook
  name: ${failurePolicy.toLowerCase()}
  webhook:
    timeout: 1s
    subjectAccessReviewVersion: v1
    matchConditionSubjectAccessReviewVersion: v1
    failurePolicy: ${failurePolicy}
    connectionInfo: ${connectionInfo}
    matchConditions: [{expression: "request.user.startsWith('${failurePolicy}')"}]`;
  return `
apiVersion: apiserver.config.k8s.io/v1
kind: AuthorizationConfiguration
authorizers:
- {type: RBAC, name: rbac}${authorizer('Deny')}${authorizer('NoOpinion')}
`;
};

beforeAll(async () => {
  const file = await testFolder(parts);
  const { certificate: cert, privateKey: key } = serverCertificate(ca);
  const server: Server = createServer({ cert, key }, (request, response) => {
    asked++;
    request.resume().once('end', () => answer(response, request));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await parts.start(() => ({
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  }));
  const { port } = server.address() as AddressInfo;
  const authority = Buffer.from(ca.certificate).toString('base64');
  const cluster = {
    server: `https://127.0.0.1:${port}/ask`,
    'certificate-authority-data': authority,
  };
  const kubeconfig = JSON.stringify({
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'a' },
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user: {} }],
    contexts: [{ name: 'a', context: { cluster: 'c', user: 'u' } }],
  });
  const path = await file('webhook.kubeconfig', kubeconfig);
  api = await startFlaggedApi(parts, [
    `--authorization-config=${await file('authz.yaml', configuration(path))}`,
    `--authentication-token-webhook-config-file=${path}`,
    '--authentication-token-webhook-version=v1',
  ]);
});
afterAll(() => parts.stop());

const admin = { certificate: { commonName: 'admin', organizations: ['system:masters'] } };
const TOKEN = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview' };
const ACCESS = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview' };

/** The status of a review that the API server is asked for. */
async function review(kind: typeof TOKEN | typeof ACCESS, spec: object): Promise<object> {
  const path = `POST /apis/${kind.apiVersion}/${kind.kind.toLowerCase()}s`;
  const { code, body } = await api.call(path, { peer: admin, body: { ...kind, spec } });
  expect(code).toBe(201);
  return body.status;
}
let tokens = 0;
const token = (text = `token-${tokens++}`): Promise<object> => review(TOKEN, { token: text });
const access = (user: string): Promise<object> =>
  review(ACCESS, { user, resourceAttributes: { verb: 'get', resource: 'pods' } });

const says =
  (body: object | string, status = 200): typeof answer =>
  (response) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    response.writeHead(status, { 'content-type': 'application/json' }).end(text);
  };
const refusing = (why: string) => ({
  user: {},
  error: why === '' ? 'invalid bearer token' : `[invalid bearer token, ${why}]`,
});
const wrong = (value: string, field: string, type: string): string =>
  `json: cannot unmarshal ${value} into Go struct field ${field} of type ${type}`;
const GO_TYPE =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; ' +
  'Kind string "json:\\"kind,omitempty\\"" }';

it.each<[string, object | string, string]>([
  ['nothing', '', '0-length response with status code: 200 and content type: application/json'],
  [
    'a list',
    '[1]',
    `couldn't get version/kind; json parse error: json: cannot unmarshal array into Go value of type ${GO_TYPE}`,
  ],
  [
    'another version of it',
    { ...TOKEN, apiVersion: 'authentication.k8s.io/v1beta1', status: { authenticated: true } },
    'converting (v1beta1.TokenReview) to (v1.TokenReview): unknown conversion',
  ],
  [
    'a text for true',
    { ...TOKEN, status: { authenticated: 'true', user: { username: 'u' } } },
    wrong('string', 'TokenReviewStatus.status.authenticated', 'bool'),
  ],
  [
    'a number for a name',
    { ...TOKEN, status: { authenticated: true, user: { username: 5 } } },
    wrong('number', 'UserInfo.status.user.username', 'string'),
  ],
  [
    'a text for groups',
    { ...TOKEN, status: { authenticated: true, user: { groups: 'system:masters' } } },
    wrong('string', 'UserInfo.status.user.groups', '[]string'),
  ],
  [
    'a text for what else is known',
    { ...TOKEN, status: { authenticated: true, user: { extra: { a: 'b' } } } },
    wrong('string', 'UserInfo.status.user.extra', 'v1.ExtraValue'),
  ],
  ['no status', { ...TOKEN, status: null }, ''],
  ['fields of other cases', { ...TOKEN, status: { Authenticated: true } }, ''],
  ['audiences of others', { ...TOKEN, status: { authenticated: true, audiences: ['x'] } }, ''],
])('who answers %s names nobody', async (_what, body, why) => {
  answer = says(body);
  expect(await token()).toEqual(refusing(why));
});

it('what is null is not there', async () => {
  const user = { username: 'u', groups: null, extra: null };
  answer = says({ ...TOKEN, status: { authenticated: true, audiences: null, user } });
  const users = { username: 'u', groups: ['system:authenticated'] };
  expect(await token()).toMatchObject({ authenticated: true, user: users });
});

it('a webhook that refuses to answer is believed its Status, and asked once', async () => {
  const status = { apiVersion: 'v1', kind: 'Status', status: 'Failure', message: 'nope' };
  answer = says(status, 403);
  asked = 0;
  const together = await Promise.all(Array.from({ length: 3 }, () => token('of-several')));
  for (const each of together) expect(each).toEqual(refusing('nope'));
  expect(asked).toBe(1);
});

it('an error is not kept: the next one asks again', async () => {
  answer = says({ ...TOKEN, status: { error: 'the directory is away' } });
  expect(await token('a')).toEqual(refusing('the directory is away'));
  answer = says({ ...TOKEN, status: { authenticated: true, user: { username: 'u' } } });
  expect(await token('a')).toMatchObject({ authenticated: true });
});

it.each<[string, typeof answer, RegExp]>([
  ['closes', (response) => void response.socket!.destroy(), /: EOF\]$/],
  [
    'closes within its answer',
    (response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{');
      setImmediate(() => response.socket!.destroy());
    },
    /unexpected EOF\]$/,
  ],
  ['is overloaded', says('', 503), /currently unable to handle the request\]$/],
])('a webhook that %s is not waited for', async (_what, fails, why) => {
  answer = fails;
  asked = 0;
  expect(await token()).toMatchObject({ error: expect.stringMatching(why) as string });
  // A kept connection that was closed is not counted: the question never left.
  expect(asked).toBeLessThanOrEqual(2);
});

it.each<[string, typeof answer, RegExp]>([
  ['hangs', () => {}, /: context deadline exceeded$/],
  ['answers a list', says('[1]'), /^couldn't get version\/kind; json parse error: /],
  [
    'answers about something else',
    says({ apiVersion: 'v1', kind: 'Pod', status: { allowed: true } }),
    /^no kind "Pod" is registered for version "v1" in scheme /,
  ],
  [
    'answers in another version',
    says({ ...ACCESS, apiVersion: 'authorization.k8s.io/v1beta1', status: { allowed: true } }),
    /^converting \(v1beta1.SubjectAccessReview\) to \(v1.SubjectAccessReview\): unknown conversion$/,
  ],
  [
    'answers a text for false',
    says({ ...ACCESS, status: { allowed: 'false' } }),
    /^json: cannot unmarshal string into Go struct field SubjectAccessReviewStatus.status.allowed of type bool$/,
  ],
  ['sends elsewhere', says('', 307), /^the server responded with the status code 307 /],
])('an authorizer that %s has failed: its policy decides', async (what, fails, why) => {
  answer = fails;
  const evaluationError = expect.stringMatching(why) as string;
  expect(await access(`Deny ${what}`)).toEqual({ allowed: false, denied: true, evaluationError });
  expect(await access(`NoOpinion ${what}`)).toEqual({ allowed: false, evaluationError });
});
