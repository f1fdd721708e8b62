/** What a mutation's expression answers, as a change of the object. */
import { isObject } from '../../../api/deep.ts';
import { faultsOf } from '../../../api/fieldmanager/configuration.ts';
import { merge } from '../../../api/fieldmanager/merge.ts';
import type { MergeType, StructMergeType } from '../../../api/fieldmanager/merge-type.ts';
import {
  applyJsonPatch,
  JsonPatchFailure,
  JsonPatchTestFailure,
} from '../../../api/patch/json-patch.ts';
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
      `type mismatch: unexpected type name ${JSON.stringify(value.typeName)}, ` +
        `expected ${JSON.stringify(path)}, which matches field name path from root Object type`,
    );
  for (const [name, field] of value.fields) checkNames(field, `${path}.${name}`);
}

/**
 * Merges what the expression built into the object, as server-side apply does, but for what is
 * owned whole: who sets a part of it would take away the rest. Of which kind it is cannot be set.
 */
export function applyConfigured(
  object: Readonly<Record<string, unknown>>,
  built: CelValue,
  type: StructMergeType | undefined,
): unknown {
  checkNames(built, 'Object');
  const said = jsonOf(built);
  if (!isObject(said)) throw new CelError('applyConfiguration must be an Object');
  if (type === undefined) throw new CelError('objects without a schema cannot be merged');
  const { apiVersion, kind } = object;
  const configuration = { ...said, apiVersion, kind };
  const faults = faultsOf(type, configuration);
  if (faults.length > 0)
    throw new CelError(
      `error applying patch: failed to convert patch object to typed object: ${listed(faults)}`,
    );
  const whole = wholeParts(type, configuration);
  if (whole.length > 0)
    throw new CelError(
      'error applying patch: invalid ApplyConfiguration: ' +
        `may not mutate atomic arrays, maps or structs: ${whole.join(', ')}`,
    );
  return merge(type, object, configuration);
}

const listed = (faults: readonly string[]): string =>
  faults.length === 1 ? faults[0]! : `errors:\n${faults.map((each) => `  ${each}`).join('\n')}`;

/** Paths of lists, maps and structs that merging would replace. */
function wholeParts(type: MergeType, value: unknown, path = ''): readonly string[] {
  if (Array.isArray(value)) {
    if (type.shape !== 'list' && type.shape !== 'deduced' && type.shape !== 'opaque') return [];
    const of = type.shape === 'list' ? type.of : OPAQUE;
    const own = type.shape === 'list' && type.relation !== 'atomic' ? [] : [path];
    return [...own, ...value.flatMap((each, i) => wholeParts(of, each, `${path}[${i}]`))];
  }
  if (!isObject(value)) return [];
  if (type.shape === 'opaque') return [path];
  if (type.shape !== 'struct' && type.shape !== 'map') return [];
  const own = type.atomic ? [path] : [];
  if (type.shape === 'map') return own;
  const parts = Object.entries(value).flatMap(([name, child]) => {
    const field = type.fields.get(name);
    return field === undefined ? [] : wholeParts(field.type, child, `${path}.${name}`);
  });
  return [...own, ...parts];
}

const OPAQUE: MergeType = { shape: 'opaque' };

/** The object itself if the patch tests for another. */
export function applyPatched(object: object, built: CelValue): unknown {
  if (!isList(built)) throw new CelError('jsonPatch must be a list of JSONPatch');
  try {
    // A literal has all of its texts.
    const operations = [...built].map((each) => ({
      op: '',
      path: '',
      ...(jsonOf(each) as object),
    }));
    return applyJsonPatch(object, operations);
  } catch (error) {
    if (error instanceof JsonPatchTestFailure) return object;
    if (error instanceof JsonPatchFailure) throw new CelError(`JSON Patch: ${error.message}`);
    throw error;
  }
}
