import { expect, it } from 'vitest';
import { statusError } from '../api/status.ts';
import type { Node, Pod } from '../api/types/core-v1.ts';
import type { Client } from '../client/interface.ts';
import { aPod } from '../test/support/scheduling.ts';
import { VolumesInUse } from './volumes-in-use.ts';

const claim = (claimName: string) => [{ name: 'v', persistentVolumeClaim: { claimName } }];
const podOf = (uid: string, claimName: string): Pod => {
  const pod = aPod({ name: uid, volumes: claim(claimName) });
  return { ...pod, metadata: { ...pod.metadata, uid } };
};
const objects: Record<string, object> = {
  'persistentvolumeclaims/one': { spec: { volumeName: 'pv' } },
  'persistentvolumes/pv': { spec: { csi: { driver: 'd', volumeHandle: 'h' } } },
};
const unique = 'kubernetes.io/csi/d^h';

function begin() {
  let asked = 0;
  const get = async ({ resource }: { resource: string }, { name }: { name: string }) => {
    asked++;
    const found = objects[`${resource}/${name}`];
    if (found === undefined) throw statusError('NotFound', `${name} not found`);
    return found;
  };
  const node = { status: { volumesAttached: [{ name: unique, devicePath: '' }] } };
  const world: { node: object; pods: Pod[] } = {
    node,
    pods: [podOf('a', 'one')],
  };
  const volumes = new VolumesInUse({
    client: { get } as unknown as Client,
    latest: () => world.node as Node,
    pods: () => world.pods,
  });
  return { world, volumes, asked: () => asked };
}

it('tells of attached volumes that pods mount, and asks once for each pod', async () => {
  const { world, volumes, asked } = begin();
  await volumes.look();
  await volumes.look();
  expect([volumes.names, asked()]).toEqual([[unique], 2]);
  world.pods.push(podOf('b', 'gone'));
  await volumes.look();
  expect(volumes.names).toEqual([unique]);
  world.pods.length = 0;
  await volumes.look();
  expect(volumes.names).toEqual([]);
});

it('asks for nothing where nothing is attached', async () => {
  const { world, volumes, asked } = begin();
  world.node = { status: {} };
  await volumes.look();
  expect([volumes.names, asked()]).toEqual([[], 0]);
});
