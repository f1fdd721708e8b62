/** How claims and volumes find each other, and what becomes of a volume without its claim. */
import type { Place, Seen } from '../place.ts';
import { claimUser, type Scenario, storageClass } from '../scenario.ts';

const claim = (more = '', name = 'data'): string => `
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: ${name} }
spec:
  accessModes: [ReadWriteOnce]
  storageClassName: NAMESPACE
  resources: { requests: { storage: 1Gi } }
  ${more}`;

const CSI = 'csi: { driver: nobody.example.org, volumeHandle: NAMESPACE }';

const NFS = 'nfs: { server: nowhere.example.org, path: / }';

/** Several of a scenario differ in what their names end in. */
const volume = (more = '', { suffix = '', metadata = '', size = '2Gi' } = {}): string => `
apiVersion: v1
kind: PersistentVolume
metadata: { name: NAMESPACE${suffix}, ${metadata} }
spec:
  accessModes: [ReadWriteOnce]
  capacity: { storage: ${size} }
  storageClassName: NAMESPACE
  ${CSI}
  ${more}`;

const phaseIs =
  (phase: string) =>
  ({ status }: Seen): boolean =>
    status?.phase === phase;

const ofVolume = (at: Place, phase: string, suffix = ''): Promise<Seen> =>
  at.until('PersistentVolume', `${at.namespace}${suffix}`, phaseIs(phase));

const ofClaim = (at: Place, phase: string, name = 'data'): Promise<Seen> =>
  at.until('PersistentVolumeClaim', name, phaseIs(phase));

const also = ['PersistentVolume/NAMESPACE'];
const both = [...also, 'PersistentVolume/NAMESPACE-b'];

/** What becomes of a volume whose claim goes. */
const reclaimed = (name: string, volumeText: string, phase: string): Scenario => ({
  name,
  also,
  async run(at) {
    await at.create(volumeText);
    await ofVolume(at, 'Available');
    await at.create(claim());
    await ofClaim(at, 'Bound');
    await at.delete('PersistentVolumeClaim', 'data');
    await at.untilGone('PersistentVolumeClaim', 'data');
    await ofVolume(at, phase);
  },
});

