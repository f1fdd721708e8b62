/** Claims and volumes against a real API server, in whatever order they come. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  storageClasses,
} from '../../api/resources.ts';
import { startApiServer } from '../../apiserver/server.ts';
import { createClient, type RestClient } from '../../client/rest.ts';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { silentLogger as logger } from '../../platform/logger.ts';
import { MemoryKv } from '../../test/model/memory-kv.ts';
import { withoutControllers } from '../../test/support/admission.ts';
import { FakeClock, settle } from '../../test/support/fake-clock.ts';
import { SeededRandom } from '../../test/support/seeded-random.ts';
import { startControllers } from '../manager.ts';

const parts = new Lifecycle();
const namespace = 'default';
const accessModes = ['ReadWriteOnce'];
let clock: FakeClock;
let client: RestClient;

beforeEach(async () => {
  clock = new FakeClock();
  const effects = { clock, random: new SeededRandom(1), logger };
  const server = await parts.start(() =>
    startApiServer({ ...effects, kv: new MemoryKv(), admissionPlugins: withoutControllers }),
  );
  const ready = server.ready();
  await clock.advance(10);
  await ready;
  const certificate = { commonName: 'admin', organizations: ['system:masters'] };
  client = createClient({
    handler: (request) => server.handler({ ...request, peer: { address: 'test', certificate } }),
    userAgent: 'test',
    clock,
  });
  const running = await parts.start(() =>
    startControllers({
      ...{ ...effects, client, controllers: ['persistentvolume-binder'], freeze: true },
      resourceTypes: [pods, persistentVolumes, persistentVolumeClaims, storageClasses],
    }),
  );
  await running.ready();
});

afterEach(() => parts.stop());

const addVolume = (name: string) =>
  client.create(persistentVolumes, {
    metadata: { name },
    spec: {
      ...{ accessModes, capacity: { storage: '1Gi' }, storageClassName: 'slow' },
      csi: { driver: 'd.example', volumeHandle: name },
    },
  });

const addClaim = (name: string, volumeName: string) =>
  client.create(persistentVolumeClaims, {
    metadata: { namespace, name },
    spec: {
      ...{ accessModes, resources: { requests: { storage: '1Gi' } } },
      ...{ storageClassName: 'slow', volumeName },
    },
  });

/** Less than any controller waits before it looks again by itself. */
async function soon(): Promise<void> {
  for (let i = 0; i < 20; i++) {
    await clock.advance(50);
    await settle();
  }
}

const phaseOf = async (name: string) => {
  const claim = await client.get(persistentVolumeClaims, { namespace, name });
  return claim.status?.phase;
};

it('a claim that names a volume gets it as soon as it is there', async () => {
  await addClaim('data', 'v');
  await soon();
  expect(await phaseOf('data')).toBe('Pending');
  await addVolume('v');
  await soon();
  expect(await phaseOf('data')).toBe('Bound');
});

it('a claim that names a volume of another gets it as soon as it is let go', async () => {
  await addVolume('v');
  await addClaim('first', 'v');
  await soon();
  await addClaim('second', 'v');
  await soon();
  expect(await Promise.all(['first', 'second'].map(phaseOf))).toEqual(['Bound', 'Pending']);
  await client.delete(persistentVolumeClaims, { namespace, name: 'first' });
  await soon();
  const type = 'application/merge-patch+json';
  await client.patch(
    persistentVolumes,
    { name: 'v' },
    { type, body: { spec: { claimRef: null } } },
  );
  await soon();
  expect(await phaseOf('second')).toBe('Bound');
});
