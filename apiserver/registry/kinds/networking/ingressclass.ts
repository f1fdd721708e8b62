import {
  type FieldError,
  forbidden,
  notSupported,
  required,
  tooLong,
} from '../../../../api/field-errors.ts';
import type {
  IngressClass,
  IngressClassParametersReference,
} from '../../../../api/types/networking-v1.ts';
import { domainPrefixedPath } from '../../../../api/validation/formats.ts';
import { byteLength, dns1123Label } from '../../../../api/validation/names.ts';
import { validateImmutable } from '../../../../api/validation/object-meta.ts';
import type { ResourceDeclaration } from '../../declaration.ts';
import { age, ageColumn, column, nameColumn, NONE } from '../cells.ts';
import { check } from '../checks.ts';
import { validateLocalReference } from './local-reference.ts';

const MAX_CONTROLLER_BYTES = 250;

function validateParameters(parameters: IngressClassParametersReference): FieldError[] {
  const field = 'spec.parameters';
  const { scope, namespace } = parameters;
  const errors = validateLocalReference(parameters, field);
  if (scope === undefined) return [...errors, required(`${field}.scope`)];
  if (scope === 'Namespace') {
    const detail = "`parameters.scope` is set to 'Namespace'";
    return namespace === undefined
      ? [...errors, required(`${field}.namespace`, detail)]
      : [...errors, ...check(dns1123Label, namespace, `${field}.namespace`)];
  }
  if (scope !== 'Cluster') {
    return [...errors, notSupported(`${field}.scope`, scope, ['Cluster', 'Namespace'])];
  }
  if (namespace === undefined) return errors;
  const detail = "`parameters.scope` is set to 'Cluster'";
  return [...errors, forbidden(`${field}.namespace`, detail)];
}

function validate({ spec }: IngressClass, old?: IngressClass): FieldError[] {
  const { controller = '', parameters } = spec ?? {};
  const field = 'spec.controller';
  const errors: FieldError[] = [];
  if (old !== undefined)
    errors.push(...validateImmutable(controller, old.spec?.controller ?? '', field));
  if (byteLength(controller) > MAX_CONTROLLER_BYTES) {
    errors.push(tooLong(field, MAX_CONTROLLER_BYTES));
  }
  errors.push(...domainPrefixedPath(controller, field));
  return parameters === undefined ? errors : [...errors, ...validateParameters(parameters)];
}

function parametersText({ spec }: IngressClass): string {
  const { parameters } = spec ?? {};
  if (parameters === undefined) return NONE;
  const { apiGroup, kind, name } = parameters;
  return `${kind}${apiGroup === undefined ? '' : `.${apiGroup}`}/${name}`;
}

export const ingressClass = {
  type: {
    group: 'networking.k8s.io',
    version: 'v1',
    resource: 'ingressclasses',
    kind: 'IngressClass',
    namespaced: false,
  },
  singular: 'ingressclass',
  hasGeneration: true,
  applyDefaults(object) {
    const spec = (object.spec ??= {});
    if (spec.parameters !== undefined) spec.parameters.scope ??= 'Cluster';
  },
  validate,
  printer: {
    columns: [nameColumn, column('Controller'), column('Parameters'), ageColumn],
    cells: (object, nowMs) => [
      object.metadata.name ?? '',
      object.spec?.controller ?? '',
      parametersText(object),
      age(object, nowMs),
    ],
  },
} satisfies ResourceDeclaration<IngressClass>;
