import { afterEach, beforeEach, expect, it } from 'vitest';
import { formatMicroTime } from '../../api/time.ts';
import type { Lease } from '../../api/types/coordination-v1.ts';
import { silentLogger as logger } from '../../platform/logger.ts';
import { realClock } from '../../platform/node/clock.ts';
import { realCiphers } from '../../platform/node/crypto/ciphers.ts';
import { realRandom as random } from '../../platform/node/random.ts';
import { MemoryKv } from '../../test/model/memory-kv.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { startApiServer } from '../server.ts';
import type { ApiServer } from '../server-options.ts';
import { IdentityLease, identityOn, isOver } from './identity-lease.ts';
import { SelfClient } from './self-client.ts';

const IDENTITY = { 'apiserver.kubernetes.io/identity': 'kube-apiserver' };
const path = (namespace = 'kube-system'): string =>
  `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;

let server: ApiServer;
let client: SelfClient;
let clock: FakeClock;
const started: IdentityLease[] = [];

beforeEach(async () => {
  server = startApiServer({ kv: new MemoryKv(), clock: realClock, random, logger });
  await server.ready();
  client = new SelfClient(server.handler, new AbortController().signal);
  clock = new FakeClock(Date.parse('2026-01-01T00:00:00Z'));
});

afterEach(async () => {
  for (const each of started.splice(0)) await each.stop();
  await server.stop();
});

function start(hostname: string): ReturnType<typeof identityOn> {
  const identity = identityOn(hostname, realCiphers.fingerprint);
  const lease = new IdentityLease({ clock, random, logger, client, identity });
  started.push(lease);
  lease.start();
  return identity;
}

/** Both loops of each have done what they had to, and wait for their time. */
const idle = () => expect.poll(() => clock.timers).toBe(2 * started.length);

async function listed(namespace?: string): Promise<Lease[]> {
  return ((await client.get(path(namespace))) as unknown as { items: Lease[] }).items;
}

it('is named by its host, as kube-apiserver 1.34.1 names its own', () => {
  const { name } = identityOn('node-1.example.com', realCiphers.fingerprint);
  expect(name).toBe('apiserver-iwnuvvk6ostz3iw72j5q3rbs5i');
});

it('is renewed every ten seconds, by each server of its host; who made it holds it', async () => {
  const { name } = start('ann');
  await idle();
  const [made] = await listed();
  expect(made).toMatchObject({
    metadata: { name, labels: { ...IDENTITY, 'kubernetes.io/hostname': 'ann' } },
    spec: { leaseDurationSeconds: 3_600, renewTime: '2026-01-01T00:00:00.000000Z' },
  });
  expect(made!.spec.holderIdentity).toMatch(new RegExp(`^${name}_[-0-9a-f]{36}$`));
  start('ann');
  await idle();
  await clock.advance(10_000);
  await idle();
  const { spec } = made!;
  expect(await listed()).toMatchObject([
    { metadata: { name }, spec: { ...spec, renewTime: '2026-01-01T00:00:10.000000Z' } },
  ]);
  await client.delete(`${path()}/${name}`);
  await clock.advance(10_000);
  await idle();
  expect((await listed()).map(({ metadata }) => metadata.name)).toEqual([name]);
});

it('is collected once it has run out, and nothing else is', async () => {
  const put = (name: string, labels: object, { namespace = 'kube-system', ago = 7_200 } = {}) =>
    client.create(path(namespace), {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name, labels },
      spec: {
        leaseDurationSeconds: 3_600,
        renewTime: formatMicroTime(clock.now() - ago * 1_000),
      },
    });
  await put('gone', IDENTITY);
  await put('fresh', IDENTITY, { ago: 120 });
  await put('other', {});
  await put('elsewhere', IDENTITY, { namespace: 'default' });
  const { name } = start('ann');
  await idle();
  const names = async (namespace?: string) =>
    (await listed(namespace)).map(({ metadata }) => metadata.name).sort();
  expect(await names()).toEqual([name, 'fresh', 'other'].sort());
  expect(await names('default')).toEqual(['elsewhere']);
  await clock.advance(3_600_000);
  await idle();
  expect(await names()).toEqual([name, 'other'].sort());
});

it('has run out if it does not say when it does', () => {
  const renewTime = '2026-01-01T00:00:00.000000Z';
  expect(isOver({ renewTime }, 0)).toBe(true);
  expect(isOver({ leaseDurationSeconds: 1 }, 0)).toBe(true);
  expect(isOver({ renewTime, leaseDurationSeconds: 1 }, Date.parse(renewTime))).toBe(false);
});
