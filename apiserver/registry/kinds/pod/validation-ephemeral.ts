import { deepEqual } from '../../../../api/deep.ts';
import { type FieldError, forbidden } from '../../../../api/field-errors.ts';
import type { Pod } from '../../../../api/types/core-v1.ts';
import { validatePodSpec } from './validation.ts';

const FIELD = 'spec.ephemeralContainers';

const refused = (name: string, what: string): FieldError =>
  forbidden(FIELD, `existing ephemeral containers ${JSON.stringify(name)} may not be ${what}\n`);

/** Existing ones stay as they are; new ones may only be added. */
export function validateEphemeralContainersUpdate(pod: Pod, { spec: old }: Pod): FieldError[] {
  const { spec } = pod;
  const now = new Map((spec.ephemeralContainers ?? []).map((each) => [each.name, each]));
  const errors = validatePodSpec(spec, 'spec', pod);
  for (const before of old.ephemeralContainers ?? []) {
    const after = now.get(before.name);
    if (after === undefined) errors.push(refused(before.name, 'removed'));
    else if (!deepEqual(after, before)) errors.push(refused(before.name, 'changed'));
  }
  return errors;
}
