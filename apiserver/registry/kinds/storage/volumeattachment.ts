import { deepEqual } from '../../../../api/deep.ts';
import {
  type FieldError,
  forbidden,
  invalid,
  required,
  tooLong,
} from '../../../../api/field-errors.ts';
import type { Mutable } from '../../../../api/meta.ts';
import type {
  VolumeAttachment,
  VolumeAttachmentSource,
  VolumeError,
} from '../../../../api/types/storage-v1.ts';
import { byteLength, dns1123Subdomain } from '../../../../api/validation/names.ts';
import type { ResourceDeclaration } from '../../declaration.ts';
import { age, ageColumn, column, nameColumn } from '../cells.ts';
import { check, requiredText } from '../checks.ts';
import { statusSubresource } from '../status-subresource.ts';
import { validateVolumeSpec } from './persistentvolume-validation.ts';
import { validateCsiDriverName } from './provisioner.ts';

const MAX_METADATA_BYTES = 256 * 1024;
const MAX_MESSAGE_BYTES = 1024;

function validateSource(source: VolumeAttachmentSource, field: string): FieldError[] {
  const { inlineVolumeSpec: inline, persistentVolumeName: name } = source;
  const detail = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';
  if (inline === undefined && name === undefined) return [required(field, detail)];
  if (inline !== undefined && name !== undefined) return [forbidden(field, detail)];
  if (inline !== undefined) {
    return validateVolumeSpec(inline, { field: `${field}.inlineVolumeSpec`, inline: true });
  }
  const at = `${field}.persistentVolumeName`;
  return name === '' ? [required(at, 'must specify non empty persistentVolumeName')] : [];
}

function validateError(error: VolumeError | undefined, field: string): FieldError[] {
  if (error === undefined) return [];
  const errors: FieldError[] = [];
  if (byteLength(error.message ?? '') > MAX_MESSAGE_BYTES) {
    errors.push(tooLong(`${field}.message`, MAX_METADATA_BYTES));
  }
  const code = error.errorCode ?? 0;
  if (code >= 0) return errors;
  const detail = 'must be between 0 and 2147483647, inclusive';
  return [...errors, invalid(`${field}.errorCode`, code, detail)];
}

function validateStatus({ status }: VolumeAttachment): FieldError[] {
  const { attachmentMetadata = {}, attachError, detachError } = status ?? {};
  const bytes = Object.entries(attachmentMetadata).reduce(
    (sum, [key, value]) => sum + byteLength(key) + byteLength(value),
    0,
  );
  const large = bytes > MAX_METADATA_BYTES;
  return [
    ...(large ? [tooLong('status.attachmentMetadata', MAX_METADATA_BYTES)] : []),
    ...validateError(attachError, 'status.attachError'),
    ...validateError(detachError, 'status.detachError'),
  ];
}

function validate(object: VolumeAttachment, old?: VolumeAttachment): FieldError[] {
  const { attacher, nodeName = '', source = {} } = object.spec;
  const { persistentVolumeName: volume } = source;
  const errors = [
    ...requiredText(attacher, 'spec.attacher'),
    ...validateSource(source, 'spec.source'),
    ...check(dns1123Subdomain, nodeName, 'spec.nodeName'),
    ...validateStatus(object),
  ];
  if (old !== undefined) return errors;
  // What storage.k8s.io/v1 asks of new ones in addition comes last, and so says some of it twice.
  return [
    ...errors,
    ...validateCsiDriverName(attacher, 'spec.attacher'),
    ...(volume === undefined
      ? []
      : check(dns1123Subdomain, volume, 'spec.source.persistentVolumeName')),
  ];
}

export const volumeAttachment = {
  type: {
    group: 'storage.k8s.io',
    version: 'v1',
    resource: 'volumeattachments',
    kind: 'VolumeAttachment',
    namespaced: false,
  },
  singular: 'volumeattachment',
  hasStatus: true,
  allowUnconditionalUpdate: false,
  returnsDeletedObject: true,
  applyDefaults(object) {
    const spec = (object.spec ??= {} as Mutable<VolumeAttachment['spec']>);
    spec.source ??= {};
  },
  prepareForCreate(object) {
    object.status = { attached: false };
  },
  validate,
  validateUpdate: ({ spec }, { spec: old }) =>
    deepEqual(spec, old) ? [] : [invalid('spec', spec, 'field is immutable')],
  printer: {
    columns: [
      nameColumn,
      { ...column('Attacher'), format: 'name' },
      column('PV'),
      column('Node'),
      column('Attached', 'boolean'),
      ageColumn,
    ],
    cells: (object, nowMs) => [
      object.metadata.name ?? '',
      object.spec.attacher,
      object.spec.source.persistentVolumeName ?? '',
      object.spec.nodeName,
      object.status?.attached ?? false,
      age(object, nowMs),
    ],
  },
  subresources: [
    {
      ...statusSubresource<VolumeAttachment>({ keeps: 'metadata' }),
      validateUpdate: validateStatus,
    },
  ],
} satisfies ResourceDeclaration<VolumeAttachment>;
