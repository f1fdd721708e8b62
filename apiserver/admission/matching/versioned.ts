import { deepCopy, deepEqual, isObject } from '../../../api/deep.ts';
import { managedFieldsFault } from '../../../api/fieldmanager/managers.ts';
import type { KubernetesObject } from '../../../api/meta.ts';
import { apiVersionOf, type ResourceType } from '../../../api/resource.ts';
import { unconvertible, unregistered } from '../../../api/schema/scheme-words.ts';
import { definitionOf } from '../../../api/schema/table.ts';
import { otherNamespaceError, StatusError } from '../../../api/status.ts';
import { type AdmissionAttributes, internalError } from '../admission.ts';
import type { Versions } from '../lookups.ts';

const SPOILED =
  '.metadata.managedFields was in an invalid state after admission; this could be caused by an ' +
  'outdated mutating admission controller; please fix your requests: ';

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
 * difference. Who owns which field is not for others to say; the client hears if they spoiled it.
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
  checkKind(changed.value, shown);
  const decoded = readable(() => versions.decode(shown, changed.value));
  const next = stored ? decoded : await versions.convert(decoded, changed.type, type);
  const { managedFields } = object.metadata;
  if (type.namespaced && (next.metadata.namespace ?? '') !== (object.metadata.namespace ?? ''))
    throw otherNamespaceError();
  const fault = managedFieldsFault(next.metadata.managedFields ?? []);
  if (fault !== undefined) attributes.request?.warn(SPOILED + fault);
  if (managedFields === undefined) delete next.metadata.managedFields;
  else next.metadata.managedFields = managedFields;
  return replaceFields(object, next);
}

interface Kind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** Nobody makes an object of another kind; one that names none is taken. */
function checkKind(value: unknown, expected: Kind): void {
  if (!isObject(value)) return;
  const { apiVersion = apiVersionOf(expected), kind = expected.kind } = value;
  const [version = '', group = ''] = String(apiVersion).split('/').reverse();
  const sent = { group, version, kind: String(kind) };
  if (deepEqual(sent, { group: expected.group, version: expected.version, kind: expected.kind }))
    return;
  const known = definitionOf(sent) !== undefined;
  throw internalError(known ? unconvertible(sent, expected) : unregistered(sent));
}

/** What a change leaves has to be an object of its kind: if not, nobody asked has decided that. */
export function readable<T>(decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    throw internalError(error.message.replace(/^.*? cannot be handled as an? [^:]*: /, ''));
  }
}

function replaceFields(object: object, next: unknown): boolean {
  if (deepEqual(next, object)) return false;
  const fields = object as Record<string, unknown>;
  for (const field of Object.keys(fields)) delete fields[field];
  Object.assign(fields, deepCopy(next));
  return true;
}
