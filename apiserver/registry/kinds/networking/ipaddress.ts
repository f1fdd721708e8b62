import { deepEqual } from '../../../../api/deep.ts';
import { type FieldError, invalid, required } from '../../../../api/field-errors.ts';
import { goStruct } from '../../../../api/go-struct.ts';
import type { IPAddress, ParentReference } from '../../../../api/types/networking-v1.ts';
import { dns1123Subdomain, pathSegment } from '../../../../api/validation/names.ts';
import type { ResourceDeclaration } from '../../declaration.ts';
import { column, nameColumn, NONE } from '../cells.ts';
import { check } from '../checks.ts';
import { validateCanonicalIP } from '../endpoint-ip.ts';

function validateParent(parent: ParentReference | undefined): FieldError[] {
  const field = 'spec.parentRef';
  if (parent === undefined) return [required(field)];
  const { group = '', resource = '', name = '', namespace = '' } = parent;
  const segment = (value: string, member: string): FieldError[] =>
    check(pathSegment, value, `${field}.${member}`);
  return [
    ...(group === '' ? [] : check(dns1123Subdomain, group, `${field}.group`)),
    ...(resource === '' ? [required(`${field}.resource`)] : segment(resource, 'resource')),
    ...(name === '' ? [required(`${field}.name`)] : segment(name, 'name')),
    ...(namespace === '' ? [] : segment(namespace, 'namespace')),
  ];
}

const goParent = { group: '', resource: '', namespace: '', name: '' } as const;

function parentText(parent: ParentReference | undefined): string {
  if (parent === undefined) return NONE;
  const { group = '', resource, namespace = '', name } = parent;
  const type = (group === '' ? resource : `${resource}.${group}`).toLowerCase();
  return [type, ...(namespace === '' ? [] : [namespace]), name].join('/');
}

export const ipAddress = {
  type: {
    group: 'networking.k8s.io',
    version: 'v1',
    resource: 'ipaddresses',
    kind: 'IPAddress',
    namespaced: false,
  },
  singular: 'ipaddress',
  shortNames: ['ip'],
  nameRule: 'pathSegment',
  validate: ({ metadata, spec }) => [
    // The name is the address.
    ...(metadata.name ? validateCanonicalIP(metadata.name, 'metadata.name') : []),
    ...validateParent((spec as typeof spec | undefined)?.parentRef),
  ],
  validateUpdate: ({ spec }, { spec: old }) =>
    deepEqual(spec.parentRef, old.parentRef)
      ? []
      : [invalid('spec.parentRef', goStruct(spec.parentRef, goParent), 'field is immutable')],
  printer: {
    columns: [nameColumn, column('ParentRef')],
    cells: (object) => [object.metadata.name ?? '', parentText(object.spec?.parentRef)],
  },
} satisfies ResourceDeclaration<IPAddress>;
