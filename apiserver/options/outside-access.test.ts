import { generateKeyPairSync } from 'node:crypto';
import { chmod, readFile } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { silentLogger } from '../../platform/logger.ts';
import { realClock } from '../../platform/node/clock.ts';
import { realDisk } from '../../platform/node/files/disk.ts';
import { realGzip, realHttpServer } from '../../platform/node/net/http-server.ts';
import { realRandom } from '../../platform/node/random.ts';
import { realTokenKeys } from '../../platform/node/crypto/token-keys.ts';
import {
  flagsOf,
  type FlaggedApi,
  startFlaggedApi,
  testFolder,
} from '../../test/support/flagged-api.ts';
import {
  type Asked,
  clientCertificate,
  newCa,
  startHttps,
} from '../../test/support/https-server.ts';
import { FlagFiles } from './flag-files.ts';
import { listen } from '../http/listen.ts';
import { readOutsideFiles } from './outside-access.ts';

let parts: Lifecycle;
let file: (name: string, text: string) => Promise<string>;
beforeEach(async () => {
  parts = new Lifecycle();
  file = await testFolder(parts);
});
afterEach(() => parts.stop());

const ca = newCa();
const keyOf = (type: 'rsa' | 'ec') => {
  const { privateKey } =
    type === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return realTokenKeys.signing(privateKey.export({ type: 'pkcs8', format: 'pem' }) as string);
};
const rsa = keyOf('rsa');
const ec = keyOf('ec');
const stranger = keyOf('rsa');
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

/** An OpenID Connect provider that publishes these keys. */
async function startProvider(keys: () => readonly (typeof rsa)[]) {
  const asked: string[] = [];
  const url: string = await startHttps(parts, ca, {
    answer({ path }) {
      asked.push(path);
      if (path === '/keys') return { body: { keys: keys().map(({ jwk }) => jwk) } };
      if (path !== '/.well-known/openid-configuration') return { status: 404 };
      return { body: { issuer: url, jwks_uri: `${url}/keys` } };
    },
  });
  return { url, asked };
}

const inAnHour = (): number => Math.floor(Date.now() / 1000) + 3_600;

async function whoAmI(api: FlaggedApi, token: string) {
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
  const path = 'POST /apis/authentication.k8s.io/v1/selfsubjectreviews';
  const { code, body } = await api.call(path, { ...bearer(token), body: review });
  return code === 201 ? body.status['userInfo'] : code;
}

describe('--oidc-*', () => {
  it('takes the word of a provider for its users, and of nobody else', async () => {
    const provider = await startProvider(() => [rsa, ec]);
    const api = await startFlaggedApi(parts, [
      `--oidc-issuer-url=${provider.url}`,
      '--oidc-client-id=wherry',
      `--oidc-ca-file=${await file('ca.crt', ca.certificate)}`,
      '--oidc-groups-claim=groups',
      '--oidc-groups-prefix=oidc:',
      '--oidc-required-claim=tenant=acme',
    ]);
    const good = {
      ...{ iss: provider.url, aud: 'wherry', exp: inAnHour(), sub: 'jane' },
      ...{ groups: ['dev'], tenant: 'acme' },
    };
    const users = await whoAmI(api, rsa.sign(good));
    expect(users).toEqual({
      username: `${provider.url}#jane`,
      groups: ['oidc:dev', 'system:authenticated'],
    });
    const bad = [
      rsa.sign({ ...good, aud: 'other' }),
      rsa.sign({ ...good, exp: inAnHour() - 7_200 }),
      rsa.sign({ ...good, tenant: 'evil' }),
      rsa.sign({ ...good, tenant: undefined }),
      rsa.sign({ ...good, sub: undefined }),
      rsa.sign({ ...good, iss: 'https://elsewhere.example' }),
      stranger.sign(good),
      // ES256 was not asked for.
      ec.sign(good),
      `${rsa.sign(good)}x`,
    ];
    for (const token of bad) expect(await whoAmI(api, token)).toBe(401);
    // Unknown keys do not make it ask the provider all the time.
    expect(provider.asked.length).toBeLessThanOrEqual(3);
  });

  it.each([
    [['--oidc-issuer-url=https://a.example'], 'must be specified together'],
    [['--oidc-issuer-url=http://a.example', '--oidc-client-id=x'], 'URL scheme must be https'],
    [
      ['--oidc-issuer-url=https://a.example', '--oidc-client-id=x', '--oidc-signing-algs=HS256'],
      'unsupported signing alg: "HS256"',
    ],
  ])('refuses %j', async (args, message) => {
    const refused = readOutsideFiles(flagsOf(args), new FlagFiles(realDisk));
    await expect(refused).rejects.toThrow(message);
  });
});

