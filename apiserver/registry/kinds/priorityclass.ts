import { type FieldError, forbidden } from '../../../api/field-errors.ts';
import { priorityClasses } from '../../../api/resources.ts';
import type { PriorityClass } from '../../../api/types/scheduling-v1.ts';
import { validateImmutable } from '../../../api/validation/object-meta.ts';
import type { ResourceDeclaration } from '../declaration.ts';
import { age, ageColumn, column, nameColumn } from './cells.ts';
import { oneOf } from './checks.ts';

const SYSTEM_PREFIX = 'system-';
const MAX_USER_VALUE = 1_000_000_000;

/** The classes every cluster has; no other may be named or valued like them. */
export const systemPriorityClasses = [
  {
    name: 'system-node-critical',
    value: 2_000_001_000,
    description: 'Used for system critical pods that must not be moved from their current node.',
  },
  {
    name: 'system-cluster-critical',
    value: 2_000_000_000,
    description:
      'Used for system critical pods that must run in the cluster, but can be moved to another ' +
      'node if necessary.',
  },
] as const;

/** Why the name is no class of the system. */
function systemFault({ metadata, value, globalDefault }: PriorityClass): string | undefined {
  const known = systemPriorityClasses.find(({ name }) => name === metadata.name);
  if (known === undefined) return `${metadata.name} is not a known system priority class`;
  if (value !== known.value) return `value of ${known.name} PriorityClass must be ${known.value}`;
  return globalDefault === true
    ? `globalDefault of ${known.name} PriorityClass must be false`
    : undefined;
}

function validate(object: PriorityClass): FieldError[] {
  const errors: FieldError[] = [];
  const { metadata, value, preemptionPolicy } = object;
  if (metadata.name?.startsWith(SYSTEM_PREFIX)) {
    const fault = systemFault(object);
    const detail =
      `priority class names with '${SYSTEM_PREFIX}' prefix are reserved for system use only. ` +
      `error: ${fault}`;
    if (fault !== undefined) errors.push(forbidden('metadata.name', detail));
  } else if (value > MAX_USER_VALUE) {
    const detail = `maximum allowed value of a user defined priority is ${MAX_USER_VALUE}`;
    errors.push(forbidden('value', detail));
  }
  const policies = ['PreemptLowerPriority', 'Never'];
  const choice = { field: 'preemptionPolicy', asListed: true };
  return [...errors, ...oneOf(preemptionPolicy, policies, choice)];
}

/** The rest is not looked at again. */
function validateUpdate(object: PriorityClass, old: PriorityClass): FieldError[] {
  const errors: FieldError[] = [];
  if (object.value !== old.value) {
    errors.push(forbidden('value', 'may not be changed in an update.'));
  }
  const field = 'preemptionPolicy';
  return [...errors, ...validateImmutable(object[field], old[field], field)];
}

export const priorityClass = {
  type: priorityClasses,
  singular: 'priorityclass',
  shortNames: ['pc'],
  applyDefaults(object) {
    object.preemptionPolicy ??= 'PreemptLowerPriority';
    object.value ??= 0;
  },
  prepareForCreate(object) {
    object.metadata.generation = 1;
  },
  validate: (object, old) => (old === undefined ? validate(object) : validateUpdate(object, old)),
  printer: {
    columns: [
      nameColumn,
      column('Value', 'integer'),
      column('Global-Default', 'boolean'),
      ageColumn,
      column('PreemptionPolicy'),
    ],
    cells: (object, nowMs) => [
      object.metadata.name ?? '',
      object.value,
      object.globalDefault ?? false,
      age(object, nowMs),
      object.preemptionPolicy ?? '',
    ],
  },
} satisfies ResourceDeclaration<PriorityClass>;
