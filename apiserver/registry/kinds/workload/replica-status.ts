/** The status that ReplicaSets and ReplicationControllers share. */
import { type FieldError, invalid } from '../../../../api/field-errors.ts';
import type { ReplicaSetStatus } from '../../../../api/types/apps-v1.ts';
import { nonNegative } from '../checks.ts';

const counts = [
  'replicas',
  'fullyLabeledReplicas',
  'readyReplicas',
  'availableReplicas',
  'terminatingReplicas',
  'observedGeneration',
] as const;

const partial = ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'] as const;

export function validateReplicaStatus(status = {} as ReplicaSetStatus): FieldError[] {
  const errors = counts.flatMap((name) => nonNegative(status[name], `status.${name}`));
  const { replicas = 0, readyReplicas = 0, availableReplicas = 0 } = status;
  for (const name of partial) {
    const value = status[name] ?? 0;
    if (value <= replicas) continue;
    errors.push(invalid(`status.${name}`, value, 'cannot be greater than status.replicas'));
  }
  if (availableReplicas > readyReplicas) {
    const detail = 'cannot be greater than readyReplicas';
    errors.push(invalid('status.availableReplicas', availableReplicas, detail));
  }
  return errors;
}