const indented = (text: string, by: number): string =>
  text
    .trim()
    .split('\n')
    .map((line) => ' '.repeat(by) + line)
    .join('\n');

describe('--anonymous-auth', () => {
  it.each([
    ['RBAC', 200],
    ['RBAC,AlwaysAllow', 401],
  ])('with --authorization-mode=%s answers the unnamed with %i', async (modes, expected) => {
    const flags = [`--authorization-mode=${modes}`, '--anonymous-auth=true'];
    const api = await startFlaggedApi(parts, flags);
    expect((await api.call('GET /version')).code).toBe(expected);
  });
});

describe('--authentication-config', () => {
  it('maps and checks claims by CEL, and says who may be anonymous where', async () => {
    let keys = [ec];
    const provider = await startProvider(() => keys);
    const config = `
apiVersion: apiserver.config.k8s.io/v1
kind: AuthenticationConfiguration
anonymous: {enabled: true, conditions: [{path: /livez}]}
jwt:
- issuer:
    url: ${provider.url}
    audiences: [a, b]
    audienceMatchPolicy: MatchAny
    certificateAuthority: |
${indented(ca.certificate, 6)}
  claimValidationRules:
  - expression: 'claims.exp - claims.iat <= 86400'
    message: a day at most
  claimMappings:
    username: {expression: 'claims.email_verified ? "ext:" + claims.email : ""'}
    groups: {expression: '["role:" + claims.roles[0]]'}
    uid: {claim: sub}
    extra: [{key: example.com/tenant, valueExpression: claims.tenant}]
  userValidationRules:
  - {expression: "!user.username.startsWith('ext:system:')", message: reserved}
`;
    const api = await startFlaggedApi(parts, [
      `--authentication-config=${await file('authn.yaml', config)}`,
    ]);
    const exp = inAnHour();
    const good = {
      ...{ iss: provider.url, aud: ['x', 'b'], exp, iat: exp - 3_600, sub: 'u1' },
      ...{ email: 'jane@example.com', email_verified: true, roles: ['dev'], tenant: 'acme' },
    };
    expect(await whoAmI(api, ec.sign(good))).toEqual({
      username: 'ext:jane@example.com',
      uid: 'u1',
      groups: ['role:dev', 'system:authenticated'],
      extra: { 'example.com/tenant': ['acme'] },
    });
    const wrong = [
      { iat: exp - 90_000 },
      { email: 'system:admin' },
      { email_verified: false },
      { roles: undefined },
    ];
    for (const bad of wrong) expect(await whoAmI(api, ec.sign({ ...good, ...bad }))).toBe(401);
    expect((await api.call('GET /livez')).code).toBe(200);
    expect((await api.call('GET /readyz')).code).toBe(401);
    keys = [rsa];
    // A TokenReview tells what the answer to the bearer does not.
    const review = await api.call('POST /apis/authentication.k8s.io/v1/tokenreviews', {
      peer: { certificate: { commonName: 'admin', organizations: ['system:masters'] } },
      body: {
        ...{ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview' },
        spec: { token: ec.sign({ ...good, iat: exp - 90_000 }) },
      },
    });
    expect(review.body.status['error']).toContain(
      "validation expression 'claims.exp - claims.iat <= 86400' failed: a day at most",
    );
  });

  const valid = (jwt: string): string =>
    `apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\njwt:\n- ${jwt}\n`;
  const issuer = 'issuer: {url: "https://a.example", audiences: [a]}';
  const username = 'username: {claim: sub, prefix: ""}';
  it('is not for use beside --oidc-* or --anonymous-auth', async () => {
    const text =
      valid(`{${issuer}, claimMappings: {${username}}}`) + 'anonymous: {enabled: true}\n';
    const path = await file('authn.yaml', text);
    const read = (...more: string[]) =>
      readOutsideFiles(
        flagsOf([`--authentication-config=${path}`, ...more]),
        new FlagFiles(realDisk),
      );
    await expect(read()).resolves.toBeDefined();
    const oidc = ['--oidc-issuer-url=https://b.example', '--oidc-client-id=x'];
    await expect(read(...oidc)).rejects.toThrow('mutually exclusive');
    await expect(read('--anonymous-auth=false')).rejects.toThrow('--anonymous-auth flag cannot be');
  });
});

/** A kubeconfig for a webhook, with a client certificate of the same CA. */
const webhookConfig = (url: string): string => {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const { certificate, privateKey } = clientCertificate(ca, 'apiserver');
  return JSON.stringify({
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'a' },
    clusters: [
      {
        name: 'c',
        cluster: { server: `${url}/ask`, 'certificate-authority-data': base64(ca.certificate) },
      },
    ],
    users: [
      {
        name: 'u',
        user: {
          'client-certificate-data': base64(certificate),
          'client-key-data': base64(privateKey),
        },
      },
    ],
    contexts: [{ name: 'a', context: { cluster: 'c', user: 'u' } }],
  });
};

