/** Where the bytes of a PersistentVolume are: one source each, complete. */
import { type FieldError, required } from '../../../../api/field-errors.ts';
import type {
  CSIPersistentVolumeSource,
  PersistentVolumeSpec,
  SecretReference,
} from '../../../../api/types/core-v1.ts';
import { dns1123Label, dns1123Subdomain } from '../../../../api/validation/names.ts';
import { check, requiredText } from '../checks.ts';
import { validateNoBacksteps } from '../pod/paths.ts';
import { validateHostPath } from '../pod/validation-volumes.ts';
import { type InTreeSource, validateInTree } from './in-tree-sources.ts';
import { validateCsiDriverName } from './provisioner.ts';

type Validate = (spec: PersistentVolumeSpec, field: string) => FieldError[];
type Source = InTreeSource | 'csi' | 'hostPath' | 'local';

const inTree = (source: InTreeSource): readonly [Source, Validate] => [
  source,
  (spec, field) => validateInTree(source, spec, { field, persistent: true }),
];

function validateSecret(reference: SecretReference | undefined, field: string): FieldError[] {
  if (reference === undefined) return [];
  const { name, namespace } = reference;
  return [
    ...(name ? check(dns1123Subdomain, name, `${field}.name`) : [required(`${field}.name`)]),
    ...(namespace
      ? check(dns1123Label, namespace, `${field}.namespace`)
      : [required(`${field}.namespace`)]),
  ];
}

const csiSecrets = [
  'controllerPublishSecretRef',
  'controllerExpandSecretRef',
  'nodePublishSecretRef',
  'nodeExpandSecretRef',
] as const;

function validateCsi(csi: CSIPersistentVolumeSource, field: string): FieldError[] {
  return [
    ...validateCsiDriverName(csi.driver, `${field}.driver`),
    ...requiredText(csi.volumeHandle, `${field}.volumeHandle`),
    ...csiSecrets.flatMap((name) => validateSecret(csi[name], `${field}.${name}`)),
  ];
}

/** In the order in which Kubernetes looks for a source, which decides whose error comes first. */
export const volumeSources: readonly (readonly [Source, Validate])[] = [
  ['hostPath', ({ hostPath }, field) => validateHostPath(hostPath!, field)],
  inTree('gcePersistentDisk'),
  inTree('awsElasticBlockStore'),
  inTree('glusterfs'),
  inTree('flocker'),
  inTree('nfs'),
  inTree('rbd'),
  inTree('quobyte'),
  inTree('cephfs'),
  inTree('iscsi'),
  inTree('cinder'),
  inTree('fc'),
  inTree('flexVolume'),
  inTree('azureFile'),
  inTree('vsphereVolume'),
  inTree('photonPersistentDisk'),
  inTree('portworxVolume'),
  inTree('azureDisk'),
  inTree('scaleIO'),
  [
    'local',
    ({ local, nodeAffinity }, field) => {
      const { path } = local!;
      const errors = path
        ? validateNoBacksteps(path, `${field}.path`)
        : [required(`${field}.path`)];
      if (nodeAffinity !== undefined) return errors;
      const at = field.replace(/local$/, 'nodeAffinity');
      return [...errors, required(at, 'Local volume requires node affinity')];
    },
  ],
  inTree('storageos'),
  ['csi', ({ csi }, field) => validateCsi(csi!, field)],
];
