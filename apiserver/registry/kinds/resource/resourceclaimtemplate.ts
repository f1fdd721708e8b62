import { deepEqual } from '../../../../api/deep.ts';
import { invalid } from '../../../../api/field-errors.ts';
import type { ResourceClaimTemplate } from '../../../../api/types/resource-v1.ts';
import { validateAnnotations, validateLabels } from '../../../../api/validation/labels.ts';
import type { ResourceDeclaration } from '../../declaration.ts';
import { age, ageColumn, nameColumn } from '../cells.ts';
import { asksAdminAccess, permitAdminAccess } from './admin-access.ts';
import { applyClaimDefaults, dropAlphaFields, validateDeviceClaim } from './device-claim.ts';

type Spec = ResourceClaimTemplate['spec'] | undefined;

export const resourceClaimTemplate = {
  type: {
    group: 'resource.k8s.io',
    version: 'v1',
    resource: 'resourceclaimtemplates',
    kind: 'ResourceClaimTemplate',
    namespaced: true,
  },
  singular: 'resourceclaimtemplate',
  returnsDeletedObject: true,
  applyDefaults: (object) =>
    applyClaimDefaults((object.spec as typeof object.spec | undefined)?.spec?.devices),
  prepareForCreate: ({ spec }) => dropAlphaFields((spec as typeof spec | undefined)?.spec?.devices),
  async permitWrite({ object, old }, access) {
    const requests = (object.spec as Spec)?.spec?.devices?.requests ?? [];
    const exactly = requests.map((each) => each.exactly);
    const field = old === undefined ? asksAdminAccess(exactly, 'spec.devices.requests') : undefined;
    const name = object.metadata.name ?? '';
    await permitAdminAccess(resourceClaimTemplate.type, { name, field }, access);
  },
  validate({ spec }, old) {
    // What is stored was valid, and cannot change.
    if (old !== undefined && deepEqual(spec, old.spec)) return [];
    const { metadata, spec: claim } = (spec as Spec) ?? {};
    return [
      ...validateLabels(metadata?.labels, 'spec.metadata.labels'),
      ...validateAnnotations(metadata?.annotations, 'spec.metadata.annotations'),
      ...validateDeviceClaim(claim?.devices, 'spec.spec.devices'),
      ...(old === undefined ? [] : [invalid('spec', spec, 'field is immutable')]),
    ];
  },
  printer: {
    columns: [nameColumn, ageColumn],
    cells: (object, nowMs) => [object.metadata.name ?? '', age(object, nowMs)],
  },
} satisfies ResourceDeclaration<ResourceClaimTemplate>;
