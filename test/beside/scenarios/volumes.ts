import type { Place, Seen } from '../place.ts';
import { claimUser, type Scenario, storageClass } from '../scenario.ts';

const claim = (name: string, more: string): string => `
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: ${name} }
spec:
  accessModes: [ReadWriteOnce]
  resources: { requests: { storage: 1Gi } }
  ${more}`;

const volume = (more: string): string => `
apiVersion: v1
kind: PersistentVolume
metadata: { name: NAMESPACE }
spec:
  accessModes: [ReadWriteOnce]
  capacity: { storage: 2Gi }
  hostPath: { path: /tmp/nowhere }
  ${more}`;

const available = ({ status }: Seen): boolean => status?.phase === 'Available';

const bound = ({ status }: Seen): boolean => status?.phase === 'Bound';

/** A volume, and a claim "data" that gets it. */
async function claimVolume(
  at: Place,
  more: { readonly ofVolume?: string; readonly ofClaim?: string } = {},
): Promise<void> {
  await at.create(volume(`storageClassName: "NAMESPACE"\n  ${more.ofVolume ?? ''}`));
  await at.until('PersistentVolume', at.namespace, available);
  await at.create(claim('data', `storageClassName: NAMESPACE\n  ${more.ofClaim ?? ''}`));
  await at.until('PersistentVolumeClaim', 'data', bound);
}

/** Of a driver, by a handle that no other scenario has. */
const driverVolume = (handle: string): string =>
  volume(`storageClassName: "NAMESPACE"`).replace(
    'hostPath: { path: /tmp/nowhere }',
    `csi: { driver: hollow.wherry.io, volumeHandle: ${handle} }`,
  );

const podOn = (node: string, name: string): string => `
apiVersion: v1
kind: Pod
metadata: { name: ${name} }
spec:
  nodeName: ${node}
  volumes: [{ name: data, persistentVolumeClaim: { claimName: data } }]
  containers: [{ name: main, image: "example.org/main:1" }]`;

/** SHA-256 of handle, driver and node. */
const attachments = {
  'beside-1': 'csi-e81a9960e417b86da16f4bb1d63183454baa23b09d849b8539cc0bbb8d56e4a8',
  'beside-2': 'csi-fb1dfb3ae463162232fe13e991cd262fd35ca81b245d5f6298376225b5765169',
  'beside-3': 'csi-bd76b8cf524bd534a15b428b2210e1f93903c73d63fe5df79b6592a63d56b57a',
};

/** A pod on node1 that has a volume of a driver attached. */
async function attach(at: Place, handle: keyof typeof attachments): Promise<void> {
  await at.create(driverVolume(handle));
  await at.until('PersistentVolume', at.namespace, available);
  await at.create(claim('data', 'storageClassName: NAMESPACE'));
  await at.until('PersistentVolumeClaim', 'data', bound);
  await at.create(podOn('node1', 'user'));
  await at.untilEvent('SuccessfulAttachVolume');
}

