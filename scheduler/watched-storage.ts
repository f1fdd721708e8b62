/** Claims, volumes, classes, CSINodes and attachments as informers see them, for volume plugins. */
import { keyOf, nameOf, namespaceOf, uidOf } from '../api/meta.ts';
import type { ResourceType } from '../api/resource.ts';
import {
  csiDrivers,
  csiNodes,
  csiStorageCapacities,
  persistentVolumeClaims,
  persistentVolumes,
  storageClasses,
  volumeAttachments,
} from '../api/resources.ts';
import { classOfClaim, classOfVolume, SELECTED_NODE } from '../api/scheduling/volumes.ts';
import { deepEqual } from '../api/deep.ts';
import type { KubernetesObject } from '../api/meta.ts';
import type { PersistentVolume, PersistentVolumeClaim } from '../api/types/core-v1.ts';
import type { InformerFactory } from '../client/informer-factory.ts';
import type { Client } from '../client/interface.ts';
import { Changes } from './changes.ts';
import type { ClusterEvent } from './framework/events.ts';
import type { Storage } from './plugins/volumes.ts';

const CANDIDATE_INDEX = 'claim candidates';
const CLASS_INDEX = 'class';
const NODE_INDEX = 'node';
const free = (className: string): string => `class ${className}`;

const candidateOf = ({ spec, ...volume }: PersistentVolume): readonly string[] => {
  const { claimRef } = spec;
  if (claimRef === undefined) return [free(classOfVolume({ spec, ...volume }))];
  return [`claim ${claimRef.namespace}/${claimRef.name}`];
};

export function watchedStorage(
  client: Client,
  informers: InformerFactory,
  notify: (event: ClusterEvent) => void,
): Storage {
  const changes = new Changes();
  const follow = <T extends KubernetesObject>(
    type: ResourceType<T>,
    eventOf: (object: T) => ClusterEvent,
  ) => {
    const informer = informers.of(type);
    const changed = (object: T): void => {
      notify(eventOf(object));
      changes.announce();
    };
    informer.addHandler({
      added: changed,
      updated: (_, object) => changed(object),
      deleted: () => changes.announce(),
    });
    return informer;
  };
  const claims = follow(persistentVolumeClaims, (claim) => ({ kind: 'Claim', key: keyOf(claim) }));
  const volumes = follow(persistentVolumes, () => ({ kind: 'Volume' }));
  const classes = follow(storageClasses, () => ({ kind: 'StorageClass' }));
  const nodes = informers.of(csiNodes);
  nodes.addHandler({
    added: () => notify({ kind: 'CSINode' }),
    updated: (old, node) => {
      if (!deepEqual(old.spec, node.spec)) notify({ kind: 'CSINode' });
    },
  });
  const attachments = informers.of(volumeAttachments);
  attachments.addIndex(NODE_INDEX, ({ spec }) => [spec.nodeName]);
  attachments.addHandler({ deleted: () => notify({ kind: 'VolumeAttachmentDelete' }) });
  const drivers = informers.of(csiDrivers);
  const capacities = informers.of(csiStorageCapacities);
  for (const informer of [drivers, capacities]) {
    const changed = (): void => notify({ kind: 'StorageCapacity' });
    informer.addHandler({ added: changed, updated: changed, deleted: changed });
  }
  capacities.addIndex(CLASS_INDEX, ({ storageClassName }) => [storageClassName]);
  volumes.addIndex(CANDIDATE_INDEX, candidateOf);
  const candidates = (claim: PersistentVolumeClaim): readonly PersistentVolume[] => {
    const key = `claim ${namespaceOf(claim)}/${nameOf(claim)}`;
    const own = volumes.lister.byIndex(CANDIDATE_INDEX, key);
    return [...own, ...volumes.lister.byIndex(CANDIDATE_INDEX, free(classOfClaim(claim) ?? ''))];
  };
  return {
    claim: (key) => claims.lister.get(key),
    volume: (name) => volumes.lister.get(name),
    candidates,
    storageClass: (name) => classes.lister.get(name),
    csiNode: (name) => nodes.lister.get(name),
    csiDriver: (name) => drivers.lister.get(name),
    attachments: (nodeName) => attachments.lister.byIndex(NODE_INDEX, nodeName),
    capacities: (className) => capacities.lister.byIndex(CLASS_INDEX, className),
    changed: () => changes.next(),
    async selectNode(claim, nodeName) {
      const ref = { namespace: namespaceOf(claim), name: nameOf(claim) };
      const metadata = { uid: uidOf(claim), annotations: { [SELECTED_NODE]: nodeName } };
      await client.patch(persistentVolumeClaims, ref, {
        type: 'application/merge-patch+json',
        body: { metadata },
      });
    },
    updateVolume: async (volume) => void (await client.update(persistentVolumes, volume)),
  };
}
