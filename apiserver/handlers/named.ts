import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import { statusError } from '../../api/status.ts';
import type { ObjectAt } from '../registry/resource-context.ts';

/** The path names the object; a body that names another is a mistake. */
export function checkName({ metadata }: Mutable<KubernetesObject>, at: ObjectAt): void {
  const { name } = metadata;
  if (!name)
    throw statusError(
      'BadRequest',
      `the name of the object (${at.name} based on URL) was undeterminable: name must be provided`,
    );
  if (name !== at.name)
    throw statusError(
      'BadRequest',
      `the name of the object (${name}) does not match the name on the URL (${at.name})`,
    );
}
