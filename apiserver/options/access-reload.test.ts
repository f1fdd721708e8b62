import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { realTokenKeys } from '../../platform/node/crypto/token-keys.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { type FlaggedApi, startFlaggedApi, testFolder } from '../../test/support/flagged-api.ts';
import { newCa, startHttps } from '../../test/support/https-server.ts';
import { until } from '../../test/support/until.ts';

const MINUTE_MS = 60_000;
const ca = newCa();
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const key = realTokenKeys.signing(privateKey.export({ type: 'pkcs8', format: 'pem' }) as string);

let parts: Lifecycle;
let clock: FakeClock;
let file: (name: string, text: string) => Promise<string>;
beforeEach(async () => {
  parts = new Lifecycle();
  clock = new FakeClock();
  file = await testFolder(parts);
});
afterEach(() => parts.stop());

/** Time moves on only while the follower sleeps: reading a file takes as long as it takes. */
async function nextLook(): Promise<void> {
  await until('the follower to sleep', () => clock.timers > 0);
  await clock.advance(MINUTE_MS);
}

/** How often a file was taken over and refused, once both together are `of`. */
async function reloads(api: FlaggedApi, what: string, of: number): Promise<string> {
  const metrics = { path: '/metrics', method: 'GET', query: new URLSearchParams(), headers: {} };
  const peer = {
    address: 'test',
    certificate: { commonName: 'admin', organizations: ['system:masters'] },
  };
  const name = `apiserver_${what}_config_controller_automatic_reloads_total`;
  for (const end = Date.now() + 30_000; ;) {
    const { signal } = new AbortController();
    const { body } = await api.handler({ ...metrics, peer, signal });
    const text = Buffer.from(body as Uint8Array).toString();
    const [success = 0, failure = 0] = ['success', 'failure'].map((status) =>
      Number(new RegExp(`^${name}\\{.*status="${status}".*\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0),
    );
    if (success + failure === of) return `${success} taken over, ${failure} refused`;
    if (Date.now() > end) throw new Error(`never ${of}: ${success} and ${failure}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const issuers = (...urls: readonly string[]): string => `
apiVersion: apiserver.config.k8s.io/v1
kind: AuthenticationConfiguration
jwt: ${JSON.stringify(
  urls.map((url) => ({
    issuer: { url, audiences: ['api'], certificateAuthority: ca.certificate },
    claimMappings: { username: { claim: 'sub', prefix: '' } },
  })),
)}
`;

async function startIssuer(): Promise<string> {
  const url: string = await startHttps(parts, ca, {
    answer({ path }) {
      if (path === '/keys') return { body: { keys: [key.jwk] } };
      return { body: { issuer: url, jwks_uri: `${url}/keys` } };
    },
  });
  return url;
}

it('--authentication-config: issuers come and go while it runs; what cannot be used changes nothing', async () => {
  const [first, second] = [await startIssuer(), await startIssuer()];
  const path = await file('authn.yaml', issuers(first));
  const api = await startFlaggedApi(parts, [`--authentication-config=${path}`], clock);
  const exp = Math.floor(Date.now() / 1000) + 3_600;
  const knows = async (iss: string): Promise<boolean> => {
    const token = key.sign({ iss, aud: 'api', sub: 'jane', exp });
    const headers = { authorization: `Bearer ${token}` };
    const { code } = await api.call('GET /api', { headers });
    return code !== 401;
  };
  const known = async (): Promise<boolean[]> => [await knows(first), await knows(second)];
  expect(await known()).toEqual([true, false]);

  await file('authn.yaml', issuers(first, second));
  await nextLook();
  expect(await reloads(api, 'authentication', 1)).toBe('1 taken over, 0 refused');
  expect(await known()).toEqual([true, true]);

  const useless: readonly string[] = [
    'kind: Nonsense',
    issuers(first, first),
    `${issuers(second)}\nanonymous: {enabled: false}\n`,
  ];
  for (const [i, text] of useless.entries()) {
    // What is there to stay wrong is not tried again: it would be counted twice.
    await nextLook();
    await file('authn.yaml', text);
    await nextLook();
    expect(await reloads(api, 'authentication', i + 2)).toBe(`1 taken over, ${i + 1} refused`);
  }
  expect(await known()).toEqual([true, true]);

  // An issuer that does not answer may do so later.
  await file('authn.yaml', issuers('https://127.0.0.1:1'));
  await nextLook();
  expect(await reloads(api, 'authentication', 5)).toBe('1 taken over, 4 refused');
  await nextLook();
  expect(await reloads(api, 'authentication', 6)).toBe('1 taken over, 5 refused');
  expect(await known()).toEqual([true, true]);

  await file('authn.yaml', issuers(second));
  await nextLook();
  expect(await reloads(api, 'authentication', 7)).toBe('2 taken over, 5 refused');
  expect(await known()).toEqual([false, true]);
});

const authorizers = (...list: readonly object[]): string =>
  JSON.stringify({
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'AuthorizationConfiguration',
    authorizers: list,
  });

it('--authorization-config: who decides changes while it runs; what cannot be used changes nothing', async () => {
  const judge = await startHttps(parts, ca, {
    answer: () => ({ body: { status: { allowed: false, denied: true, reason: 'not today' } } }),
  });
  const authority = Buffer.from(ca.certificate).toString('base64');
  const cluster = { server: judge, 'certificate-authority-data': authority };
  const kubeConfigFile = await file(
    'judge.kubeconfig',
    JSON.stringify({
      'current-context': 'judge',
      contexts: [{ name: 'judge', context: { cluster: 'judge' } }],
      clusters: [{ name: 'judge', cluster }],
    }),
  );
  const webhook = {
    ...{ timeout: '3s', subjectAccessReviewVersion: 'v1', failurePolicy: 'Deny' },
    connectionInfo: { type: 'KubeConfigFile', kubeConfigFile },
  };
  const asks = { type: 'Webhook', name: 'judge', webhook };
  const path = await file('authz.json', authorizers({ type: 'AlwaysAllow', name: 'alwaysallow' }));
  const api = await startFlaggedApi(parts, [`--authorization-config=${path}`], clock);
  const jane = { certificate: { commonName: 'jane', organizations: ['dev'] } };
  const listed = async (): Promise<number> =>
    (await api.call('GET /api/v1/pods', { peer: jane })).code;
  expect(await listed()).toBe(200);

  await file('authz.json', authorizers(asks, { type: 'AlwaysAllow', name: 'alwaysallow' }));
  await nextLook();
  expect(await reloads(api, 'authorization', 1)).toBe('1 taken over, 0 refused');
  expect(await listed()).toBe(403);

  const useless = [
    authorizers(),
    authorizers({ type: 'RBAC', name: 'rbac' }),
    authorizers({ ...asks, webhook: { ...webhook, timeout: '1h' } }),
  ];
  for (const [i, text] of useless.entries()) {
    await file('authz.json', text);
    await nextLook();
    expect(await reloads(api, 'authorization', i + 2)).toBe(`1 taken over, ${i + 1} refused`);
    expect(await listed()).toBe(403);
  }

  await file('authz.json', authorizers({ type: 'AlwaysAllow', name: 'alwaysallow' }));
  await nextLook();
  expect(await reloads(api, 'authorization', 5)).toBe('2 taken over, 3 refused');
  expect(await listed()).toBe(200);
});
