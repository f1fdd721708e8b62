import { duplicate, type FieldError } from '../../../api/field-errors.ts';
import { goStruct } from '../../../api/go-struct.ts';
import type { RuntimeClass, Scheduling } from '../../../api/types/node-v1.ts';
import { validateLabels } from '../../../api/validation/labels.ts';
import { dns1123Label } from '../../../api/validation/names.ts';
import { validateImmutable } from '../../../api/validation/object-meta.ts';
import type { ResourceDeclaration } from '../declaration.ts';
import { age, ageColumn, column, nameColumn } from './cells.ts';
import { check } from './checks.ts';
import { validateResources } from './pod/validation-resources.ts';
import { validateTolerations } from './pod/validation-scheduling.ts';
import { oldNodeLabel } from './old-node-labels.ts';

const goToleration = {
  key: '',
  operator: '',
  value: '',
  effect: '',
  tolerationSeconds: null,
} as const;

function validateScheduling({ nodeSelector, tolerations = [] }: Scheduling): FieldError[] {
  const field = 'scheduling.tolerations';
  const errors = [
    ...validateLabels(nodeSelector, 'scheduling.nodeSelector'),
    ...validateTolerations(tolerations, `${field}.tolerations`),
  ];
  const seen = new Set<string>();
  for (const [i, toleration] of tolerations.entries()) {
    const { key = '', operator = '', value = '', effect = '' } = toleration;
    const text = JSON.stringify([key, operator, value, effect]);
    if (seen.has(text))
      errors.push(duplicate(`${field}[${i}]`, goStruct(toleration, goToleration)));
    seen.add(text);
  }
  return errors;
}

function validate({ handler = '', overhead, scheduling }: RuntimeClass): FieldError[] {
  const limits = overhead?.podFixed ?? {};
  return [
    ...check(dns1123Label, handler, 'handler'),
    ...(overhead === undefined
      ? []
      : validateResources({ limits }, 'overhead', { claims: new Set() })),
    ...(scheduling === undefined ? [] : validateScheduling(scheduling)),
  ];
}

export const runtimeClass = {
  type: {
    group: 'node.k8s.io',
    version: 'v1',
    resource: 'runtimeclasses',
    kind: 'RuntimeClass',
    namespaced: false,
  },
  singular: 'runtimeclass',
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: false,
  validate,
  validateUpdate: (object, old) => validateImmutable(object.handler, old.handler, 'handler'),
  warnings: ({ scheduling }) =>
    Object.keys(scheduling?.nodeSelector ?? {}).flatMap((label) => {
      const said = oldNodeLabel(label);
      return said === undefined ? [] : [`scheduling.nodeSelector: ${said}`];
    }),
  printer: {
    columns: [nameColumn, column('Handler'), ageColumn],
    cells: (object, nowMs) => [object.metadata.name ?? '', object.handler, age(object, nowMs)],
  },
} satisfies ResourceDeclaration<RuntimeClass>;