export const volumeBindingScenarios: readonly Scenario[] = [
  {
    name: 'claim that is there before its volume',
    also,
    async run(at) {
      await at.create(claim());
      await at.untilEvent('ProvisioningFailed');
      await at.create(volume());
      await ofClaim(at, 'Bound');
      await ofVolume(at, 'Bound');
    },
  },
  {
    name: 'claim that takes the smallest volume that is large enough',
    also: [...both, 'PersistentVolume/NAMESPACE-c'],
    async run(at) {
      const sizes = { '': '5Gi', '-b': '3Gi', '-c': '1Mi' };
      for (const [suffix, size] of Object.entries(sizes)) {
        await at.create(volume('', { suffix, size }));
        await ofVolume(at, 'Available', suffix);
      }
      await at.create(claim());
      await ofClaim(at, 'Bound');
      await ofVolume(at, 'Bound', '-b');
    },
  },
  {
    name: 'claim whose class, mode or labels no volume has',
    also: both,
    async run(at) {
      await at.create(volume('volumeMode: Block'));
      // One without a class would be for claims of other scenarios, too.
      const other = volume('', { suffix: '-b' });
      await at.create(other.replace(/(storageClassName: NAMESPACE)/, '$1-other'));
      await ofVolume(at, 'Available');
      await ofVolume(at, 'Available', '-b');
      await at.create(claim());
      await at.create(claim('selector: { matchLabels: { tier: gold } }', 'choosy'));
      await at.untilEvent('ProvisioningFailed');
      await ofClaim(at, 'Pending', 'choosy');
    },
  },
  {
    name: 'claim that chooses its volume by labels',
    also: both,
    async run(at) {
      await at.create(volume());
      await at.create(volume('', { suffix: '-b', metadata: 'labels: { tier: gold }' }));
      await ofVolume(at, 'Available');
      await ofVolume(at, 'Available', '-b');
      await at.create(claim('selector: { matchLabels: { tier: gold } }'));
      await ofClaim(at, 'Bound');
      await ofVolume(at, 'Bound', '-b');
    },
  },
  {
    name: 'volume kept for a claim that is not this one',
    also,
    async run(at) {
      const kept = 'claimRef: { namespace: NAMESPACE, name: other }';
      await at.create(volume(kept));
      await ofVolume(at, 'Available');
      await at.create(claim());
      await at.untilEvent('ProvisioningFailed');
      await at.create(claim('', 'other'));
      await ofClaim(at, 'Bound', 'other');
      await ofVolume(at, 'Bound');
    },
  },
  {
    name: 'volume of a claim that was another of this name',
    also,
    async run(at) {
      const uid = '00000000-0000-4000-8000-000000000001';
      await at.create(claim());
      await at.create(volume(`claimRef: { namespace: NAMESPACE, name: data, uid: ${uid} }`));
      await ofVolume(at, 'Released');
      await at.untilEvent('ProvisioningFailed');
    },
  },
  {
    name: 'claim that names a volume that is not there, then is',
    also,
    async run(at) {
      await at.create(claim('volumeName: NAMESPACE'));
      await ofClaim(at, 'Pending');
      await at.create(volume());
      await ofClaim(at, 'Bound');
    },
  },
  {
    name: 'claim that names a volume somebody else has',
    also,
    async run(at) {
      await at.create(volume());
      await ofVolume(at, 'Available');
      await at.create(claim());
      await ofClaim(at, 'Bound');
      await at.create(claim('volumeName: NAMESPACE', 'late'));
      await at.untilEvent('FailedBinding');
    },
  },
  reclaimed('volume that is retained', volume('persistentVolumeReclaimPolicy: Retain'), 'Released'),
  reclaimed(
    'volume that its driver deletes',
    volume('persistentVolumeReclaimPolicy: Delete', {
      metadata: 'annotations: { pv.kubernetes.io/provisioned-by: nobody.example.org }',
    }),
    'Released',
  ),
  reclaimed(
    'volume of a driver that did not make it, to be deleted',
    volume('persistentVolumeReclaimPolicy: Delete'),
    'Released',
  ),
  reclaimed(
    'volume that nobody can delete',
    volume('persistentVolumeReclaimPolicy: Delete').replace(CSI, NFS),
    'Failed',
  ),
  {
    name: 'released volume that is let go, then taken again',
    also,
    async run(at) {
      await at.create(volume('persistentVolumeReclaimPolicy: Retain'));
      await ofVolume(at, 'Available');
      await at.create(claim());
      await ofClaim(at, 'Bound');
      await at.delete('PersistentVolumeClaim', 'data');
      await ofVolume(at, 'Released');
      await at.merge('PersistentVolume', at.namespace, { spec: { claimRef: null } });
      await ofVolume(at, 'Available');
      await at.create(claim('', 'again'));
      await ofClaim(at, 'Bound', 'again');
    },
  },
  {
    name: 'volume that nobody has, deleted',
    also,
    async run(at) {
      await at.create(volume());
      await ofVolume(at, 'Available');
      await at.delete('PersistentVolume', at.namespace);
      await at.untilGone('PersistentVolume', at.namespace);
    },
  },
  {
    name: 'claim that waits for a pod, which waits for a node',
    also: [...also, 'StorageClass/NAMESPACE'],
    async run(at) {
      const waits = 'volumeBindingMode: WaitForFirstConsumer';
      await at.create(storageClass('kubernetes.io/no-provisioner', waits));
      await at.create(volume());
      await ofVolume(at, 'Available');
      await at.create(claim());
      await at.untilEvent('WaitForFirstConsumer');
      await at.create(claimUser('nodeSelector: { nowhere: "true" }'));
      await at.untilEvent('FailedScheduling');
      await at.untilEvent('WaitForPodScheduled');
    },
  },
  {
    name: 'claim that gets its volume with its pod',
    also: [...also, 'StorageClass/NAMESPACE'],
    async run(at) {
      const waits = 'volumeBindingMode: WaitForFirstConsumer';
      await at.create(storageClass('kubernetes.io/no-provisioner', waits));
      await at.create(volume().replace(CSI, 'hostPath: { path: /tmp/nowhere }'));
      await ofVolume(at, 'Available');
      await at.create(claim());
      await at.untilEvent('WaitForFirstConsumer');
      await at.create(claimUser());
      await ofClaim(at, 'Bound');
      await at.until('Pod', 'user', phaseIs('Running'));
    },
  },
];
