/**
 * Sources of volumes that pods and PersistentVolumes name alike, from the time when storage was
 * compiled into Kubernetes.
 */
import { type FieldError, invalid, notSupported, required } from '../../../../api/field-errors.ts';
import { inRange } from '../../../../api/validation/formats.ts';
import { dns1123Label } from '../../../../api/validation/names.ts';
import { check, oneOf, requiredText } from '../checks.ts';

const MAX_LUN = 255;
const MAX_PARTITION = 255;
const MAX_TENANT_LENGTH = 64;

/** The fields of all sources that are looked at: each has a few of them. */
interface Source {
  readonly cachingMode?: string;
  readonly datasetName?: string;
  readonly datasetUUID?: string;
  readonly diskName?: string;
  readonly diskURI?: string;
  readonly endpointsNamespace?: string;
  readonly kind?: string;
  readonly initiatorName?: string;
  readonly iqn?: string;
  readonly chapAuthDiscovery?: boolean;
  readonly chapAuthSession?: boolean;
  readonly lun?: number;
  readonly partition?: number;
  readonly path?: string;
  readonly registry?: string;
  readonly secretNamespace?: string;
  readonly secretRef?: { readonly name?: string; readonly namespace?: string };
  readonly server?: string;
  readonly targetWWNs?: readonly string[];
  readonly tenant?: string;
  readonly volumeName?: string;
  readonly volumeNamespace?: string;
  readonly wwids?: readonly string[];
}

interface Place {
  readonly field: string;
  /** A PersistentVolume's: its secrets are in any namespace. */
  readonly persistent: boolean;
}

type Validate = (source: Source, place: Place) => FieldError[];

/** A source whose rule is that these fields are given. */
function needs(...fields: readonly string[]): Validate {
  return (source, { field }) =>
    fields.flatMap((name) => {
      const value = (source as Readonly<Record<string, unknown>>)[name];
      const empty = value === undefined || value === '' || (value as []).length === 0;
      return empty ? [required(`${field}.${name}`)] : [];
    });
}

function within(value: number | undefined, [min, max]: readonly [number, number], field: string) {
  if (value === undefined || (value === 0 && min > 0)) return [];
  return inRange(value, min, max).map((problem) => invalid(field, value, problem));
}

/** Zero is as good as none. */
const validatePartition: Validate = ({ partition }, { field }) =>
  within(partition, [1, MAX_PARTITION], `${field}.partition`);

const validateSecretRef: Validate = ({ secretRef }, { field, persistent }) => {
  if (secretRef === undefined) return [];
  const errors = requiredText(secretRef.name, `${field}.secretRef.name`);
  if (!persistent) return errors;
  return [...errors, ...requiredText(secretRef.namespace, `${field}.secretRef.namespace`)];
};

const all =
  (...rules: readonly Validate[]): Validate =>
  (source, place) =>
    rules.flatMap((rule) => rule(source, place));

const validateNfs: Validate = ({ path = '' }, { field }) =>
  path.startsWith('/') ? [] : [invalid(`${field}.path`, path, 'must be an absolute path')];

const iscsiNames: Readonly<Record<string, RegExp>> = {
  iqn: /iqn\.\d{4}-\d{2}\.([A-Za-z0-9.-]+)(:[^,;*&$|\s]+)$/,
  eui: /^eui.[A-Za-z0-9]{16}$/,
  naa: /^naa.[A-Za-z0-9]{32}$/,
};

function validateIscsiName(name: string, persistent: boolean, field: string): FieldError[] {
  const pattern = iscsiNames[name.slice(0, 3)];
  if (pattern?.test(name)) return [];
  const hint = pattern === undefined && !persistent ? ' starting with iqn, eui, or naa' : '';
  return [invalid(field, name, `must be valid format${hint}`)];
}

const validateIscsi: Validate = (source, { field, persistent }) => {
  const { iqn, lun, initiatorName, secretRef } = source;
  const errors = iqn ? validateIscsiName(iqn, persistent, `${field}.iqn`) : [];
  errors.push(...within(lun, [0, MAX_LUN], `${field}.lun`));
  if ((source.chapAuthDiscovery || source.chapAuthSession) && secretRef === undefined) {
    errors.push(required(`${field}.secretRef`));
  }
  if (persistent && secretRef !== undefined) {
    errors.push(...requiredText(secretRef.name, `${field}.secretRef.name`));
  }
  if (initiatorName === undefined) return errors;
  return [...errors, ...validateIscsiName(initiatorName, persistent, `${field}.initiatorname`)];
};

/** The portal is a directory below the volume's name where it is mounted. */
export function iscsiPathTooLong(
  name: string,
  iscsi: { readonly targetPortal?: string; readonly initiatorName?: string },
): string | undefined {
  const path = `${name}:${iscsi.targetPortal ?? ''}`;
  if (iscsi.initiatorName === undefined || path.length <= 64) return undefined;
  const what = 'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters';
  return `${what} if iscsi.initiatorName is specified.`;
}

