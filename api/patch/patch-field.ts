/** What strategic merge needs to know of a field: its type, and how its values merge. */
import { goValue } from '../go-struct.ts';
import { statusError, unexplained } from '../status.ts';
import { type Field, resolve, type TypeRef } from '../schema/table.ts';

/** What OpenAPI says of a value, as far as strategic merge asks. */
export interface PatchSchema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, PatchSchema>>;
  readonly additionalProperties?: PatchSchema | boolean;
  readonly items?: PatchSchema;
  readonly 'x-kubernetes-patch-strategy'?: string;
  readonly 'x-kubernetes-patch-merge-key'?: string;
}

/** A type that a schema of one's own tells, rather than the tables. */
export interface SchemaType {
  readonly shape: 'schema';
  readonly schema: PatchSchema;
  /** By name: what "#/definitions/<name>" refers to. */
  readonly definitions: Readonly<Record<string, PatchSchema>>;
}

/** Absent where nothing is said: inside free-form JSON and unknown fields. */
export type PatchType = TypeRef | SchemaType | undefined;

export interface PatchField {
  readonly type: PatchType;
  /** Lists: combine by merge key (objects) or as a set (scalars) instead of replacing. */
  readonly merges: boolean;
  /** Objects: take the patch's value whole. */
  readonly replaces: boolean;
  /** Objects: a patch lists the keys that are to stay. */
  readonly retainsKeys: boolean;
  readonly mergeKey: string | undefined;
}

const untyped: PatchField = {
  type: undefined,
  merges: false,
  replaces: false,
  retainsKeys: false,
  mergeKey: undefined,
};

const known = new WeakMap<Field, PatchField>();

/** The field `key` of a value of that type. */
export function patchFieldOf(type: PatchType, key: string): PatchField {
  if (type === undefined) return untyped;
  if (type.shape === 'schema') return schemaFieldOf(type, key);
  if (type.shape === 'map') return { ...untyped, type: type.of };
  const field = type.shape === 'message' ? resolve(type).fields.get(key) : undefined;
  if (field === undefined) return untyped;
  let result = known.get(field);
  if (result === undefined) known.set(field, (result = read(field)));
  return result;
}

function read({ type, patchStrategy, mergeKey }: Field): PatchField {
  return { ...merging(patchStrategy), type, mergeKey };
}

function merging(strategy = ''): Pick<PatchField, 'merges' | 'replaces' | 'retainsKeys'> {
  const strategies = strategy.split(',');
  return {
    merges: strategies.includes('merge'),
    replaces: strategies.includes('replace'),
    retainsKeys: strategies.includes('retainKeys'),
  };
}

function schemaFieldOf(type: SchemaType, key: string): PatchField {
  const { properties = {}, additionalProperties: others } = referred(type);
  const own = Object.hasOwn(properties, key) ? properties[key] : undefined;
  const schema = own ?? (typeof others === 'object' ? others : undefined);
  if (schema === undefined) return untyped;
  return {
    ...merging(schema['x-kubernetes-patch-strategy']),
    type: { ...type, schema },
    mergeKey: schema['x-kubernetes-patch-merge-key'],
  };
}

/** The schema itself, where another only names it. */
function referred({ schema, definitions }: SchemaType): PatchSchema {
  const name = schema.$ref?.split('/').at(-1);
  return name === undefined ? schema : (definitions[name] ?? {});
}

export function elementType(type: PatchType): PatchType {
  if (type?.shape === 'schema') {
    const schema = referred(type).items;
    return schema && { ...type, schema };
  }
  return type?.shape === 'list' ? type.of : undefined;
}

export const PATCH_MARKER = '$patch';
export const RETAIN_KEYS_MARKER = '$retainKeys';
export const ORDER_PREFIX = '$setElementOrder/';
export const DELETE_PREFIX = '$deleteFromPrimitiveList/';

export const isDirective = (key: string): boolean =>
  key === PATCH_MARKER ||
  key === RETAIN_KEYS_MARKER ||
  key.startsWith(ORDER_PREFIX) ||
  key.startsWith(DELETE_PREFIX);

export type JsonObject = Record<string, unknown>;

/** A patch whose directives do not have the form they must have: 400. */
export function badFormat(message: string): Error {
  return statusError('BadRequest', message);
}

/** A patch that does not fit what it patches: Kubernetes has no reason for it. */
export function badContent(message: string): Error {
  return unexplained(message);
}

/** What a patch may never ask for: 422, without a word why. */
export function rejected(): Error {
  const text = 'the server rejected our request due to an error in our request';
  return statusError('Invalid', text, {});
}

export function noMergeKey(element: unknown, mergeKey: string): Error {
  return badContent(`map: ${goValue(element)} does not contain declared merge key: ${mergeKey}`);
}
