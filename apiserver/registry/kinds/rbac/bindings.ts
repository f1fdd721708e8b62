import { deepEqual } from '../../../../api/deep.ts';
import { type FieldError, invalid, notSupported, required } from '../../../../api/field-errors.ts';
import type { Mutable } from '../../../../api/meta.ts';
import type { ResourceType } from '../../../../api/resource.ts';
import type {
  ClusterRoleBinding,
  RoleBinding,
  RoleRef,
  Subject,
} from '../../../../api/types/rbac-v1.ts';
import { dns1123Subdomain, pathSegment } from '../../../../api/validation/names.ts';
import type { ResourceDeclaration, TablePrinter } from '../../declaration.ts';
import { age, ageColumn, column, nameColumn, wideColumn } from '../cells.ts';
import { check } from '../checks.ts';
import { permitBinding } from './escalation.ts';

type Binding = RoleBinding | ClusterRoleBinding;

const GROUP = 'rbac.authorization.k8s.io';

function applyDefaults(binding: Mutable<Binding>): void {
  const { subjects } = binding;
  const roleRef: Mutable<Partial<RoleRef>> = ((binding as { roleRef?: object }).roleRef ??= {});
  roleRef.apiGroup ||= GROUP;
  for (const subject of subjects ?? []) {
    if (subject.kind === 'User' || subject.kind === 'Group') subject.apiGroup ||= GROUP;
  }
}

function validateRoleRef(roleRef: Partial<RoleRef>, kinds: readonly string[]): FieldError[] {
  const { apiGroup = '', kind = '', name = '' } = roleRef;
  const errors: FieldError[] = [];
  if (apiGroup !== GROUP) errors.push(notSupported('roleRef.apiGroup', apiGroup, [GROUP]));
  if (!kinds.includes(kind)) errors.push(notSupported('roleRef.kind', kind, kinds));
  if (name === '') errors.push(required('roleRef.name'));
  return [...errors, ...check(pathSegment, name, 'roleRef.name')];
}

function validateSubject(subject: Subject, namespaced: boolean, field: string): FieldError[] {
  const { apiGroup = '', kind = '', name = '', namespace } = subject;
  const errors = name === '' ? [required(`${field}.name`)] : [];
  const inGroup = (expected: string): void => {
    if (apiGroup === expected) return;
    errors.push(notSupported(`${field}.apiGroup`, apiGroup, [expected]));
  };
  switch (kind) {
    case 'ServiceAccount':
      if (name !== '') errors.push(...check(dns1123Subdomain, name, `${field}.name`));
      inGroup('');
      if (!namespaced && !namespace) errors.push(required(`${field}.namespace`));
      break;
    case 'User':
    case 'Group':
      inGroup(GROUP);
      break;
    default:
      errors.push(notSupported(`${field}.kind`, kind, ['ServiceAccount', 'User', 'Group']));
  }
  return errors;
}

function validate(binding: Binding, kinds: readonly string[], namespaced: boolean): FieldError[] {
  return [
    ...validateRoleRef(binding.roleRef ?? {}, kinds),
    ...(binding.subjects ?? []).flatMap((subject, i) =>
      validateSubject(subject, namespaced, `subjects[${i}]`),
    ),
  ];
}

/** Whoever could change it could give others more than was agreed to. */
function validateUpdate({ roleRef }: Binding, { roleRef: old }: Binding): FieldError[] {
  if (deepEqual(roleRef, old)) return [];
  const { apiGroup = '', kind = '', name = '' } = roleRef ?? {};
  // Kubernetes shows its internal type, whose fields have no JSON names.
  const shown = { APIGroup: apiGroup, Kind: kind, Name: name };
  return [invalid('roleRef', shown, 'cannot change roleRef')];
}

function names({ subjects = [] }: Binding, kind: string): string {
  return subjects
    .filter((subject) => subject.kind === kind)
    .map(({ name, namespace }) => (kind === 'ServiceAccount' ? `${namespace ?? ''}/${name}` : name))
    .join(', ');
}

const printer: TablePrinter<Binding> = {
  columns: [
    nameColumn,
    column('Role'),
    ageColumn,
    wideColumn('Users'),
    wideColumn('Groups'),
    wideColumn('ServiceAccounts'),
  ],
  cells: (binding, nowMs) => [
    binding.metadata.name ?? '',
    `${binding.roleRef?.kind}/${binding.roleRef?.name}`,
    age(binding, nowMs),
    names(binding, 'User'),
    names(binding, 'Group'),
    names(binding, 'ServiceAccount'),
  ],
};

const roleBindings: ResourceType<RoleBinding> = {
  group: GROUP,
  version: 'v1',
  resource: 'rolebindings',
  kind: 'RoleBinding',
  namespaced: true,
};

const clusterRoleBindings: ResourceType<ClusterRoleBinding> = {
  group: GROUP,
  version: 'v1',
  resource: 'clusterrolebindings',
  kind: 'ClusterRoleBinding',
  namespaced: false,
};

export const roleBinding = {
  type: roleBindings,
  singular: 'rolebinding',
  nameRule: 'pathSegment',
  allowCreateOnUpdate: true,
  applyDefaults,
  validate: (binding) => validate(binding, ['Role', 'ClusterRole'], true),
  validateUpdate,
  permitWrite: (change, access) => permitBinding(roleBindings, change, access),
  printer,
} satisfies ResourceDeclaration<RoleBinding>;

export const clusterRoleBinding = {
  type: clusterRoleBindings,
  singular: 'clusterrolebinding',
  nameRule: 'pathSegment',
  allowCreateOnUpdate: true,
  applyDefaults,
  validate: (binding) => validate(binding, ['ClusterRole'], false),
  validateUpdate,
  permitWrite: (change, access) => permitBinding(clusterRoleBindings, change, access),
  printer,
} satisfies ResourceDeclaration<ClusterRoleBinding>;
