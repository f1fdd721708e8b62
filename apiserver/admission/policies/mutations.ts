/** What a mutation's expression answers, as a change of the object. */
import { isObject } from '../../../api/deep.ts';
import { merge } from '../../../api/fieldmanager/merge.ts';
import type { StructMergeType } from '../../../api/fieldmanager/merge-type.ts';
import { applyJsonPatch } from '../../../api/patch/json-patch.ts';
import { jsonOf } from '../../../api/cel/json.ts';
import type { Declarations } from '../../../api/cel/declarations.ts';
import {
  type CelType,
  DYN,
  listOf,
  type ObjectField,
  type ObjectType,
  STRING,
} from '../../../api/cel/types.ts';
import { type CelValue, CelError, isList, Struct } from '../../../api/cel/values.ts';

/** An object literal may set any field: whether it exists is seen when it is applied. */
class AnyField extends Map<string, ObjectField> {
  override get(property: string): ObjectField {
    return { type: DYN, property };
  }
}

const anyField = new AnyField();

const structType = (
  name: string,
  fields: ReadonlyMap<string, ObjectField>,
): CelType & ObjectType => ({
  kind: 'object',
  name,
  fields: () => fields,
});

export const APPLIED = structType('Object', anyField);

const patchFields = new Map<string, ObjectField>([
  ...['op', 'path', 'from'].map((name) => [name, { type: STRING, property: name }] as const),
  ['value', { type: DYN, property: 'value' }],
]);
const OPERATION = structType('JSONPatch', patchFields);
export const PATCH = listOf(OPERATION);

/** Object{…}, Object.spec{…} and JSONPatch{…}. */
export const mutationStructs: Declarations['structs'] = (name) => {
  if (name === 'JSONPatch') return OPERATION;
  return /^Object(\.\w+)*$/.test(name) ? structType(name, anyField) : undefined;
};

/** A literal that stands where its name does not say is a mistake of whoever wrote it. */
function checkNames(value: CelValue, path: string): void {
  if (isList(value)) for (const each of value) checkNames(each, path);
  if (!(value instanceof Struct)) return;
  if (value.typeName !== path)
    throw new CelError(
      `unexpected type name ${JSON.stringify(value.typeName)}, expected ${JSON.stringify(path)}`,
    );
  for (const [name, field] of value.fields) checkNames(field, `${path}.${name}`);
}

/** Merges what the expression built into the object, as server-side apply does. */
export function applyConfigured(
  object: Readonly<Record<string, unknown>>,
  built: CelValue,
  type: StructMergeType | undefined,
): unknown {
  checkNames(built, 'Object');
  const configuration = jsonOf(built);
  if (!isObject(configuration)) throw new CelError('applyConfiguration must be an Object');
  for (const field of ['apiVersion', 'kind'])
    if (configuration[field] !== undefined && configuration[field] !== object[field])
      throw new CelError(`invalid mutation: ${field} may not be changed`);
  if (type === undefined) throw new CelError('objects without a schema cannot be merged');
  return merge(type, object, configuration);
}

export function applyPatched(object: object, built: CelValue): unknown {
  if (!isList(built)) throw new CelError('jsonPatch must be a list of JSONPatch');
  return applyJsonPatch(object, [...built].map(jsonOf));
}
