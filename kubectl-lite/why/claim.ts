/** Why a claim has no volume. */
import type { PersistentVolumeClaim } from '../../api/types/core-v1.ts';
import type { StorageClass } from '../../api/types/storage-v1.ts';
import type { Evidence } from './evidence.ts';
import type { Told } from './finding.ts';

const isDefault = ({ metadata }: StorageClass): boolean =>
  metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true';

export async function claimFindings(
  evidence: Evidence,
  { spec, status = {} }: PersistentVolumeClaim,
): Promise<Told[]> {
  if (status.phase === 'Lost') {
    return [{ text: `its volume ${spec.volumeName ?? ''} is gone, and what was on it` }];
  }
  if (status.phase === 'Bound') return [];
  const size = spec.resources?.requests?.['storage'] ?? '';
  const wanted = `${size} ${(spec.accessModes ?? []).join(', ')}`;
  if (spec.volumeName) {
    const text = `it waits for the volume ${spec.volumeName}`;
    return [{ text, hint: 'see that it exists, is Available, and fits: kubectl-lite get pv' }];
  }
  if (spec.storageClassName === '') {
    const text = `its StorageClass is "": a volume must be made by hand, and none fits (${wanted})`;
    return [
      { text, hint: 'make a PersistentVolume that fits, or make the claim anew with a class' },
    ];
  }
  const classes = await evidence.list<StorageClass>('/apis/storage.k8s.io/v1/storageclasses');
  const names = classes.map(({ metadata }) => metadata.name ?? '').join(', ');
  const there = names === '' ? 'there is none at all' : `there are: ${names}`;
  if (spec.storageClassName === undefined) {
    if (classes.some(isDefault)) return [];
    const text = 'it names no StorageClass, and none is the default';
    return [{ text, hint: `name one in the claim's storageClassName (${there})` }];
  }
  const named = classes.find(({ metadata }) => metadata.name === spec.storageClassName);
  if (named === undefined) {
    const text = `the StorageClass "${spec.storageClassName}" does not exist (${there})`;
    return [{ text, hint: 'make that class, or make the claim anew with one that exists' }];
  }
  if (named.volumeBindingMode === 'WaitForFirstConsumer') {
    const text = `the class ${spec.storageClassName} makes a volume once a pod of it is placed`;
    return [{ text, hint: 'no mistake: start the pod; if there is one, ask why of the pod' }];
  }
  const text = `${named.provisioner} has not made a volume for it yet`;
  return [{ text, hint: 'see that this provisioner runs, and its log' }];
}
