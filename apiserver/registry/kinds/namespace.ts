import { deepEqual } from '../../../api/deep.ts';
import { type FieldError, invalid } from '../../../api/field-errors.ts';
import type { Mutable } from '../../../api/meta.ts';
import { namespaces } from '../../../api/resources.ts';
import type { Namespace } from '../../../api/types/core-v1.ts';
import { validateFinalizerName } from '../../../api/validation/object-meta.ts';
import type { ResourceDeclaration, Subresource } from '../declaration.ts';
import { age, ageColumn, column, nameColumn } from './cells.ts';
import { statusSubresource } from './status-subresource.ts';

const NAME_LABEL = 'kubernetes.io/metadata.name';
const CONTENT_FINALIZER = 'kubernetes';

/** Every namespace can be selected by its name. */
function labelWithName(namespace: Mutable<Namespace>): void {
  const { name, labels } = namespace.metadata;
  if (!name || labels?.[NAME_LABEL] === name) return;
  namespace.metadata.labels = { ...labels, [NAME_LABEL]: name };
}

/** The namespace controller gives back `spec.finalizers` when the content is gone. */
const finalize: Subresource<Namespace> = {
  name: 'finalize',
  verbs: ['update'],
  validateUpdate: ({ spec }) =>
    (spec?.finalizers ?? []).flatMap((name, i) =>
      validateFinalizerName(name, `spec.finalizers[${i}]`),
    ),
  write(sent, parent) {
    const spec = (sent as Mutable<Namespace>).spec ?? {};
    return { ...parent, metadata: sent.metadata, spec } as Mutable<Namespace>;
  },
};

function validatePhase({ metadata, status }: Namespace): FieldError[] {
  const phase = status?.phase ?? '';
  if (metadata.deletionTimestamp === undefined) {
    if (phase === 'Active' || phase === '') return [];
    const detail = "may only be 'Active' if `deletionTimestamp` is empty";
    return [invalid('status.Phase', phase, detail)];
  }
  if (phase === 'Terminating') return [];
  const detail = "may only be 'Terminating' if `deletionTimestamp` is not empty";
  return [invalid('status.Phase', phase, detail)];
}

export const namespace = {
  type: namespaces,
  singular: 'namespace',
  shortNames: ['ns'],
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  nameRule: 'label',
  hasStatus: true,

  applyDefaults(object) {
    object.spec ??= {};
    const { status } = object;
    if (!status?.phase) object.status = { ...status, phase: 'Active' };
    labelWithName(object);
  },
  prepareForCreate(object) {
    labelWithName(object);
    object.status = { phase: 'Active' };
    const finalizers = object.spec.finalizers ?? [];
    if (finalizers.includes(CONTENT_FINALIZER)) return;
    object.spec = { ...object.spec, finalizers: [...finalizers, CONTENT_FINALIZER] };
  },
  prepareForUpdate(object, old) {
    object.spec = old.spec as Mutable<Namespace['spec']>;
  },
  validate: ({ spec }) =>
    (spec?.finalizers ?? []).flatMap((name) => validateFinalizerName(name, 'spec.finalizers')),
  validateUpdate: (object, old) =>
    deepEqual(object.status, old.status) ? [] : validatePhase(object),

  markDeleting(object) {
    object.status = { ...object.status, phase: 'Terminating' };
    // Of grace it says nothing, not even that there is none.
    delete object.metadata.deletionGracePeriodSeconds;
  },
  keepsDeleted: ({ spec }) => (spec?.finalizers?.length ?? 0) > 0,
  returnsDeletedObject: true,
  undeletable: ['default', 'kube-system', 'kube-public'],

  selectableFields: { 'status.phase': ({ status }) => status?.phase ?? '' },
  printer: {
    columns: [nameColumn, column('Status'), ageColumn],
    cells: (object, nowMs) => [
      object.metadata.name ?? '',
      object.status?.phase ?? '',
      age(object, nowMs),
    ],
  },
  subresources: [statusSubresource(), finalize],
} satisfies ResourceDeclaration<Namespace>;
