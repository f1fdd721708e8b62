import { type FieldError, invalid } from '../../../api/field-errors.ts';
import { leases } from '../../../api/resources.ts';
import type { Mutable } from '../../../api/meta.ts';
import type { Lease } from '../../../api/types/coordination-v1.ts';
import type { ResourceDeclaration } from '../declaration.ts';
import { age, ageColumn, column, nameColumn } from './cells.ts';

/** They belong to coordinated leader election, which Kubernetes 1.34 has off by default. */
function dropCoordination(lease: Mutable<Lease>): void {
  if (lease.spec.strategy !== undefined) delete lease.spec.strategy;
  if (lease.spec.preferredHolder !== undefined) delete lease.spec.preferredHolder;
}

function validate({ spec }: Lease): FieldError[] {
  const errors: FieldError[] = [];
  const { leaseDurationSeconds: duration, leaseTransitions: transitions } = spec ?? {};
  if (duration !== undefined && duration <= 0) {
    errors.push(invalid('spec.leaseDurationSeconds', duration, 'must be greater than 0'));
  }
  if (transitions !== undefined && transitions < 0) {
    const detail = 'must be greater than or equal to 0';
    errors.push(invalid('spec.leaseTransitions', transitions, detail));
  }
  return errors;
}

export const lease = {
  type: leases,
  singular: 'lease',
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: false,
  applyDefaults(object) {
    object.spec ??= {};
  },
  prepareForCreate: dropCoordination,
  prepareForUpdate: dropCoordination,
  validate,
  printer: {
    columns: [nameColumn, column('Holder'), ageColumn],
    cells: (object, nowMs) => [
      object.metadata.name ?? '',
      object.spec?.holderIdentity ?? '',
      age(object, nowMs),
    ],
  },
} satisfies ResourceDeclaration<Lease>;
