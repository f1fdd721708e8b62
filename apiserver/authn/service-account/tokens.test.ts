import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../../api/meta.ts';
import type { Node, Pod, Secret, ServiceAccount } from '../../../api/types/core-v1.ts';
import { silentLogger } from '../../../platform/logger.ts';
import { realRandom } from '../../../platform/node/random.ts';
import { realTokenKeys } from '../../../platform/node/crypto/token-keys.ts';
import { FakeClock } from '../../../test/support/fake-clock.ts';
import { oddTokens, refusalOf, type TokenScene } from '../../../test/support/odd-tokens.ts';
import { anyToken } from '../token-authenticator.ts';
import type { TokenSubjects } from './accounts.ts';
import { openIdDocuments } from './openid.ts';
import { AccountTokens } from './token-authenticator.ts';
import { TokenIssuer } from './token-issuer.ts';
import { TokenUse } from './token-use.ts';

const pem = (type: 'rsa' | 'ec'): string => {
  const pair =
    type === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
};
const rsa = realTokenKeys.signing(pem('rsa'));
const ec = realTokenKeys.signing(pem('ec'));

/** Holds objects; `stale` ones are known to the store and not to this server. */
class Subjects<T extends KubernetesObject> implements TokenSubjects<T> {
  readonly known = new Map<string, T>();
  readonly stale = new Map<string, T>();
  find = (namespace: string, name: string, live = false): Promise<T | undefined> => {
    const key = `${namespace}/${name}`;
    return Promise.resolve(this.known.get(key) ?? (live ? this.stale.get(key) : undefined));
  };
}

const GONE = 'service account token has been invalidated';
const ISSUER = 'https://issuer.example';
const account = {
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { namespace: 'a', name: 'bot', uid: 'bot-1' },
} as ServiceAccount;
const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'a', name: 'web', uid: 'web-1' },
  spec: { serviceAccountName: 'bot', nodeName: 'n1', containers: [] },
} as unknown as Pod;

function setUp(options: { maxExpirationSeconds?: number } = {}) {
  const clock = new FakeClock();
  const objects = {
    serviceAccounts: new Subjects<ServiceAccount>(),
    pods: new Subjects<Pod>(),
    secrets: new Subjects<Secret>(),
    nodes: new Subjects<Node>(),
  };
  objects.serviceAccounts.known.set('a/bot', account);
  objects.pods.known.set('a/web', pod);
  objects.nodes.known.set('/n1', { metadata: { name: 'n1', uid: 'n1-1' } } as Node);
  const shared = { objects, clock, apiAudiences: ['api'] };
  const patches: [string, object][] = [];
  const use = new TokenUse({
    ...{ clock, logger: silentLogger },
    patch: (path, patch) => Promise.resolve(patches.push([path, patch])),
  });
  const keys = [rsa, ec];
  const tokens = new AccountTokens({ ...shared, use, issuers: [ISSUER, 'old'], keys });
  const issuerOf = (key = rsa, issuer = ISSUER) =>
    new TokenIssuer({
      ...shared,
      ...{ key, issuer, random: realRandom, extendExpiration: true },
      maxExpirationSeconds: options.maxExpirationSeconds ?? 0,
    });
  const authenticate = (token: string, audiences = ['api']) =>
    Promise.resolve(tokens.authenticateToken(token, audiences));
  return { clock, objects, issuerOf, authenticate, patches, issuer: issuerOf() };
}

/** Of the account, in the Secret s. */
const tokenInSecret = (): string =>
  rsa.sign({
    iss: 'kubernetes/serviceaccount',
    'kubernetes.io/serviceaccount/namespace': 'a',
    'kubernetes.io/serviceaccount/secret.name': 's',
    'kubernetes.io/serviceaccount/service-account.name': 'bot',
    'kubernetes.io/serviceaccount/service-account.uid': 'bot-1',
    sub: 'system:serviceaccount:a:bot',
  });

const bound = { kind: 'Pod', apiVersion: 'v1', name: 'web' };
const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as Record<string, unknown>;

