/**
 * The tables as JSON schemas for ajv. They accept a value only if it can be stored as it is:
 * of the right types, without unknown fields, nulls or empty optional fields, and with
 * every scalar canonical. A message refers to another through {@link MESSAGE_KEYWORD}, so that each
 * definition is a schema of its own, compiled when first met.
 */
import { isCanonicalQuantity } from '../quantity.ts';
import { base64Fault } from './go-json.ts';
import { canonicalTime, dropsZero, isInteger, zeros } from './scalars.ts';
import type { Definition, Field, Scalar, TypeRef } from './table.ts';

export const MESSAGE_KEYWORD = 'message';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** Formats the schemas use, by name. Each decides on a value of the right JSON type. */
export const stringFormats: Readonly<Record<string, (text: string) => boolean>> = {
  bytes: (text) => base64Fault(text) === undefined && !/[\r\n]/.test(text),
  Time: (text) => canonicalTime(text, 'Time') === text,
  MicroTime: (text) => canonicalTime(text, 'MicroTime') === text,
  Quantity: isCanonicalQuantity,
};

export const numberFormats: Readonly<Record<string, (value: number) => boolean>> = {
  int32: (value) => isInteger('int32', value),
  int64: (value) => isInteger('int64', value),
};

export function ajvSchema(definition: Definition): JsonSchema {
  const properties: Record<string, JsonSchema> = {};
  for (const field of definition.fields.values()) properties[field.name] = fieldSchema(field);
  return { type: 'object', properties, additionalProperties: false };
}

function fieldSchema(field: Field): JsonSchema {
  const schema = typeSchema(field.type);
  if (field.required) return schema;
  if (field.type.shape === 'list') return { ...schema, minItems: 1 };
  if (dropsZero(field)) return { ...schema, not: { enum: zeros } };
  return field.type.shape === 'map' ? { ...schema, minProperties: 1 } : schema;
}

function typeSchema(type: TypeRef): JsonSchema {
  switch (type.shape) {
    case 'list':
      return { type: 'array', items: typeSchema(type.of) };
    case 'map':
      return { type: 'object', additionalProperties: typeSchema(type.of) };
    case 'message':
      return { type: 'object', [MESSAGE_KEYWORD]: type.name };
    case 'scalar':
      return scalarSchema(type.scalar);
  }
}

function scalarSchema(scalar: Scalar): JsonSchema {
  switch (scalar) {
    case 'string':
      return { type: 'string' };
    case 'bool':
      return { type: 'boolean' };
    case 'double':
      return { type: 'number' };
    case 'int32':
    case 'int64':
      return { type: 'number', format: scalar };
    case 'IntOrString':
      return { type: ['string', 'number'], format: 'int32' };
    case 'bytes':
    case 'Time':
    case 'MicroTime':
    case 'Quantity':
      return { type: 'string', format: scalar };
    case 'object':
      return { type: 'object' };
    case 'RawExtension':
    case 'FieldsV1':
    case 'any':
      return { type: ['object', 'array', 'string', 'number', 'boolean'] };
  }
}
