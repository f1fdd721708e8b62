/** Volumes of a driver, against a real API server; the test is the driver and the node agent. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  csiDrivers,
  events,
  nodes,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  volumeAttachments,
} from '../../api/resources.ts';
import type { VolumeAttachment } from '../../api/types/storage-v1.ts';
import type { RestClient } from '../../client/rest.ts';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { realCiphers } from '../../platform/node/crypto/ciphers.ts';
import { type FakeClock, settle } from '../../test/support/fake-clock.ts';
import { startSteppedControllers } from '../../test/support/stepped-controllers.ts';

let parts: Lifecycle;
let clock: FakeClock;
let client: RestClient;
const merge = 'application/merge-patch+json';
const namespace = 'default';

beforeEach(async () => {
  parts = new Lifecycle();
  const stored = [persistentVolumes, persistentVolumeClaims, csiDrivers, volumeAttachments];
  ({ clock, client } = await startSteppedControllers(parts, {
    controllers: ['attachdetach'],
    resourceTypes: [pods, nodes, ...stored],
    fingerprint: realCiphers.fingerprint,
  }));
  for (const name of ['a', 'b']) await addNode(name);
});

afterEach(() => parts.stop());

async function addNode(name: string): Promise<void> {
  const annotations = { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' };
  await client.create(nodes, { metadata: { name, annotations }, spec: {} });
  const conditions = [{ type: 'Ready', status: 'True', reason: 'KubeletReady', message: '' }];
  await tell(name, { conditions });
}

const tell = (name: string, status: object) =>
  client.patch(nodes, { name }, { type: merge, body: { status }, subresource: 'status' });

async function addVolume(name: string, driver = 'd.example'): Promise<void> {
  const accessModes = ['ReadWriteOnce'];
  const claimRef = { namespace, name };
  await client.create(persistentVolumes, {
    metadata: { name },
    spec: {
      ...{ accessModes, claimRef, capacity: { storage: '1Gi' } },
      ...{ storageClassName: '', csi: { driver, volumeHandle: `h-${name}` } },
    },
  });
  const resources = { requests: { storage: '1Gi' } };
  await client.create(persistentVolumeClaims, {
    metadata: { namespace, name },
    spec: { accessModes, resources, storageClassName: '', volumeName: name },
  });
  const body = { status: { phase: 'Bound' } };
  const patch = { type: merge, body, subresource: 'status' } as const;
  await client.patch(persistentVolumeClaims, { namespace, name }, patch);
}

async function addPod(name: string, nodeName: string, claimName: string): Promise<void> {
  const volumes = [{ name: 'v', persistentVolumeClaim: { claimName } }];
  const containers = [{ name: 'c', image: 'c' }];
  const spec = { nodeName, volumes, containers };
  await client.create(pods, { metadata: { namespace, name }, spec });
  await settled();
}

const settled = async (): Promise<void> => {
  await clock.advance(50);
  await settle();
};

/** A list after a long pause waits for word of the store. */
async function attachments(): Promise<readonly VolumeAttachment[]> {
  const listed = client.list(volumeAttachments);
  await clock.advance(100);
  return (await listed).items;
}
const places = async () => (await attachments()).map(({ spec }) => spec.nodeName);

async function driverSays(status: object): Promise<void> {
  const patch = { type: merge, body: { status }, subresource: 'status' } as const;
  for (const { metadata } of await attachments())
    await client.patch(volumeAttachments, { name: metadata.name! }, patch);
  await settled();
}

async function told(): Promise<string[]> {
  await clock.advance(2000);
  await settle();
  const { items } = await client.list(events, { namespace });
  return items.map(({ involvedObject, message }) => `${involvedObject.name}: ${message}`);
}

const statusOf = async (name: string) => (await client.get(nodes, { name })).status!;

describe('a volume of a driver', () => {
  const unique = 'kubernetes.io/csi/d.example^h-data';

  it('follows its pod, when the node before has let go of it', async () => {
    await addVolume('data');
    await addPod('one', 'a', 'data');
    const [first] = await attachments();
    expect(first!.metadata.name).toMatch(/^csi-[0-9a-f]{64}$/);
    expect(first!.spec).toMatchObject({ attacher: 'd.example', nodeName: 'a' });
    expect((await statusOf('a')).volumesAttached).toBeUndefined();
    await driverSays({ attached: true });
    expect((await statusOf('a')).volumesAttached).toEqual([{ name: unique, devicePath: '' }]);
    await tell('a', { volumesInUse: [unique] });
    await addPod('two', 'b', 'data');
    await client.delete(pods, { namespace, name: 'one' }, { gracePeriodSeconds: 0 });
    await settled();
    expect(await places()).toEqual(['a']);
    await tell('a', { volumesInUse: null });
    await settled();
    expect(await places()).toEqual(['b']);
    expect((await statusOf('a')).volumesAttached ?? []).toEqual([]);
    expect(await told()).toEqual([
      'one: AttachVolume.Attach succeeded for volume "data" ',
      'two: Multi-Attach error for volume "data" Volume is already used by pod(s) one',
    ]);
  });

  it('is taken from a node that is silent for six minutes', async () => {
    await addVolume('data');
    await addPod('one', 'a', 'data');
    await driverSays({ attached: true });
    const conditions = [{ type: 'Ready', status: 'Unknown', reason: 'x', message: '' }];
    await tell('a', { volumesInUse: [unique], conditions });
    await client.delete(pods, { namespace, name: 'one' }, { gracePeriodSeconds: 0 });
    await clock.advance(350_000);
    await settle();
    expect(await places()).toEqual(['a']);
    await clock.advance(11_000);
    await settle();
    expect(await places()).toEqual([]);
  });

  it('tells pods what its driver says, or that it says nothing', async () => {
    await addVolume('data');
    await addPod('one', 'a', 'data');
    await clock.advance(121_000);
    const late =
      'one: AttachVolume.Attach failed for volume "data" : timed out waiting for ' +
      'external-attacher of d.example CSI driver to attach volume h-data';
    expect(await told()).toEqual([late]);
    await driverSays({ attached: false, attachError: { message: 'no such disk' } });
    const failed = 'one: AttachVolume.Attach failed for volume "data" : no such disk';
    expect(await told()).toEqual([late, failed]);
  });

  it('is left alone if its driver attaches nothing, or its name is no name of ours', async () => {
    const metadata = { name: 'e.example' };
    await client.create(csiDrivers, { metadata, spec: { attachRequired: false } });
    await addVolume('data', 'e.example');
    const source = { persistentVolumeName: 'data' };
    const spec = { attacher: 'x', nodeName: 'b', source };
    await client.create(volumeAttachments, { metadata: { name: 'somebody' }, spec });
    await addPod('one', 'a', 'data');
    expect(await places()).toEqual(['b']);
  });
});
