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
import type { CSIDriver } from '../api/types/storage-v1.ts';
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

/** What drivers, and those that attach their volumes, tell. */
function watchedDrivers(informers: InformerFactory, notify: Notify) {
  const nodes = informers.of(csiNodes);
  nodes.addHandler({
    added: (object) => notify({ kind: 'CSINode', object }),
    updated: (old, object) => {
      if (!deepEqual(old.spec, object.spec)) notify({ kind: 'CSINode', object, old });
    },
  });
  const attachments = informers.of(volumeAttachments);
  attachments.addIndex(NODE_INDEX, ({ spec }) => [spec.nodeName]);
  attachments.addHandler({
    deleted: (object) => notify({ kind: 'VolumeAttachmentDelete', object }),
  });
  const drivers = informers.of(csiDrivers);
  drivers.addHandler({
    updated: (old, object) => notify({ kind: 'CSIDriver', object, old }),
    deleted: (old) => notify({ kind: 'CSIDriver', object: withoutCapacity(old), old }),
  });
  const capacities = informers.of(csiStorageCapacities);
  capacities.addIndex(CLASS_INDEX, ({ storageClassName }) => [storageClassName]);
  capacities.addHandler({
    added: (object) => notify({ kind: 'StorageCapacity', object }),
    updated: (old, object) => notify({ kind: 'StorageCapacity', object, old }),
  });
  return { nodes, attachments, drivers, capacities };
}

const withoutCapacity = ({ spec, ...driver }: CSIDriver): CSIDriver => ({
  ...driver,
  spec: { ...spec, storageCapacity: false },
});

type Notify = (event: ClusterEvent) => void;

export function watchedStorage(
  client: Client,
  informers: InformerFactory,
  notify: Notify,
): Storage {
  const changes = new Changes();
  const follow = <T extends KubernetesObject>(
    type: ResourceType<T>,
    eventOf: (change: { readonly object: T; readonly old?: T }) => ClusterEvent,
  ) => {
    const informer = informers.of(type);
    const announced = (event: ClusterEvent): void => {
      notify(event);
      changes.announce();
    };
    informer.addHandler({
      added: (object) => announced(eventOf({ object })),
      updated: (old, object) => announced(eventOf({ object, old })),
      deleted: () => changes.announce(),
    });
    return informer;
  };
  const claims = follow(persistentVolumeClaims, (change) => {
    const key = keyOf(change.object);
    return { kind: 'Claim', key, ...change };
  });
  const volumes = follow(persistentVolumes, (change) => ({ kind: 'Volume', ...change }));
  const classes = follow(storageClasses, (change) => ({ kind: 'StorageClass', ...change }));
  const { nodes, attachments, drivers, capacities } = watchedDrivers(informers, notify);
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
