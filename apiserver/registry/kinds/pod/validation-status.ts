import { type FieldError, forbidden } from '../../../../api/field-errors.ts';
import type { ContainerStatus, Pod } from '../../../../api/types/core-v1.ts';

const statusFields = ['containerStatuses', 'initContainerStatuses'] as const;

/** True where the kubelet would start the container again. */
function restarts({ spec }: Pod, field: (typeof statusFields)[number], name: string): boolean {
  const list = field === 'initContainerStatuses' ? spec.initContainers : spec.containers;
  const policy = list?.find((each) => each.name === name)?.restartPolicy ?? spec.restartPolicy;
  if (policy === 'Never') return false;
  return field === 'containerStatuses' || policy === 'Always';
}

function succeeded(status: ContainerStatus): boolean {
  return (status.state?.terminated?.exitCode ?? 0) === 0;
}

/** A container that ended for good never runs again: a status that says so comes from the past. */
export function validateStatusUpdate(object: Pod, old: Pod): FieldError[] {
  if (old.spec.restartPolicy === 'Always') return [];
  const errors: FieldError[] = [];
  for (const field of statusFields) {
    for (const before of old.status?.[field] ?? []) {
      if (!before.state?.terminated || restarts(old, field, before.name)) {
        const onFailure = old.spec.restartPolicy === 'OnFailure' && field === 'containerStatuses';
        if (!(onFailure && before.state?.terminated && succeeded(before))) continue;
      }
      const list = object.status?.[field] ?? [];
      const i = list.findIndex(({ name }) => name === before.name);
      if (i < 0 || list[i]!.state?.terminated) continue;
      const detail = 'may not be transitioned to non-terminated state';
      errors.push(forbidden(`status.${field}[${i}].state`, detail));
    }
  }
  return errors;
}
