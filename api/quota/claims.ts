import { compareQuantities, parseQuantity, type Quantity } from '../quantity.ts';
import type { PersistentVolumeClaim } from '../types/core-v1.ts';
import { type Amounts, count } from './amounts.ts';
import { countName, type Evaluator } from './evaluator.ts';
import { selects } from './scopes.ts';

const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';
const COUNT = countName({ group: '', resource: 'persistentvolumeclaims' });
const CLAIMS = 'persistentvolumeclaims';
const STORAGE = 'requests.storage';

/** "gold.storageclass.storage.k8s.io/requests.storage". */
const ofClass = (storageClass: string, name: string): string =>
  `${storageClass}.storageclass.storage.k8s.io/${name}`;

/** Bytes are whole. */
function roundedUp({ nano, format }: Quantity): Quantity {
  const unit = 1_000_000_000n;
  const rest = nano % unit;
  return rest === 0n ? { nano, format } : { nano: nano - rest + unit, format };
}

/** While a volume shrinks back, what it was given counts. */
function storageOf({ spec, status }: PersistentVolumeClaim): Quantity | undefined {
  const text = spec.resources?.requests?.['storage'];
  if (text === undefined) return undefined;
  const requested = parseQuantity(text);
  const allocatedText = status?.allocatedResources?.['storage'];
  const allocated = allocatedText === undefined ? undefined : parseQuantity(allocatedText);
  const larger = allocated !== undefined && compareQuantities(allocated, requested) > 0;
  return roundedUp(larger ? allocated : requested);
}

function usage(claim: PersistentVolumeClaim): Amounts {
  const used = new Map([
    [CLAIMS, count(1)],
    [COUNT, count(1)],
  ]);
  const { annotations = {} } = claim.metadata;
  const storageClass = annotations[CLASS_ANNOTATION] ?? claim.spec.storageClassName ?? '';
  if (storageClass !== '') used.set(ofClass(storageClass, CLAIMS), count(1));
  const storage = storageOf(claim);
  if (storage === undefined) return used;
  used.set(STORAGE, storage);
  if (storageClass !== '') used.set(ofClass(storageClass, STORAGE), storage);
  return used;
}

export const claimEvaluator: Evaluator<PersistentVolumeClaim> = {
  covers: (name) =>
    [COUNT, CLAIMS, STORAGE].includes(name) ||
    [CLAIMS, STORAGE].some((suffix) => name.endsWith(ofClass('', suffix))),
  usage,
  inScope: ({ spec, status }, scope) =>
    scope.scopeName === 'VolumeAttributesClass' &&
    selects(scope, [
      spec.volumeAttributesClassName ?? '',
      status?.currentVolumeAttributesClassName ?? '',
      status?.modifyVolumeStatus?.targetVolumeAttributesClassName ?? '',
    ]),
  grows: () => true,
};