it('--authentication-token-webhook-config-file: another server knows tokens; answers are kept', async () => {
  const asked: Asked[] = [];
  const url = await startHttps(parts, ca, {
    clientCa: ca.certificate,
    answer(request) {
      asked.push(request);
      const { spec } = JSON.parse(request.body) as { spec: { token: string } };
      const user = { username: 'jane', uid: '1', groups: ['dev'], extra: { k: ['v'] } };
      return { body: { status: spec.token === 'good' ? { authenticated: true, user } : {} } };
    },
  });
  const api = await startFlaggedApi(parts, [
    `--authentication-token-webhook-config-file=${await file('authn.kubeconfig', webhookConfig(url))}`,
    '--authentication-token-webhook-version=v1',
  ]);
  const answers = await Promise.all(Array.from({ length: 5 }, () => whoAmI(api, 'good')));
  for (const answer of [...answers, await whoAmI(api, 'good')])
    expect(answer).toEqual({
      ...{ username: 'jane', uid: '1', groups: ['dev', 'system:authenticated'] },
      extra: { k: ['v'] },
    });
  expect(await whoAmI(api, 'bad')).toBe(401);
  expect(await whoAmI(api, 'bad')).toBe(401);
  expect(asked).toHaveLength(2);
  expect(asked[0]).toMatchObject({ method: 'POST', path: '/ask', commonName: 'apiserver' });
  expect(JSON.parse(asked[0]!.body)).toMatchObject({
    ...{ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview' },
    spec: { token: 'good', audiences: ['https://kubernetes.default.svc.cluster.local'] },
  });
});

it('webhooks are called as the user that a program of their kubeconfig names', async () => {
  const { certificate: clientCertificateData, privateKey } = clientCertificate(ca, 'a-program');
  const credential = {
    ...{ kind: 'ExecCredential', apiVersion: 'client.authentication.k8s.io/v1' },
    status: { clientCertificateData, clientKeyData: privateKey },
  };
  const command = await file(
    'helper',
    `#!/bin/sh\ncat <<'END'\n${JSON.stringify(credential)}\nEND\n`,
  );
  await chmod(command, 0o755);
  const names: string[] = [];
  const url = await startHttps(parts, ca, {
    clientCa: ca.certificate,
    answer({ commonName }) {
      names.push(commonName);
      return { body: { status: { authenticated: true, user: { username: 'jane' } } } };
    },
  });
  const exec = { apiVersion: credential.apiVersion, command, interactiveMode: 'Never' };
  const config = JSON.parse(webhookConfig(url)) as { users: object[] };
  const text = JSON.stringify({ ...config, users: [{ name: 'u', user: { exec } }] });
  const api = await startFlaggedApi(parts, [
    `--authentication-token-webhook-config-file=${await file('exec.kubeconfig', text)}`,
    '--authentication-token-webhook-version=v1',
  ]);
  expect(await whoAmI(api, 'any')).toMatchObject({ username: 'jane' });
  expect(names).toEqual(['a-program']);
});

it('--authorization-policy-file: the rules of mode ABAC', async () => {
  const rules = await file('rules.jsonl', '# one\n{"user": "jane", "namespace": "a"}\n');
  const api = await startFlaggedApi(parts, [
    '--authorization-mode=RBAC,ABAC',
    `--authorization-policy-file=${rules}`,
  ]);
  const of = async (name: string, path: string) => {
    const peer = { certificate: { commonName: name, organizations: [] } };
    const { code, body } = await api.call(`GET ${path}`, { peer });
    return code === 200 ? code : body.message;
  };
  expect(await of('jane', '/api/v1/namespaces/a/pods')).toBe(200);
  expect(await of('john', '/api/v1/namespaces/a/pods')).toBe(
    'pods is forbidden: User "john" cannot list resource "pods" in API group "" in the ' +
      'namespace "a": No policy matched.',
  );
  expect(await of('jane', '/api/v1/nodes')).toContain('at the cluster scope: No policy matched.');

  const text = `
apiVersion: apiserver.config.k8s.io/v1
kind: AuthorizationConfiguration
authorizers:
- {type: ABAC, name: abac}
`;
  const config = `--authorization-config=${await file('abac.yaml', text)}`;
  const read = (...args: string[]) =>
    readOutsideFiles(flagsOf(args), new FlagFiles(realDisk)).then(
      ({ abac }) => abac !== undefined,
      (error: Error) => error.message,
    );
  expect(await read(config, `--authorization-policy-file=${rules}`)).toBe(true);
  const missing = "authorization-mode ABAC's authorization policy file not passed";
  expect(await read(config)).toBe(missing);
  expect(await read('--authorization-mode=ABAC')).toBe(missing);
  expect(await read(`--authorization-policy-file=${rules}`)).toBe(
    'cannot specify --authorization-policy-file without mode ABAC',
  );
});

describe('authorization by webhook', () => {
  const jane = { certificate: { commonName: 'jane', organizations: ['dev'] } };
  const list = 'GET /api/v1/namespaces/default/pods?labelSelector=a%3Db';

  async function startJudge(status: (spec: Record<string, unknown>) => object | undefined) {
    const specs: Record<string, unknown>[] = [];
    const url = await startHttps(parts, ca, {
      answer({ body }) {
        const { spec } = JSON.parse(body) as { spec: Record<string, unknown> };
        specs.push(spec);
        const verdict = status(spec);
        return verdict === undefined ? { status: 400 } : { body: { status: verdict } };
      },
    });
    return { specs, path: await file('authz.kubeconfig', webhookConfig(url)) };
  }

  it('--authorization-mode=…,Webhook asks who has not been decided about', async () => {
    const judge = await startJudge(() => ({ allowed: true }));
    const api = await startFlaggedApi(parts, [
      '--authorization-mode=RBAC,Webhook',
      `--authorization-webhook-config-file=${judge.path}`,
    ]);
    expect((await api.call(list, { peer: jane })).code).toBe(200);
    expect((await api.call(list, { peer: jane })).code).toBe(200);
    expect(judge.specs).toEqual([
      {
        resourceAttributes: {
          ...{ namespace: 'default', verb: 'list', version: 'v1', resource: 'pods' },
          labelSelector: { requirements: [{ key: 'a', operator: 'In', values: ['b'] }] },
        },
        user: 'jane',
        group: ['dev', 'system:authenticated'],
      },
    ]);
  });

  it('is asked anew each time where its answers are kept for no time', async () => {
    const judge = await startJudge(() => ({ allowed: true }));
    const api = await startFlaggedApi(parts, [
      '--authorization-mode=Webhook',
      `--authorization-webhook-config-file=${judge.path}`,
      '--authorization-webhook-cache-authorized-ttl=0s',
    ]);
    for (let i = 0; i < 2; i++) expect((await api.call(list, { peer: jane })).code).toBe(200);
    expect(judge.specs).toHaveLength(2);
  });

  it('is asked as a user of whom a kubeconfig tells no more than the name', async () => {
    const judge = await startJudge(() => ({ allowed: true }));
    const { users, ...rest } = JSON.parse(await readFile(judge.path, 'utf8')) as { users: object };
    expect(users).toHaveLength(1);
    const path = await file('bare.kubeconfig', JSON.stringify({ ...rest, users: [{ name: 'u' }] }));
    const api = await startFlaggedApi(parts, [
      '--authorization-mode=Webhook',
      `--authorization-webhook-config-file=${path}`,
    ]);
    expect((await api.call(list, { peer: jane })).code).toBe(200);
    expect(judge.specs).toHaveLength(1);
  });

  it('a SubjectAccessReview is asked on with its selectors, and says what went wrong', async () => {
    let verdict: object | undefined = { allowed: true };
    const judge = await startJudge(() => verdict);
    const api = await startFlaggedApi(parts, [
      '--authorization-mode=RBAC,Webhook',
      `--authorization-webhook-config-file=${judge.path}`,
    ]);
    const requirements = [
      { key: 'a', operator: 'In', values: ['b', 'c'] },
      { key: 'd', operator: 'DoesNotExist' },
    ];
    const fields = [{ key: 'spec.nodeName', operator: 'In', values: ['n,1'] }];
    const review = async (verb: string) => {
      const resourceAttributes = {
        verb,
        resource: 'pods',
        version: 'v1',
        labelSelector: { requirements },
        fieldSelector: { requirements: fields },
      };
      const { body } = await api.call('POST /apis/authorization.k8s.io/v1/subjectaccessreviews', {
        peer: { certificate: { commonName: 'admin', organizations: ['system:masters'] } },
        body: {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SubjectAccessReview',
          spec: { user: 'jane', resourceAttributes },
        },
      });
      return body.status;
    };
    expect(await review('list')).toEqual({ allowed: true });
    expect(judge.specs[0]!['resourceAttributes']).toMatchObject({
      labelSelector: { requirements },
      fieldSelector: { requirements: fields },
    });
    verdict = { allowed: true, denied: true };
    const evaluationError = 'webhook subject access review returned both allow and deny response';
    expect(await review('get')).toEqual({ allowed: false, denied: true, evaluationError });
    verdict = undefined;
    expect(await review('watch')).toEqual({
      allowed: false,
      evaluationError: 'the server rejected our request for an unknown reason',
    });
  });

  const configuration = (path: string, failurePolicy: string): string => `
apiVersion: apiserver.config.k8s.io/v1
kind: AuthorizationConfiguration
authorizers:
- type: Webhook
  name: judge
  webhook:
    timeout: 3s
    subjectAccessReviewVersion: v1
    matchConditionSubjectAccessReviewVersion: v1
    failurePolicy: ${failurePolicy}
    connectionInfo: {type: KubeConfigFile, kubeConfigFile: ${path}}
    matchConditions:
    - expression: "has(request.resourceAttributes)"
    - expression: "request.resourceAttributes.namespace == 'default'"
    - expression: "!('system:masters' in request.groups)"
- {type: AlwaysAllow, name: alwaysallow}
`;

  it('--authorization-config: a no is a no, conditions say when to ask', async () => {
    const judge = await startJudge(() => ({ allowed: false, denied: true, reason: 'not today' }));
    const text = configuration(judge.path, 'Deny');
    const api = await startFlaggedApi(parts, [
      `--authorization-config=${await file('authz.yaml', text)}`,
    ]);
    const { code, body } = await api.call(list, { peer: jane });
    expect([code, body.message]).toEqual([
      403,
      'pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "default": not today',
    ]);
    expect((await api.call('GET /api/v1/pods', { peer: jane })).code).toBe(200);
    expect((await api.call('GET /version', { peer: jane })).code).toBe(200);
    expect(judge.specs).toHaveLength(1);
  });

  it.each([
    ['Deny', 500],
    ['NoOpinion', 200],
  ])('a webhook that fails: %s answers %d', async (policy, expected) => {
    const judge = await startJudge(() => undefined);
    const api = await startFlaggedApi(parts, [
      `--authorization-config=${await file('authz.yaml', configuration(judge.path, policy))}`,
    ]);
    expect((await api.call(list, { peer: jane })).code).toBe(expected);
    expect(judge.specs).toHaveLength(1);
  });

  it.each<[string[], string]>([
    [
      ['--authorization-mode=Webhook'],
      "authorization-mode Webhook's authorization config file not passed",
    ],
    [['--authorization-webhook-config-file=/x'], 'without mode Webhook'],
    [
      ['--authorization-config=/x', '--authorization-mode=RBAC'],
      'can not be specified when --authorization-mode',
    ],
  ])('refuses %j', async (args, message) => {
    const refused = readOutsideFiles(flagsOf(args), new FlagFiles(realDisk));
    await expect(refused).rejects.toThrow(message);
  });
});

it('--requestheader-*: a front proxy names users, and nobody else does', async () => {
  const proxies = newCa('proxies');
  const clients = newCa('clients');
  const api = await startFlaggedApi(parts, [
    `--requestheader-client-ca-file=${await file('proxies.crt', proxies.certificate)}`,
    '--requestheader-allowed-names=front',
    '--requestheader-username-headers=X-Remote-User',
    '--requestheader-group-headers=X-Remote-Group',
    '--requestheader-extra-headers-prefix=X-Remote-Extra-',
    '--requestheader-uid-headers=X-Remote-Uid',
  ]);
  const serving = clientCertificate(clients, 'server');
  const { port } = await parts.start(() =>
    listen({
      ...{ clock: realClock, random: realRandom, logger: silentLogger, gzip: realGzip },
      ...{ server: realHttpServer, handler: api.handler, host: '127.0.0.1', port: 0 },
      tls: {
        ...serving,
        clientCa: clients.certificate,
        frontProxyCa: proxies.certificate,
      },
    }),
  );
  const ask = (client: ReturnType<typeof clientCertificate>) =>
    new Promise<unknown>((resolve, reject) => {
      const body = JSON.stringify({
        ...{ apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
      });
      const sent = httpsRequest(
        {
          ...{ host: '127.0.0.1', port, method: 'POST', agent: false, rejectUnauthorized: false },
          path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
          ...{ cert: client.certificate, key: client.privateKey },
          headers: {
            ...{ 'content-type': 'application/json', 'content-length': body.length },
            ...{ 'x-remote-user': 'jane', 'x-remote-uid': 'u1' },
            // As Go writes a name that is not ASCII.
            'x-remote-group': ['dev', 'ops,more', Buffer.from('Ämter').toString('latin1')],
            'x-remote-extra-example.com%2fscopes': ['a,b', 'c'],
          },
        },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('end', () => {
            const text = Buffer.concat(chunks).toString();
            const { status } = JSON.parse(text) as { status: { userInfo: unknown } };
            resolve(answer.statusCode === 201 ? status.userInfo : answer.statusCode);
          });
        },
      );
      // A text would be joined with the headers, and both written as UTF-8.
      sent.on('error', reject).end(Buffer.from(body));
    });
  expect(await ask(clientCertificate(proxies, 'front'))).toEqual({
    ...{ username: 'jane', uid: 'u1' },
    groups: ['dev', 'ops,more', 'Ämter', 'system:authenticated'],
    extra: { 'example.com/scopes': ['a,b', 'c'] },
  });
  expect(await ask(clientCertificate(proxies, 'other'))).toBe(401);
  // A client of the other CA is itself, whatever it says; a proxy is no client.
  const own = await ask(clientCertificate(clients, 'front', ['dev']));
  expect(own).toMatchObject({ username: 'front', groups: ['dev', 'system:authenticated'] });
  const published = await api.call(
    'GET /api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication',
    { peer: { certificate: { commonName: 'admin', organizations: ['system:masters'] } } },
  );
  expect((published.body as unknown as { data: object }).data).toMatchObject({
    'requestheader-client-ca-file': proxies.certificate,
    'requestheader-allowed-names': '["front"]',
    'requestheader-username-headers': '["X-Remote-User"]',
  });
});
