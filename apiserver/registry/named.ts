import { badRequest } from './errors.ts';
import type { ObjectAt } from './resource-context.ts';

/** The path names the object; a body that names another is a mistake. */
export function checkName(
  { metadata }: { readonly metadata: { readonly name?: string } },
  at: ObjectAt,
): void {
  const { name } = metadata;
  if (!name)
    throw badRequest(
      `the name of the object (${at.name} based on URL) was undeterminable: name must be provided`,
    );
  if (name !== at.name)
    throw badRequest(
      `the name of the object (${name}) does not match the name on the URL (${at.name})`,
    );
}
