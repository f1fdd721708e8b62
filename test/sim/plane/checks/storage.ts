/** Claims and volumes: each bound once, to each other, and no sooner than the class allows. */
import type { PersistentVolume, PersistentVolumeClaim } from '../../../../api/types/core-v1.ts';
import type { StorageClass } from '../../../../api/types/storage-v1.ts';
import type { Change, Truth } from '../truth.ts';

type Report = (problem: string) => void;

const SELECTED_NODE = 'volume.kubernetes.io/selected-node';

export function checkStorage(truth: Truth, report: Report): void {
  truth.onChange((change) => {
    if (change.resource === 'persistentvolumeclaims') checkClaim(truth, change, report);
    if (change.resource === 'persistentvolumes') checkVolume(change, report);
  });
}

function checkClaim(truth: Truth, { key, old, current }: Change, report: Report): void {
  const [before, after] = [old, current] as (PersistentVolumeClaim | undefined)[];
  if (after === undefined) return;
  const { volumeName, storageClassName = '' } = after.spec;
  const from = before?.metadata.uid === after.metadata.uid ? before?.spec.volumeName : undefined;
  if (from && from !== volumeName)
    report(`claim ${key} was bound to ${from}, then to ${volumeName}`);
  if (!volumeName || from) return;
  const { uid } = after.metadata;
  const states = truth.recent<PersistentVolume>('persistentvolumes', volumeName);
  if (!states.some(({ spec }) => spec.claimRef?.uid === uid))
    report(`claim ${key} was bound to ${volumeName}, which was not meant for it`);
  const other = [...truth.of<PersistentVolumeClaim>('persistentvolumeclaims')].find(
    ([name, { spec }]) => name !== key && spec.volumeName === volumeName,
  );
  if (other !== undefined) report(`claims ${key} and ${other[0]} are bound to ${volumeName}`);
  const { volumeBindingMode } =
    truth.of<StorageClass>('storageclasses').get(storageClassName) ?? {};
  const isChosen = after.metadata.annotations?.[SELECTED_NODE] !== undefined;
  if (volumeBindingMode === 'WaitForFirstConsumer' && !isChosen)
    report(`claim ${key} was bound to ${volumeName} before a pod that uses it had a node`);
}

/** Given back, by `claimRef` being emptied, it may go to somebody else. */
function checkVolume({ key, old, current }: Change, report: Report): void {
  const [before, after] = [old, current] as (PersistentVolume | undefined)[];
  if (before?.metadata.uid !== after?.metadata.uid) return;
  const [from, to] = [before?.spec.claimRef?.uid, after?.spec.claimRef?.uid];
  if (from && to && from !== to) report(`volume ${key} was bound to claim ${from}, then to ${to}`);
}
