import { isObject } from '../../../api/deep.ts';
import { type FieldError, required } from '../../../api/field-errors.ts';
import { controllerOf } from '../../../api/meta.ts';
import type { ResourceType } from '../../../api/resource.ts';
import type { ControllerRevision } from '../../../api/types/apps-v1.ts';
import { validateImmutable } from '../../../api/validation/object-meta.ts';
import type { ResourceDeclaration } from '../declaration.ts';
import { age, ageColumn, column, nameColumn, NONE } from './cells.ts';
import { nonNegative } from './checks.ts';

const type: ResourceType<ControllerRevision> = {
  group: 'apps',
  version: 'v1',
  resource: 'controllerrevisions',
  kind: 'ControllerRevision',
  namespaced: true,
};

function validate({ data, revision }: ControllerRevision, old?: ControllerRevision): FieldError[] {
  const errors = nonNegative(revision, 'revision');
  if (old !== undefined) return [...validateImmutable(data, old.data, 'data'), ...errors];
  if (data === undefined) return [...errors, required('data', 'data is mandatory')];
  return isObject(data)
    ? errors
    : [...errors, required('data', 'data must be a valid JSON object')];
}

/** "daemonset.apps/agent". */
function controllerText(object: ControllerRevision): string {
  const owner = controllerOf(object);
  if (owner === undefined) return NONE;
  const slash = owner.apiVersion.indexOf('/');
  const group = slash < 0 ? '' : `.${owner.apiVersion.slice(0, slash)}`;
  return `${owner.kind.toLowerCase()}${group}/${owner.name}`;
}

export const controllerRevision = {
  type,
  singular: 'controllerrevision',
  applyDefaults(object) {
    object.revision ??= 0;
  },
  validate,
  printer: {
    columns: [nameColumn, column('Controller'), column('Revision'), ageColumn],
    cells: (object, nowMs) => [
      object.metadata.name ?? '',
      controllerText(object),
      object.revision,
      age(object, nowMs),
    ],
  },
} satisfies ResourceDeclaration<ControllerRevision>;
