import { deepEqual } from '../../../../api/deep.ts';
import { type FieldError, forbidden } from '../../../../api/field-errors.ts';
import type { Pod } from '../../../../api/types/core-v1.ts';

/** Existing ones stay as they are; new ones may only be added. */
export function validateEphemeralContainersUpdate({ spec }: Pod, { spec: old }: Pod): FieldError[] {
  const field = 'spec.ephemeralContainers';
  const now = new Map((spec.ephemeralContainers ?? []).map((each) => [each.name, each]));
  const errors: FieldError[] = [];
  for (const before of old.ephemeralContainers ?? []) {
    const after = now.get(before.name);
    if (after === undefined) {
      const detail = `existing ephemeral containers ${JSON.stringify(before.name)} may not be removed`;
      errors.push(forbidden(field, `${detail}\n`));
    } else if (!deepEqual(after, before)) {
      const detail = `existing ephemeral containers ${JSON.stringify(before.name)} may not be changed`;
      errors.push(forbidden(field, `${detail}\n`));
    }
  }
  return errors;
}
