/** A pod's volumes: one source each, complete. */
import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  required,
} from '../../../../api/field-errors.ts';
import type {
  CSIVolumeSource,
  HostPathVolumeSource,
  Pod,
  Volume,
} from '../../../../api/types/core-v1.ts';
import { dns1123Label, dns1123Subdomain } from '../../../../api/validation/names.ts';
import { check, requiredText } from '../checks.ts';
import { notSupported } from '../../../../api/field-errors.ts';
import { quantityOf } from '../resource-list.ts';
import { validateDescendingPath, validateNoBacksteps } from './paths.ts';
import {
  validateDownwardItems,
  validateItems,
  validateMode,
  validateProjected,
} from './validation-projections.ts';
import { type InTreeSource, iscsiPathTooLong, validateInTree } from '../storage/in-tree-sources.ts';
import { validateCsiDriverName } from '../storage/provisioner.ts';
import { validateClaimTemplate } from '../volume-claim.ts';

type Source = keyof Omit<Volume, 'name'>;
type Validate = (volume: Volume, field: string) => FieldError[];

const hostPathTypes = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];

export function validateHostPath(
  { path, type = '' }: HostPathVolumeSource,
  field: string,
): FieldError[] {
  if (!path) return [required(`${field}.path`)];
  const errors = validateNoBacksteps(path, `${field}.path`);
  if (!hostPathTypes.includes(type)) {
    errors.push(notSupported(`${field}.type`, type, hostPathTypes));
  }
  return errors;
}

const inTree = (source: InTreeSource): readonly [Source, Validate] => [
  source,
  (volume, field) => validateInTree(source, volume, { field, persistent: false }),
];

/** Kubernetes shows the driver's path where the secret's name is wrong. */
function validateCsi({ driver, nodePublishSecretRef: secret }: CSIVolumeSource, field: string) {
  const errors = validateCsiDriverName(driver, `${field}.driver`);
  if (secret === undefined) return errors;
  if (!secret.name) return [...errors, required(`${field}.nodePublishSecretRef.name`)];
  return [...errors, ...check(dns1123Subdomain, secret.name, `${field}.name`)];
}

/** In the order in which Kubernetes looks for a source, which decides whose error comes first. */
const sources: readonly (readonly [Source, Validate])[] = [
  [
    'emptyDir',
    ({ emptyDir }, field) => {
      const limit = emptyDir?.sizeLimit;
      if (limit === undefined || (quantityOf(limit)?.nano ?? -1n) >= 0n) return [];
      const detail = 'SizeLimit field must be a valid resource quantity';
      return [forbidden(`${field}.sizeLimit`, detail)];
    },
  ],
  ['hostPath', ({ hostPath }, field) => validateHostPath(hostPath!, field)],
  [
    'gitRepo',
    ({ gitRepo }, field) => [
      ...requiredText(gitRepo!.repository, `${field}.repository`),
      ...validateDescendingPath(gitRepo!.directory ?? '', `${field}.directory`),
    ],
  ],
  inTree('gcePersistentDisk'),
  inTree('awsElasticBlockStore'),
  [
    'secret',
    ({ secret }, field) => [
      ...requiredText(secret!.secretName, `${field}.secretName`),
      ...validateMode(secret!.defaultMode, `${field}.defaultMode`),
      ...validateItems(secret!.items, `${field}.items`),
    ],
  ],
  inTree('nfs'),
  inTree('iscsi'),
  inTree('glusterfs'),
  inTree('flocker'),
  [
    'persistentVolumeClaim',
    ({ persistentVolumeClaim: claim }, field) =>
      requiredText(claim!.claimName, `${field}.claimName`),
  ],
  inTree('rbd'),
  inTree('cinder'),
  inTree('cephfs'),
  inTree('quobyte'),
  [
    'downwardAPI',
    ({ downwardAPI }, field) => [
      ...validateMode(downwardAPI!.defaultMode, `${field}.defaultMode`),
      ...validateDownwardItems(downwardAPI!.items, field),
    ],
  ],
  inTree('fc'),
  inTree('flexVolume'),
  [
    'configMap',
    ({ configMap }, field) => [
      ...requiredText(configMap!.name, `${field}.name`),
      ...validateMode(configMap!.defaultMode, `${field}.defaultMode`),
      ...validateItems(configMap!.items, `${field}.items`),
    ],
  ],
  inTree('azureFile'),
  inTree('vsphereVolume'),
  inTree('photonPersistentDisk'),
  inTree('portworxVolume'),
  inTree('azureDisk'),
  inTree('storageos'),
  ['projected', ({ projected }, field) => validateProjected(projected!, field)],
  inTree('scaleIO'),
  ['csi', ({ csi }, field) => validateCsi(csi!, field)],
  [
    'ephemeral',
    ({ ephemeral }, field) =>
      validateClaimTemplate(ephemeral!.volumeClaimTemplate, `${field}.volumeClaimTemplate`),
  ],
  ['image', ({ image }, field) => requiredText(image!.reference, `${field}.reference`)],
];

function validateSource(volume: Volume, field: string): FieldError[] {
  const errors: FieldError[] = [];
  let first = true;
  for (const [source, validate] of sources) {
    if (volume[source] === undefined) continue;
    const at = `${field}.${source}`;
    if (first) errors.push(...validate(volume, at));
    else errors.push(forbidden(at, 'may not specify more than 1 volume type'));
    first = false;
  }
  if (first) errors.push(required(field, 'must specify a volume type'));
  return errors;
}

/** The claim that a volume is made into is called after pod and volume. */
function validateClaimName(pod = '', volume: string, field: string): FieldError[] {
  if (pod === '' || volume === '') return [];
  const claim = `${pod}-${volume}`;
  return dns1123Subdomain(claim).map((problem) =>
    invalid(field, volume, `PVC name ${JSON.stringify(claim)}: ${problem}`),
  );
}

export interface CheckedVolumes {
  readonly errors: readonly FieldError[];
  /** Those without fault: what mounts may refer to. */
  readonly volumes: ReadonlyMap<string, Volume>;
}

export function validateVolumes(
  list: readonly Volume[] | undefined,
  field: string,
  pod: Pod | undefined,
): CheckedVolumes {
  const errors: FieldError[] = [];
  const volumes = new Map<string, Volume>();
  const names = new Set<string>();
  for (const [i, volume] of (list ?? []).entries()) {
    const at = `${field}[${i}]`;
    const { name = '' } = volume;
    const own = validateSource(volume, at);
    const tooLong = volume.iscsi && iscsiPathTooLong(name, volume.iscsi);
    if (tooLong !== undefined) own.push(invalid(`${at}.name`, name, tooLong));
    if (volume.ephemeral) own.push(...validateClaimName(pod?.metadata.name, name, `${at}.name`));
    own.push(...(name === '' ? [required(`${at}.name`)] : check(dns1123Label, name, `${at}.name`)));
    if (names.has(name)) own.push(duplicate(`${at}.name`, name));
    names.add(name);
    if (own.length === 0) volumes.set(name, volume);
    errors.push(...own);
  }
  return { errors, volumes };
}