describe('a service account’s token', () => {
  it('proves the account, with what it is bound to', async () => {
    const { issuer, authenticate } = setUp();
    const { token } = await issuer.issue(account, { boundObjectRef: bound });
    expect(await authenticate(token)).toEqual({
      type: 'user',
      audiences: ['api'],
      user: {
        name: 'system:serviceaccount:a:bot',
        uid: 'bot-1',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:a'],
        extra: {
          'authentication.kubernetes.io/credential-id': [
            expect.stringMatching(/^JTI=[0-9a-f-]{36}$/),
          ],
          'authentication.kubernetes.io/node-name': ['n1'],
          'authentication.kubernetes.io/node-uid': ['n1-1'],
          'authentication.kubernetes.io/pod-name': ['web'],
          'authentication.kubernetes.io/pod-uid': ['web-1'],
        },
      },
    });
  });

  it('names the node of a pod that is gone, as kube-apiserver’s does', async () => {
    const { issuer, authenticate, objects } = setUp();
    objects.nodes.known.clear();
    const { token } = await issuer.issue(account, { boundObjectRef: bound });
    expect(claimsOf(token)['kubernetes.io']).toMatchObject({ node: { name: 'n1' } });
    expect(JSON.stringify(claimsOf(token))).toContain('"node":{"name":"n1"}');
    const { user } = (await authenticate(token)) as { user: { extra: object } };
    expect(user.extra).toMatchObject({ 'authentication.kubernetes.io/node-name': ['n1'] });
    expect(user.extra).not.toHaveProperty('authentication.kubernetes.io/node-uid');
  });

  it('is good with any of the keys and issuers', async () => {
    const { issuerOf, authenticate } = setUp();
    const { token } = await issuerOf(ec, 'old').issue(account, {});
    expect(await authenticate(token)).toMatchObject({ type: 'user' });
  });

  it('says when it ends, and is refused after that', async () => {
    const { clock, issuer, authenticate } = setUp();
    const issued = await issuer.issue(account, { expirationSeconds: 600 });
    const { exp, iat } = claimsOf(issued.token) as { exp: number; iat: number };
    expect(exp - iat).toBe(600);
    // A minute more: clocks differ.
    await clock.advance(659_000);
    expect(await authenticate(issued.token)).toMatchObject({ type: 'user' });
    await clock.advance(2_000);
    expect(await authenticate(issued.token)).toEqual({
      type: 'refused',
      reason: 'service account token has expired',
    });
  });

  it('is shortened to the longest life, and extended for clients of old', async () => {
    const short = setUp({ maxExpirationSeconds: 3_600 });
    expect(await short.issuer.issue(account, { expirationSeconds: 7_200 })).toMatchObject({
      expirationSeconds: 3_600,
      warning: 'requested expiration of 7200 seconds shortened to 3600 seconds',
    });
    const spec = { expirationSeconds: 3_607, boundObjectRef: bound };
    const { token } = await setUp().issuer.issue(account, spec);
    const claims = claimsOf(token) as {
      exp: number;
      iat: number;
      'kubernetes.io': { warnafter: number };
    };
    expect(claims.exp - claims.iat).toBe(365 * 24 * 3_600);
    expect(claims['kubernetes.io'].warnafter - claims.iat).toBe(3_607);
  });

  it('is for its audiences only', async () => {
    const { issuer, authenticate } = setUp();
    const { token } = await issuer.issue(account, { audiences: ['vault', 'api2'] });
    expect(await authenticate(token)).toEqual({
      type: 'refused',
      reason: 'token audiences ["vault" "api2"] is invalid for the target audiences ["api"]',
    });
    expect(await authenticate(token, ['vault', 'x'])).toMatchObject({ audiences: ['vault'] });
  });

  it('dies with its account, and does not rise with another of the name', async () => {
    const { issuer, authenticate, objects } = setUp();
    const { token } = await issuer.issue(account, {});
    objects.serviceAccounts.known.delete('a/bot');
    expect(await authenticate(token)).toEqual({
      type: 'refused',
      reason: 'serviceaccounts "bot" not found',
    });
    const metadata = { ...account.metadata, uid: 'bot-2' };
    objects.serviceAccounts.known.set('a/bot', { ...account, metadata });
    expect(await authenticate(token)).toEqual({
      type: 'refused',
      reason: 'service account UID (bot-2) does not match claim (bot-1)',
    });
  });

  it('dies with its pod, a minute after the pod was to go', async () => {
    const { issuer, authenticate, objects, clock } = setUp();
    const { token } = await issuer.issue(account, { boundObjectRef: bound });
    const deletionTimestamp = new Date(clock.now()).toISOString();
    const metadata = { ...pod.metadata, deletionTimestamp };
    objects.pods.known.set('a/web', { ...pod, metadata });
    expect(await authenticate(token)).toMatchObject({ type: 'user' });
    await clock.advance(62_000);
    expect(await authenticate(token)).toMatchObject({ reason: GONE });
    objects.pods.known.delete('a/web');
    expect(await authenticate(token)).toMatchObject({ reason: GONE });
  });

  it('counts while this server is behind the one that issued it', async () => {
    const { issuer, authenticate, objects } = setUp();
    const { token } = await issuer.issue(account, {});
    objects.serviceAccounts.known.delete('a/bot');
    objects.serviceAccounts.stale.set('a/bot', account);
    expect(await authenticate(token)).toMatchObject({ type: 'user' });
  });

  it('is refused when it is forged', async () => {
    const { issuer, issuerOf, authenticate } = setUp();
    const { token } = await issuer.issue(account, {});
    const [head, claims, signature] = token.split('.') as [string, string, string];
    const other = { ...claimsOf(token), sub: 'system:serviceaccount:a:root' };
    const forged = Buffer.from(JSON.stringify(other)).toString('base64url');
    const stranger = realTokenKeys.signing(pem('rsa'));
    const unsigned = Buffer.from('{"alg":"none"}').toString('base64url');
    for (const bad of [
      `${head}.${forged}.${signature}`,
      `${unsigned}.${claims}.`,
      `${head}.${claims}.${signature.slice(0, -4)}AAAA`,
    ])
      expect(await authenticate(bad)).toEqual({
        type: 'refused',
        reason: 'go-jose/go-jose: error in cryptographic primitive',
      });
    const { token: foreign } = await issuerOf(stranger).issue(account, {});
    expect(await authenticate(foreign)).toEqual({
      type: 'refused',
      reason: 'invalid signature, no keys found',
    });
  });

  it('of somebody else is none of ours', async () => {
    const { issuerOf, authenticate } = setUp();
    const { token } = await issuerOf(rsa, 'https://other.example').issue(account, {});
    for (const text of [token, 'opaque', 'a.b.c', 'a.e30.c'])
      expect(await authenticate(text)).toEqual({ type: 'none' });
  });

  it('in a Secret lives as long as the Secret holds it', async () => {
    const { authenticate, objects } = setUp();
    const token = tokenInSecret();
    const refused = (reason: string) => ({ type: 'refused', reason });
    expect(await authenticate(token)).toEqual(refused('Token has been invalidated'));
    const data = { token: Buffer.from(token).toString('base64') };
    objects.secrets.known.set('a/s', { metadata: { name: 's' }, data } as unknown as Secret);
    expect(await authenticate(token)).toMatchObject({
      user: { name: 'system:serviceaccount:a:bot', uid: 'bot-1' },
    });
    const labels = { 'kubernetes.io/legacy-token-invalid-since': '2026-01-01' };
    const marked = { metadata: { name: 's', labels }, data } as unknown as Secret;
    objects.secrets.known.set('a/s', marked);
    expect(await authenticate(token)).toMatchObject({
      reason: expect.stringContaining(
        'in secret a/s for service account a/bot has been marked',
      ) as string,
    });
    objects.secrets.known.set('a/s', { metadata: { name: 's' }, data: {} } as unknown as Secret);
    expect(await authenticate(token)).toEqual(refused("Token does not match server's copy"));
  });
});

