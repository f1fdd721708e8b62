import type {
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from '../../../../api/types/admissionregistration-v1.ts';
import type {
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
} from '../../../../api/types/admissionregistration-v1beta1.ts';
import type { ResourceDeclaration, TablePrinter } from '../../declaration.ts';
import { age, ageColumn, column, nameColumn } from '../cells.ts';
import { statusSubresource } from '../status-subresource.ts';
import { defaultMatchResources } from './match-resources.ts';
import {
  validateBinding,
  validateMutatingBinding,
  validateMutations,
  validatePolicy,
} from './policy-validation.ts';

const GROUP = 'admissionregistration.k8s.io';
const UNSET = '<unset>';

const policyPrinter: TablePrinter<ValidatingAdmissionPolicy> = {
  columns: [nameColumn, column('Validations', 'integer'), column('ParamKind'), ageColumn],
  cells: (object, nowMs) => {
    const { validations = [], paramKind } = object.spec ?? {};
    const params = paramKind === undefined ? UNSET : `${paramKind.apiVersion}/${paramKind.kind}`;
    return [object.metadata.name ?? '', validations.length, params, age(object, nowMs)];
  },
};

export const validatingAdmissionPolicy = {
  type: {
    group: GROUP,
    version: 'v1',
    resource: 'validatingadmissionpolicies',
    kind: 'ValidatingAdmissionPolicy',
    namespaced: false,
  },
  singular: 'validatingadmissionpolicy',
  categories: ['api-extensions'],
  hasStatus: true,
  hasGeneration: true,
  allowUnconditionalUpdate: false,
  applyDefaults(object) {
    const spec = (object.spec ??= {});
    spec.failurePolicy ??= 'Fail';
    defaultMatchResources(spec.matchConstraints);
  },
  validate: ({ spec, metadata }) => validatePolicy(spec ?? {}, metadata.name ?? ''),
  printer: policyPrinter,
  subresources: [statusSubresource<ValidatingAdmissionPolicy>({ keeps: 'metadata' })],
} satisfies ResourceDeclaration<ValidatingAdmissionPolicy>;

interface BindingSpec {
  readonly policyName?: string;
  readonly paramRef?: { readonly name?: string; readonly namespace?: string };
}

function bindingCells(spec: BindingSpec | undefined): readonly [string, string] {
  const { policyName = '', paramRef } = spec ?? {};
  if (paramRef === undefined) return [policyName, UNSET];
  const { name = '*', namespace } = paramRef;
  return [policyName, namespace === undefined ? name : `${namespace}/${name}`];
}

const bindingColumns = [nameColumn, column('PolicyName'), column('ParamRef'), ageColumn];

export const validatingAdmissionPolicyBinding = {
  type: {
    group: GROUP,
    version: 'v1',
    resource: 'validatingadmissionpolicybindings',
    kind: 'ValidatingAdmissionPolicyBinding',
    namespaced: false,
  },
  singular: 'validatingadmissionpolicybinding',
  categories: ['api-extensions'],
  hasGeneration: true,
  allowUnconditionalUpdate: false,
  applyDefaults: ({ spec }) => defaultMatchResources(spec?.matchResources),
  validate: ({ spec }) => validateBinding(spec ?? {}),
  printer: {
    columns: bindingColumns,
    cells: (object, nowMs) => [
      object.metadata.name ?? '',
      ...bindingCells(object.spec),
      age(object, nowMs),
    ],
  },
} satisfies ResourceDeclaration<ValidatingAdmissionPolicyBinding>;

/** Beta, and off: served where admissionregistration.k8s.io/v1beta1 is asked for. */
export const mutatingAdmissionPolicy = {
  type: {
    group: GROUP,
    version: 'v1beta1',
    resource: 'mutatingadmissionpolicies',
    kind: 'MutatingAdmissionPolicy',
    namespaced: false,
  },
  singular: 'mutatingadmissionpolicy',
  categories: ['api-extensions'],
  hasGeneration: true,
  allowUnconditionalUpdate: false,
  applyDefaults(object) {
    const spec = (object.spec ??= {});
    spec.failurePolicy ??= 'Fail';
    defaultMatchResources(spec.matchConstraints);
  },
  validate: ({ spec }) => validateMutations(spec ?? {}),
  printer: {
    columns: [nameColumn, column('Mutations', 'integer'), column('ParamKind'), ageColumn],
    cells: (object, nowMs) => {
      const { mutations = [], paramKind: kind } = object.spec ?? {};
      const params = kind === undefined ? UNSET : `${kind.apiVersion}/${kind.kind}`;
      return [object.metadata.name ?? '', mutations.length, params, age(object, nowMs)];
    },
  },
} satisfies ResourceDeclaration<MutatingAdmissionPolicy>;

export const mutatingAdmissionPolicyBinding = {
  type: {
    group: GROUP,
    version: 'v1beta1',
    resource: 'mutatingadmissionpolicybindings',
    kind: 'MutatingAdmissionPolicyBinding',
    namespaced: false,
  },
  singular: 'mutatingadmissionpolicybinding',
  categories: ['api-extensions'],
  hasGeneration: true,
  allowUnconditionalUpdate: false,
  applyDefaults: ({ spec }) => defaultMatchResources(spec?.matchResources),
  validate: ({ spec }) => validateMutatingBinding(spec ?? {}),
  printer: {
    columns: bindingColumns,
    cells: (object, nowMs) => [
      object.metadata.name ?? '',
      ...bindingCells(object.spec),
      age(object, nowMs),
    ],
  },
} satisfies ResourceDeclaration<MutatingAdmissionPolicyBinding>;
