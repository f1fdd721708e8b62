/** Tokens that nobody issues, reviewed by a kube-apiserver 1.34.1 that knows their key. */
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lifecycle } from '../../../platform/lifecycle.ts';
import { realTokenKeys } from '../../../platform/node/crypto/token-keys.ts';
import { testFolder } from '../../../test/support/flagged-api.ts';
import { hasKubeApiserver, KubeApiserver, START_MS } from '../../../test/support/kube-apiserver.ts';
import { oddTokens, refusalOf, type TokenScene } from '../../../test/support/odd-tokens.ts';

const ISSUER = 'https://odd.example';
const parts = new Lifecycle();
let kubernetes: KubeApiserver;
let scene: TokenScene;

describe.skipIf(!hasKubeApiserver())('kube-apiserver says of a token with', () => {
  beforeAll(async () => {
    const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const publicPem = createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
    const own = realTokenKeys.verification(publicPem)[0]!;
    const file = await (await testFolder(parts))('odd.pub', publicPem);
    kubernetes = await parts.start(() =>
      KubeApiserver.start([
        `--service-account-key-file=${file}`,
        `--service-account-issuer=${ISSUER}`,
        '--api-audiences=api',
      ]),
    );
    const { body: keySet } = await kubernetes.call('GET', '/openid/v1/jwks');
    const ids = (keySet['keys'] as { kid: string }[]).map(({ kid }) => kid);
    const create = async (path: string, body: object): Promise<string> => {
      const made = await kubernetes.call('POST', `/api/v1/${path}`, { body });
      return (made.body['metadata'] as { uid: string }).uid;
    };
    const container = { name: 'c', image: 'i' };
    const pod = { serviceAccountName: 'bot', containers: [container] };
    const inDefault = 'namespaces/default';
    const bot = await create(`${inDefault}/serviceaccounts`, { metadata: { name: 'bot' } });
    const web = await create(`${inDefault}/pods`, { metadata: { name: 'web' }, spec: pod });
    const s = await create(`${inDefault}/secrets`, { metadata: { name: 's' } });
    const n1 = await create('nodes', { metadata: { name: 'n1' } });
    scene = {
      ...{ issuer: ISSUER, key, keyId: own.keyId, publicPem, uids: { bot, web, s, n1 } },
      otherKeyId: ids.find((id) => id !== own.keyId)!,
      nowSeconds: Math.floor(Date.now() / 1000),
    };
  }, START_MS * 2);
  afterAll(() => parts.stop());

  it.each(oddTokens.map((odd) => [odd.title, odd] as const))('%s', async (_, odd) => {
    const path = '/apis/authentication.k8s.io/v1/tokenreviews';
    const { body } = await kubernetes.call('POST', path, {
      body: { spec: { token: odd.make(scene) } },
    });
    expect((body['status'] as { error?: string }).error).toBe(refusalOf(odd, scene));
  });
});
