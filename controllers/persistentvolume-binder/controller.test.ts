/** Claims and volumes against a real API server, in whatever order they come. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  storageClasses,
} from '../../api/resources.ts';
import type { RestClient } from '../../client/rest.ts';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { type FakeClock, settle } from '../../test/support/fake-clock.ts';
import { startSteppedControllers } from '../../test/support/stepped-controllers.ts';

const parts = new Lifecycle();
const namespace = 'default';
const accessModes = ['ReadWriteOnce'];
let clock: FakeClock;
let client: RestClient;

beforeEach(async () => {
  ({ clock, client } = await startSteppedControllers(parts, {
    controllers: ['persistentvolume-binder'],
    resourceTypes: [pods, persistentVolumes, persistentVolumeClaims, storageClasses],
  }));
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
