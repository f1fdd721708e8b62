/** A pod's volumes: one source each, complete. */
import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  required,
} from '../../../../api/field-errors.ts';
import type { HostPathVolumeSource, Volume } from '../../../../api/types/core-v1.ts';
import { dns1123Label } from '../../../../api/validation/names.ts';
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

/** A source whose rule is that these fields are given. */
function needs<S extends Source>(
  source: S,
  ...fields: readonly (keyof NonNullable<Volume[S]> & string)[]
): Validate {
  return (volume, field) =>
    fields.flatMap((name) => {
      const value = (volume[source] as Record<string, unknown>)[name];
      const empty = value === undefined || value === '' || (value as []).length === 0;
      return empty ? [required(`${field}.${name}`)] : [];
    });
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
  ['gcePersistentDisk', needs('gcePersistentDisk', 'pdName')],
  ['awsElasticBlockStore', needs('awsElasticBlockStore', 'volumeID')],
  [
    'secret',
    ({ secret }, field) => [
      ...requiredText(secret!.secretName, `${field}.secretName`),
      ...validateMode(secret!.defaultMode, `${field}.defaultMode`),
      ...validateItems(secret!.items, `${field}.items`),
    ],
  ],
  [
    'nfs',
    ({ nfs }, field) => {
      const { server, path } = nfs!;
      const errors = requiredText(server, `${field}.server`);
      errors.push(...requiredText(path, `${field}.path`));
      const relative = path && !path.startsWith('/');
      if (relative) errors.push(invalid(`${field}.path`, path, 'must be an absolute path'));
      return errors;
    },
  ],
  ['iscsi', needs('iscsi', 'targetPortal', 'iqn')],
  ['glusterfs', needs('glusterfs', 'endpoints', 'path')],
  ['flocker', () => []],
  ['persistentVolumeClaim', needs('persistentVolumeClaim', 'claimName')],
  ['rbd', needs('rbd', 'monitors', 'image')],
  ['cinder', needs('cinder', 'volumeID')],
  ['cephfs', needs('cephfs', 'monitors')],
  ['quobyte', needs('quobyte', 'registry', 'volume')],
  [
    'downwardAPI',
    ({ downwardAPI }, field) => [
      ...validateMode(downwardAPI!.defaultMode, `${field}.defaultMode`),
      ...validateDownwardItems(downwardAPI!.items, `${field}.items`),
    ],
  ],
  ['fc', () => []],
  ['flexVolume', needs('flexVolume', 'driver')],
  [
    'configMap',
    ({ configMap }, field) => [
      ...requiredText(configMap!.name, `${field}.name`),
      ...validateMode(configMap!.defaultMode, `${field}.defaultMode`),
      ...validateItems(configMap!.items, `${field}.items`),
    ],
  ],
  ['azureFile', needs('azureFile', 'secretName', 'shareName')],
  ['vsphereVolume', needs('vsphereVolume', 'volumePath')],
  ['photonPersistentDisk', needs('photonPersistentDisk', 'pdID')],
  ['portworxVolume', needs('portworxVolume', 'volumeID')],
  ['azureDisk', needs('azureDisk', 'diskName', 'diskURI')],
  ['storageos', () => []],
  ['projected', ({ projected }, field) => validateProjected(projected!, field)],
  ['scaleIO', needs('scaleIO', 'gateway', 'system', 'volumeName')],
  ['csi', needs('csi', 'driver')],
  [
    'ephemeral',
    ({ ephemeral }, field) =>
      validateClaimTemplate(ephemeral!.volumeClaimTemplate, `${field}.volumeClaimTemplate`),
  ],
  ['image', needs('image', 'reference')],
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

export interface CheckedVolumes {
  readonly errors: readonly FieldError[];
  /** Those without fault: what mounts may refer to. */
  readonly volumes: ReadonlyMap<string, Volume>;
}

export function validateVolumes(
  list: readonly Volume[] | undefined,
  field: string,
): CheckedVolumes {
  const errors: FieldError[] = [];
  const volumes = new Map<string, Volume>();
  const names = new Set<string>();
  for (const [i, volume] of (list ?? []).entries()) {
    const at = `${field}[${i}]`;
    const { name = '' } = volume;
    const own = validateSource(volume, at);
    own.push(...(name === '' ? [required(`${at}.name`)] : check(dns1123Label, name, `${at}.name`)));
    if (names.has(name)) own.push(duplicate(`${at}.name`, name));
    names.add(name);
    if (own.length === 0) volumes.set(name, volume);
    errors.push(...own);
  }
  return { errors, volumes };
}
