import { deepEqual } from '../../../../api/deep.ts';
import { type FieldError, invalid, notSupported, required } from '../../../../api/field-errors.ts';
import { goStruct } from '../../../../api/go-struct.ts';
import type { FlowSchema } from '../../../../api/types/flowcontrol-v1.ts';
import { dns1123Subdomain } from '../../../../api/validation/names.ts';
import type { ResourceDeclaration } from '../../declaration.ts';
import { age, ageColumn, column, nameColumn, NONE } from '../cells.ts';
import { check } from '../checks.ts';
import { statusSubresource } from '../status-subresource.ts';
import { validateConditions } from './conditions.ts';
import { validateRules } from './flow-rules.ts';
import { mandatory, standardFlowSchemas } from './standard.ts';

const DEFAULT_PRECEDENCE = 1_000;
const MAX_PRECEDENCE = 10_000;
const methods = ['ByNamespace', 'ByUser'];

function validatePrecedence(name: string, precedence: number): FieldError[] {
  const field = 'spec.matchingPrecedence';
  const errors: FieldError[] = [];
  if (precedence <= 0) errors.push(invalid(field, precedence, 'must be a positive value'));
  if (precedence > MAX_PRECEDENCE)
    errors.push(invalid(field, precedence, `must not be greater than ${MAX_PRECEDENCE}`));
  if (precedence === 1 && name !== 'exempt') {
    const detail = "only the schema named 'exempt' may have matchingPrecedence 1";
    errors.push(invalid(field, precedence, detail));
  }
  return errors;
}

function validate({ metadata, spec, status }: FlowSchema): FieldError[] {
  const { name = '' } = metadata;
  const { matchingPrecedence = 0, distinguisherMethod, rules = [] } = spec ?? {};
  const level = spec?.priorityLevelConfiguration?.name ?? '';
  const levelField = 'spec.priorityLevelConfiguration.name';
  const errors = validatePrecedence(name, matchingPrecedence);
  if (distinguisherMethod !== undefined && !methods.includes(distinguisherMethod.type))
    errors.push(
      notSupported(
        'spec.distinguisherMethod.type',
        goStruct(distinguisherMethod, { type: '' }),
        methods,
      ),
    );
  if (level === '') errors.push(required(levelField, 'must reference a priority level'));
  else errors.push(...check(dns1123Subdomain, level, levelField));
  errors.push(...rules.flatMap((rule, i) => validateRules(rule, `spec.rules[${i}]`)));
  if (mandatory.has(name) && !deepEqual(spec, standardFlowSchemas[name]))
    errors.push(invalid('spec', spec, `spec of '${name}' must equal the fixed value`));
  return [...errors, ...validateConditions(status?.conditions)];
}

export const flowSchema = {
  type: {
    group: 'flowcontrol.apiserver.k8s.io',
    version: 'v1',
    resource: 'flowschemas',
    kind: 'FlowSchema',
    namespaced: false,
  },
  singular: 'flowschema',
  hasStatus: true,
  hasGeneration: true,
  applyDefaults(object) {
    const spec = object.spec as typeof object.spec | undefined;
    if (spec !== undefined) spec.matchingPrecedence ||= DEFAULT_PRECEDENCE;
  },
  validate,
  printer: {
    columns: [
      nameColumn,
      column('PriorityLevel'),
      column('MatchingPrecedence'),
      column('DistinguisherMethod'),
      ageColumn,
      column('MissingPL'),
    ],
    cells: (object, nowMs) => {
      const { spec, status } = object;
      const dangling = status?.conditions?.find(({ type }) => type === 'Dangling');
      return [
        object.metadata.name ?? '',
        spec?.priorityLevelConfiguration.name ?? NONE,
        spec?.matchingPrecedence ?? 0,
        spec?.distinguisherMethod?.type ?? NONE,
        age(object, nowMs),
        dangling?.status ?? '?',
      ];
    },
  },
  subresources: [statusSubresource({ keeps: 'metadata' })],
} satisfies ResourceDeclaration<FlowSchema>;