export const volumeScenarios: readonly Scenario[] = [
  {
    name: 'claim and volume that find each other',
    also: ['PersistentVolume/NAMESPACE'],
    async run(at) {
      await claimVolume(at);
    },
  },
  {
    name: 'claim that goes, its volume kept',
    also: ['PersistentVolume/NAMESPACE'],
    async run(at) {
      await claimVolume(at);
      await at.delete('PersistentVolumeClaim', 'data');
      await at.until(
        'PersistentVolume',
        at.namespace,
        ({ status }) => status?.phase === 'Released',
      );
    },
  },
  {
    name: 'claim that nothing satisfies',
    async run(at) {
      await at.create(claim('data', 'storageClassName: ""'));
      await at.untilEvent('FailedBinding');
    },
  },
  {
    name: 'claim of a class nobody made',
    async run(at) {
      await at.create(claim('data', 'storageClassName: missing'));
      await at.untilEvent('ProvisioningFailed');
    },
  },
  {
    name: 'claim that waits for somebody else to provision it',
    also: ['StorageClass/NAMESPACE'],
    async run(at) {
      await at.create(storageClass('example.org/storage'));
      await at.create(claim('data', 'storageClassName: NAMESPACE'));
      await at.untilEvent('ExternalProvisioning');
    },
  },
  {
    name: 'claim that waits for a pod',
    also: ['StorageClass/NAMESPACE'],
    async run(at) {
      const waits = 'volumeBindingMode: WaitForFirstConsumer';
      await at.create(storageClass('example.org/storage', waits));
      await at.create(claim('data', 'storageClassName: NAMESPACE'));
      await at.untilEvent('WaitForFirstConsumer');
    },
  },
  {
    name: 'claim in use that is deleted',
    also: ['PersistentVolume/NAMESPACE'],
    async run(at) {
      await claimVolume(at);
      await at.create(claimUser());
      await at.until('Pod', 'user', ({ status }) => status?.phase === 'Running');
      await at.delete('PersistentVolumeClaim', 'data');
      await at.until(
        'PersistentVolumeClaim',
        'data',
        ({ metadata }) => metadata.deletionTimestamp !== undefined,
      );
    },
  },
  {
    name: 'pod with an ephemeral volume',
    async run(at) {
      await at.create(`
apiVersion: v1
kind: Pod
metadata: { name: user }
spec:
  volumes:
    - name: data
      ephemeral:
        volumeClaimTemplate:
          metadata: { labels: { made: for-pod } }
          spec:
            storageClassName: ""
            accessModes: [ReadWriteOnce]
            resources: { requests: { storage: 1Gi } }
  containers: [{ name: main, image: "example.org/main:1" }]`);
      await at.until('PersistentVolumeClaim', 'user-data');
      await at.untilEvent('FailedBinding');
    },
  },
  {
    name: 'claim of one volume by its name',
    also: ['PersistentVolume/NAMESPACE'],
    async run(at) {
      await claimVolume(at, { ofClaim: 'volumeName: NAMESPACE' });
    },
  },
  {
    name: 'volume kept for a claim that comes later',
    also: ['PersistentVolume/NAMESPACE'],
    async run(at) {
      await claimVolume(at, { ofVolume: 'claimRef: { namespace: NAMESPACE, name: data }' });
    },
  },
  {
    name: 'claim of a volume that is too small',
    also: ['PersistentVolume/NAMESPACE'],
    async run(at) {
      await at.create(volume('storageClassName: "NAMESPACE"').replace('2Gi', '1Mi'));
      await at.until('PersistentVolume', at.namespace, available);
      await at.create(claim('data', 'storageClassName: NAMESPACE\n  volumeName: NAMESPACE'));
      await at.untilEvent('VolumeMismatch');
    },
  },
  {
    name: 'claim whose volume is lost',
    async run(at) {
      await claimVolume(at);
      await at.delete('PersistentVolume', at.namespace);
      await at.merge('PersistentVolume', at.namespace, { metadata: { finalizers: null } });
      await at.until('PersistentVolumeClaim', 'data', ({ status }) => status?.phase === 'Lost');
    },
  },
  {
    name: 'pod with a volume that a driver attaches',
    also: [`VolumeAttachment/${attachments['beside-1']}`],
    async run(at) {
      await attach(at, 'beside-1');
    },
  },
  {
    name: 'pod whose volume another node has',
    also: [`VolumeAttachment/${attachments['beside-2']}`],
    async run(at) {
      await attach(at, 'beside-2');
      await at.create(podOn('node2', 'other'));
      await at.untilEvent('FailedAttachVolume');
    },
  },
  {
    name: 'volume that its pod leaves',
    async run(at) {
      await attach(at, 'beside-3');
      await at.delete('Pod', 'user');
      await at.untilGone('VolumeAttachment', attachments['beside-3']);
    },
  },
  {
    name: 'volume in use that is deleted, then its claim',
    also: ['PersistentVolume/NAMESPACE'],
    async run(at) {
      await claimVolume(at);
      await at.delete('PersistentVolume', at.namespace);
      await new Promise((resolve) => setTimeout(resolve, 2000));
      await at.delete('PersistentVolumeClaim', 'data');
      await at.untilGone('PersistentVolumeClaim', 'data');
      await at.untilGone('PersistentVolume', at.namespace);
    },
  },
  {
    name: 'ephemeral volume whose pod is shut down and kept',
    async run(at) {
      await at.create(`
apiVersion: v1
kind: Pod
metadata: { name: user, finalizers: [example.org/keep] }
spec:
  nodeName: node1
  volumes:
    - name: data
      ephemeral:
        volumeClaimTemplate:
          spec:
            storageClassName: ""
            accessModes: [ReadWriteOnce]
            resources: { requests: { storage: 1Gi } }
  containers: [{ name: main, image: "example.org/main:1" }]`);
      await at.untilEvent('FailedBinding');
      await at.until('Pod', 'user', ({ status }) => status?.phase === 'Running');
      await at.delete('Pod', 'user', { gracePeriodSeconds: 0 });
      await at.delete('PersistentVolumeClaim', 'user-data');
      await at.untilGone('PersistentVolumeClaim', 'user-data');
    },
  },
];
