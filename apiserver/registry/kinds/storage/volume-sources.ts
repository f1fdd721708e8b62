/** Where the bytes of a PersistentVolume are: one source each, complete. */
import { type FieldError, invalid, required } from '../../../../api/field-errors.ts';
import type {
  CSIPersistentVolumeSource,
  PersistentVolumeSpec,
  SecretReference,
} from '../../../../api/types/core-v1.ts';
import { dns1123Label, dns1123Subdomain } from '../../../../api/validation/names.ts';
import { check, requiredText } from '../checks.ts';
import { validateNoBacksteps } from '../pod/paths.ts';
import { validateHostPath } from '../pod/validation-volumes.ts';
import { validateCsiDriverName } from './provisioner.ts';

type Validate = (spec: PersistentVolumeSpec, field: string) => FieldError[];
type Source =
  | 'awsElasticBlockStore'
  | 'azureDisk'
  | 'azureFile'
  | 'cephfs'
  | 'cinder'
  | 'csi'
  | 'fc'
  | 'flexVolume'
  | 'flocker'
  | 'gcePersistentDisk'
  | 'glusterfs'
  | 'hostPath'
  | 'iscsi'
  | 'local'
  | 'nfs'
  | 'photonPersistentDisk'
  | 'portworxVolume'
  | 'quobyte'
  | 'rbd'
  | 'scaleIO'
  | 'storageos'
  | 'vsphereVolume';

function needs(source: Source, ...fields: readonly string[]): Validate {
  return (spec, field) =>
    fields.flatMap((name) => {
      const value = (spec[source] as Readonly<Record<string, unknown>>)[name];
      const empty = value === undefined || value === '' || (value as []).length === 0;
      return empty ? [required(`${field}.${name}`)] : [];
    });
}

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
  ['gcePersistentDisk', needs('gcePersistentDisk', 'pdName')],
  ['awsElasticBlockStore', needs('awsElasticBlockStore', 'volumeID')],
  ['glusterfs', needs('glusterfs', 'endpoints', 'path')],
  ['flocker', () => []],
  [
    'nfs',
    ({ nfs }, field) => {
      const { server, path } = nfs!;
      const errors = requiredText(server, `${field}.server`);
      errors.push(...requiredText(path, `${field}.path`));
      if (!path || path.startsWith('/')) return errors;
      return [...errors, invalid(`${field}.path`, path, 'must be an absolute path')];
    },
  ],
  ['rbd', needs('rbd', 'monitors', 'image')],
  ['quobyte', needs('quobyte', 'registry', 'volume')],
  ['cephfs', needs('cephfs', 'monitors')],
  ['iscsi', needs('iscsi', 'targetPortal', 'iqn')],
  ['cinder', needs('cinder', 'volumeID')],
  ['fc', () => []],
  ['flexVolume', needs('flexVolume', 'driver')],
  ['azureFile', needs('azureFile', 'secretName', 'shareName')],
  ['vsphereVolume', needs('vsphereVolume', 'volumePath')],
  ['photonPersistentDisk', needs('photonPersistentDisk', 'pdID')],
  ['portworxVolume', needs('portworxVolume', 'volumeID')],
  ['azureDisk', needs('azureDisk', 'diskName', 'diskURI')],
  ['scaleIO', needs('scaleIO', 'gateway', 'system', 'volumeName')],
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
  ['storageos', () => []],
  ['csi', ({ csi }, field) => validateCsi(csi!, field)],
];