describe('the use of a token in a Secret', () => {
  const LAST_USED = 'kubernetes.io/legacy-token-last-used';

  it('is noted once a day, if it is invalid too', async () => {
    const { authenticate, clock, objects, patches } = setUp();
    const token = tokenInSecret();
    const data = { token: Buffer.from(token).toString('base64') };
    const uses = async (labels: Record<string, string>): Promise<unknown[]> => {
      const metadata = { namespace: 'a', name: 's', uid: 's-1', labels };
      objects.secrets.known.set('a/s', { metadata, data } as unknown as Secret);
      patches.length = 0;
      await authenticate(token);
      return [...patches];
    };
    expect(clock.now()).toBe(Date.parse('2023-11-14T22:13:20Z'));
    const labels = { [LAST_USED]: '2023-11-14' };
    const noted = [['/api/v1/namespaces/a/secrets/s', { metadata: { uid: 's-1', labels } }]];
    const invalid = { 'kubernetes.io/legacy-token-invalid-since': '2023-01-01' };
    for (const before of [{}, { [LAST_USED]: '2023-11-13' }, invalid])
      expect(await uses(before)).toEqual(noted);
    for (const day of ['2023-11-14', '2023-11-15'])
      expect(await uses({ [LAST_USED]: day })).toEqual([]);
  });
});