const validateFibreChannel: Validate = ({ targetWWNs = [], wwids = [], lun }, { field }) => {
  const at = `${field}.targetWWNs`;
  if (targetWWNs.length === 0) {
    if (wwids.length > 0) return [];
    return [required(at, 'must specify either targetWWNs or wwids, but not both')];
  }
  const errors: FieldError[] = [];
  if (wwids.length > 0) {
    const detail = 'targetWWNs and wwids can not be specified simultaneously';
    errors.push(invalid(at, targetWWNs, detail));
  }
  if (lun !== undefined) return [...errors, ...within(lun, [0, MAX_LUN], `${field}.lun`)];
  return [...errors, required(`${field}.lun`, 'lun is required if targetWWNs is specified')];
};

const validateFlocker: Validate = ({ datasetName = '', datasetUUID = '' }, { field }) => {
  const errors: FieldError[] = [];
  if (datasetName === '' && datasetUUID === '') {
    errors.push(required(field, 'one of datasetName and datasetUUID is required'));
  }
  if (datasetName !== '' && datasetUUID !== '') {
    const detail = 'datasetName and datasetUUID can not be specified simultaneously';
    errors.push(invalid(field, 'resource', detail));
  }
  if (!datasetName.includes('/')) return errors;
  return [...errors, invalid(`${field}.datasetName`, datasetName, "must not contain '/'")];
};

/** Go's net.SplitHostPort, as far as it can refuse. */
const isHostPort = (text: string): boolean => /^(?:\[[^[\]]*\]|[^:[\]]*):[^:[\]]*$/.test(text);

const validateRegistry: Validate = ({ registry = '', tenant = '' }, { field }) => {
  const pairs = 'must be a host:port pair or multiple pairs separated by commas';
  if (registry === '') return [required(`${field}.registry`, pairs)];
  if (tenant.length > MAX_TENANT_LENGTH) {
    const detail = `must be a UUID and may not exceed a length of ${MAX_TENANT_LENGTH} characters`;
    return [required(`${field}.tenant`, detail)];
  }
  return registry
    .split(',')
    .filter((pair) => !isHostPort(pair))
    .map(() => invalid(`${field}.registry`, registry, pairs));
};

const MANAGED_DISK =
  '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}';
const BLOB_DISK = 'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd';

const validateAzureDisk: Validate = ({ kind, cachingMode, diskURI = '' }, { field }) => {
  const caching = { field: `${field}.cachingMode`, pointer: true };
  const kinds = { field: `${field}.kind`, pointer: true };
  const errors = [
    ...oneOf(cachingMode, ['None', 'ReadOnly', 'ReadWrite'], caching),
    ...oneOf(kind, ['Dedicated', 'Managed', 'Shared'], kinds),
  ];
  if (kind === undefined) return errors;
  const [prefix, shape] =
    kind === 'Managed' ? ['/subscriptions/', MANAGED_DISK] : ['https://', BLOB_DISK];
  if (diskURI.startsWith(prefix)) return errors;
  return [...errors, notSupported(`${field}.diskURI`, diskURI, [shape])];
};

const validateSecretNamespace: Validate = ({ secretNamespace }, { field }) =>
  secretNamespace === '' ? [required(`${field}.secretNamespace`)] : [];

const validateEndpointsNamespace: Validate = ({ endpointsNamespace: name }, { field }) => {
  if (name === undefined) return [];
  const at = `${field}.endpointsNamespace`;
  if (name !== '') return check(dns1123Label, name, at);
  const detail = 'if the endpointnamespace is set, it must be a valid namespace name';
  return [invalid(at, name, detail)];
};

const validateStorageOs: Validate = ({ volumeName, volumeNamespace }, { field }) => [
  ...(volumeName
    ? check(dns1123Label, volumeName, `${field}.volumeName`)
    : [required(`${field}.volumeName`)]),
  ...(volumeNamespace ? check(dns1123Label, volumeNamespace, `${field}.volumeNamespace`) : []),
];

const rules = {
  awsElasticBlockStore: all(needs('volumeID'), validatePartition),
  azureDisk: all(needs('diskName', 'diskURI'), validateAzureDisk),
  azureFile: all(needs('secretName', 'shareName'), validateSecretNamespace),
  cephfs: needs('monitors'),
  cinder: all(needs('volumeID'), validateSecretRef),
  fc: validateFibreChannel,
  flexVolume: needs('driver'),
  flocker: validateFlocker,
  gcePersistentDisk: all(needs('pdName'), validatePartition),
  glusterfs: all(needs('endpoints', 'path'), validateEndpointsNamespace),
  iscsi: all(needs('targetPortal', 'iqn'), validateIscsi),
  nfs: all(needs('server', 'path'), validateNfs),
  photonPersistentDisk: needs('pdID'),
  portworxVolume: needs('volumeID'),
  quobyte: all(validateRegistry, needs('volume')),
  rbd: needs('monitors', 'image'),
  scaleIO: needs('gateway', 'system', 'volumeName'),
  storageos: all(validateStorageOs, validateSecretRef),
  vsphereVolume: needs('volumePath'),
} as const satisfies Readonly<Record<string, Validate>>;

export type InTreeSource = keyof typeof rules;

/** `field` is that of the whole, which names one of the sources. */
export function validateInTree(
  name: InTreeSource,
  owner: { readonly [source in InTreeSource]?: object },
  { field, persistent }: Place,
): FieldError[] {
  // Kubernetes' own name for it.
  const at =
    name === 'gcePersistentDisk' ? field.replace(/gcePersistentDisk$/, 'persistentDisk') : field;
  return rules[name](owner[name] as Source, { field: at, persistent });
}
