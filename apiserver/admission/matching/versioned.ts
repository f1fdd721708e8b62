import { deepCopy, deepEqual } from '../../../api/deep.ts';
import type { KubernetesObject } from '../../../api/meta.ts';
import type { ResourceType } from '../../../api/resource.ts';
import type { AdmissionAttributes } from '../admission.ts';
import type { Versions } from '../lookups.ts';

/** What subresources exchange has one version; so has what is asked for as it is stored. */
function isStored(attributes: AdmissionAttributes, type: ResourceType): boolean {
  const { type: stored, kind } = attributes;
  if (kind.kind !== stored.kind) return true;
  return type.version === stored.version && type.group === stored.group;
}

/** The objects of a request, as one version shows them. */
export async function inVersion(
  attributes: AdmissionAttributes,
  type: ResourceType,
  versions: Versions,
): Promise<Pick<AdmissionAttributes, 'object' | 'oldObject'>> {
  const { object, oldObject } = attributes;
  if (isStored(attributes, type)) return { object, oldObject };
  const shown = async (each: KubernetesObject | undefined) =>
    each && (await versions.convert(each, attributes.type, type));
  return { object: await shown(object), oldObject: await shown(oldObject) };
}

/**
 * Makes `changed`, a JSON value of that version, the object of the request. True if that made a
 * difference. Who owns which field is not for others to say.
 */
export async function replaceObject(
  attributes: AdmissionAttributes,
  changed: { readonly type: ResourceType; readonly value: unknown },
  versions: Versions,
): Promise<boolean> {
  const { object, type, kind } = attributes;
  if (object === undefined) return false;
  if (attributes.operation === 'CONNECT') return replaceFields(object, changed.value);
  const stored = isStored(attributes, changed.type);
  const shown = stored ? kind : changed.type;
  const decoded = versions.decode(shown, changed.value);
  const next = stored ? decoded : await versions.convert(decoded, changed.type, type);
  const { managedFields } = object.metadata;
  if (managedFields === undefined) delete next.metadata.managedFields;
  else next.metadata.managedFields = managedFields;
  return replaceFields(object, next);
}

function replaceFields(object: object, next: unknown): boolean {
  if (deepEqual(next, object)) return false;
  const fields = object as Record<string, unknown>;
  for (const field of Object.keys(fields)) delete fields[field];
  Object.assign(fields, deepCopy(next));
  return true;
}
