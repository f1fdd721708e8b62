/** What is odd about a PersistentVolume that is taken all the same. */
import type { PersistentVolume, PersistentVolumeSpec } from '../../../../api/types/core-v1.ts';
import { oddNodeTerm } from '../old-node-labels.ts';

const oldAnnotations = [
  [
    'volume.beta.kubernetes.io/storage-class',
    'deprecated since v1.8; use "storageClassName" attribute instead',
  ],
  [
    'volume.beta.kubernetes.io/mount-options',
    'deprecated since v1.31; use "mountOptions" attribute instead',
  ],
] as const;

type Source = readonly [field: keyof PersistentVolumeSpec, said: string, shown?: string];

const oldSources: readonly Source[] = [
  ['cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['storageos', 'deprecated in v1.22, non-functional in v1.25+', 'storageOS'],
  ['glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['rbd', 'deprecated in v1.28, non-functional in v1.31+'],
];

const RECYCLE =
  'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the ' +
  'recommended approach is to use dynamic provisioning.';

export function volumeWarnings({ metadata, spec }: PersistentVolume): string[] {
  const { annotations = {} } = metadata;
  const terms = spec.nodeAffinity?.required?.nodeSelectorTerms ?? [];
  return [
    ...oldAnnotations.flatMap(([name, said]) =>
      annotations[name] === undefined ? [] : [`metadata.annotations[${name}]: ${said}`],
    ),
    ...(spec.persistentVolumeReclaimPolicy === 'Recycle' ? [RECYCLE] : []),
    ...terms.flatMap((term, i) =>
      oddNodeTerm(term, `spec.nodeAffinity.required.nodeSelectorTerms[${i}]`),
    ),
    ...oldSources.flatMap(([source, said, shown = source]) =>
      spec[source] === undefined ? [] : [`spec.${shown}: ${said}`],
    ),
  ];
}
