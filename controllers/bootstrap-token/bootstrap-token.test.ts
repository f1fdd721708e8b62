/** How `kubeadm join` comes to trust a cluster, and how its tokens end. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configMaps, secrets } from '../../api/resources.ts';
import type { Secret } from '../../api/types/core-v1.ts';
import type { RestClient } from '../../client/rest.ts';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { silentLogger as logger } from '../../platform/logger.ts';
import { realClock as clock } from '../../platform/node/clock.ts';
import { hmacSha256 } from '../../platform/node/crypto/crypto.ts';
import { realRandom as random } from '../../platform/node/random.ts';
import { eventually, startEmbeddedApi } from '../../test/support/embedded-api.ts';
import { startControllers } from '../manager.ts';
import { planSignatures } from './plan.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const LATER = '2026-01-02T00:00:00Z';
const EARLIER = '2025-12-31T00:00:00Z';

function token(id: string, fields: Readonly<Record<string, string>> = {}): Secret {
  const all = {
    'token-id': id,
    'token-secret': '0123456789abcdef',
    'usage-bootstrap-signing': 'true',
    ...fields,
  };
  const data = Object.fromEntries(
    Object.entries(all).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
  );
  const metadata = { name: `bootstrap-token-${id}`, namespace: 'kube-system' };
  return { metadata, type: 'bootstrap.kubernetes.io/token', data } as unknown as Secret;
}

const info = (data: Readonly<Record<string, string>>) => ({
  ...{ apiVersion: 'v1', kind: 'ConfigMap' },
  metadata: { name: 'cluster-info', namespace: 'kube-public' },
  data,
});
const CONTENT = 'apiVersion: v1\nkind: Config\n';
const sign = (data: Readonly<Record<string, string>>, ...of: Secret[]) =>
  planSignatures(info(data), of, { nowMs: NOW, hmac: hmacSha256 })?.data;

describe('cluster-info', () => {
  it('is signed as kubeadm computes it', () => {
    // Computed with Python's hmac and base64.
    const signature =
      'eyJhbGciOiJIUzI1NiIsImtpZCI6ImFiY2RlZiJ9..vH_kT4yiol-nrAWgjfCYqvum5wsKETXe0S7OOp1VgnE';
    const signed = { kubeconfig: CONTENT, 'jws-kubeconfig-abcdef': signature };
    expect(sign({ kubeconfig: CONTENT }, token('abcdef'))).toEqual(signed);
    expect(sign(signed, token('abcdef'))).toBeUndefined();
    expect(sign(signed, token('abcdef', { expiration: LATER }))).toBeUndefined();
  });

  it.each([
    ['has ended', token('abcdef', { expiration: EARLIER })],
    ['ends nobody knows when', token('abcdef', { expiration: 'tomorrow' })],
    ['is not for signing', token('abcdef', { 'usage-bootstrap-signing': 'false' })],
    ['has no secret', token('abcdef', { 'token-secret': '' })],
    ['is named for another', token('abcdef', { 'token-id': 'ghijkl' })],
    ['is no token', { ...token('abcdef'), type: 'Opaque' }],
  ])('loses the signature of one that %s', (_why, secret) => {
    const held = { kubeconfig: CONTENT, other: 'x', 'jws-kubeconfig-abcdef': 'old' };
    expect(sign(held, secret)).toEqual({ kubeconfig: CONTENT, other: 'x' });
  });

  it('without a kubeconfig has nothing to sign', () => {
    expect(sign({ other: 'x' }, token('abcdef'))).toBeUndefined();
  });
});

describe('the controllers of bootstrap tokens', () => {
  const parts = new Lifecycle();
  let client: RestClient;
  beforeAll(async () => {
    ({ client } = await startEmbeddedApi(parts));
    const controllers = ['bootstrapsigner', 'tokencleaner'];
    const effects = { client, clock, random, logger, hmacSha256 };
    const running = await parts.start(() =>
      startControllers({ ...effects, controllers, freeze: true }),
    );
    await running.ready();
    await client.create(configMaps, info({ kubeconfig: CONTENT }));
  });
  afterAll(() => parts.stop());

  const signedBy = async (...ids: string[]): Promise<void> => {
    await eventually(client, configMaps, (maps) => {
      const map = maps.find(({ metadata }) => metadata.name === 'cluster-info');
      const keys = Object.keys(map?.data ?? {}).filter((key) => key.startsWith('jws-'));
      return keys.sort().join() === ids.map((id) => `jws-kubeconfig-${id}`).join();
    });
  };

  it('follow tokens as they come and go', async () => {
    await client.create(secrets, token('aaaaaa'));
    await client.create(secrets, token('bbbbbb'));
    await signedBy('aaaaaa', 'bbbbbb');
    await client.delete(secrets, { namespace: 'kube-system', name: 'bootstrap-token-aaaaaa' });
    await signedBy('bbbbbb');
  });

  it('follow what is signed', async () => {
    const map = await client.get(configMaps, { namespace: 'kube-public', name: 'cluster-info' });
    await client.update(configMaps, { ...map, data: { ...map.data, kubeconfig: 'new' } });
    await eventually(client, configMaps, (maps) => {
      const { data = {} } = maps.find(({ metadata }) => metadata.name === 'cluster-info')!;
      return sign(data, token('bbbbbb')) === undefined;
    });
  });

  it('remove tokens that ended, and no others', async () => {
    const soon = new Date(clock.now() + 50).toISOString();
    const late = new Date(clock.now() + 3_600_000).toISOString();
    await client.create(secrets, token('cccccc', { expiration: soon }));
    await client.create(secrets, token('dddddd', { expiration: late }));
    const names = (items: readonly Secret[]) => items.map(({ metadata }) => metadata.name);
    const left = await eventually(
      client,
      secrets,
      (items) => !names(items).includes('bootstrap-token-cccccc'),
    );
    expect(names(left)).toContain('bootstrap-token-dddddd');
    expect(names(left)).toContain('bootstrap-token-bbbbbb');
  });
});