describe('a TokenReview says as kube-apiserver does of a token with', () => {
  const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const publicPem = createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
  const [own] = realTokenKeys.verification(publicPem);
  const clock = new FakeClock();
  const ids = { bot: 'bot-1', web: 'web-1', s: 's-1', n1: 'n1-1' };
  const scene: TokenScene = {
    ...{ issuer: ISSUER, key, publicPem, keyId: own!.keyId, otherKeyId: ec.keyId, uids: ids },
    nowSeconds: Math.floor(clock.now() / 1000),
  };
  const holding = <T extends KubernetesObject>(at: string, name: keyof typeof ids): Subjects<T> => {
    const subjects = new Subjects<T>();
    subjects.known.set(`${at}/${name}`, { metadata: { name, uid: ids[name] } } as unknown as T);
    return subjects;
  };
  const objects = {
    serviceAccounts: holding<ServiceAccount>('default', 'bot'),
    pods: holding<Pod>('default', 'web'),
    secrets: holding<Secret>('default', 's'),
    nodes: holding<Node>('', 'n1'),
  };
  const use = { note: () => Promise.resolve() };
  const options = {
    ...{ objects, clock, use, apiAudiences: ['api'] },
    ...{ issuers: [ISSUER], keys: [ec, own!] },
  };
  const tokens = anyToken(() => [new AccountTokens(options)]);

  it.each(oddTokens.map((odd) => [odd.title, odd] as const))('%s', async (_, odd) => {
    const result = await tokens.authenticateToken(odd.make(scene), ['api']);
    const reason = result.type === 'refused' ? result.reason : undefined;
    expect(reason).toBe(refusalOf(odd, scene));
  });
});

describe('a token’s binding', () => {
  it.each([
    [{ ...bound, name: 'none' }, 'pods "none" not found'],
    [{ ...bound, uid: 'x' }, 'the UID in the bound object reference (x) does not match the UID'],
    [
      { kind: 'Job', apiVersion: 'batch/v1', name: 'x' },
      'cannot bind token to object of type batch/v1, Kind=Job',
    ],
  ])('%j: %s', async (boundObjectRef, message) => {
    await expect(setUp().issuer.issue(account, { boundObjectRef })).rejects.toThrow(message);
  });

  it('is to a pod of the account', async () => {
    const other = { ...account, metadata: { ...account.metadata, name: 'other' } };
    await expect(setUp().issuer.issue(other, { boundObjectRef: bound })).rejects.toThrow(
      'cannot bind token for serviceaccount "other" to pod running with different serviceaccount name.',
    );
  });
});

describe('the published keys', () => {
  it('check tokens, and name themselves as the tokens do', async () => {
    const { issuer } = setUp();
    const { token } = await issuer.issue(account, {});
    const documents = openIdDocuments({
      issuer: ISSUER,
      keySetUrl: `${ISSUER}/k`,
      keys: [rsa, ec],
    });
    expect(documents.configuration).toMatchObject({
      issuer: ISSUER,
      id_token_signing_alg_values_supported: ['ES256', 'RS256'],
    });
    const { keys } = documents.keySet as { keys: Record<string, string>[] };
    const head = JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString()) as object;
    expect(head).toEqual({ alg: 'RS256', kid: keys[0]!['kid'] });
    expect(realTokenKeys.published(keys[0]!)!.verify(token)).toMatchObject({ iss: ISSUER });
    expect(realTokenKeys.published(keys[1]!)!.verify(token)).toBe(undefined);
    expect(keys[0]).not.toHaveProperty('d');
  });

  it('are read from files of any form, several in one', () => {
    const both = `${pem('rsa')}\n${pem('ec')}`;
    expect(realTokenKeys.verification(both).map(({ algorithm }) => algorithm)).toEqual([
      'RS256',
      'ES256',
    ]);
    expect(() => realTokenKeys.verification('nothing')).toThrow('does not contain any valid');
  });
});
