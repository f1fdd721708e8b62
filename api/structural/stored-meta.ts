/**
 * Metadata that nobody has checked: written to the store by hand or by old servers, or put there
 * by a schema's defaults. What Go would not decode is left out, field by field.
 */
import { isObject } from '../deep.ts';
import { canonicalTime } from '../schema/scalars.ts';
import { DecodingError } from '../schema/structural-decoder.ts';
import {
  type Definition,
  definitionNamed,
  resolve,
  type Scalar,
  type TypeRef,
} from '../schema/table.ts';
import { decodeObjectMeta } from './object-meta.ts';

/** The very value if there is nothing to mend; what is no object at all stays what it is. */
export function mendMetadata(value: unknown): unknown {
  if (value === null) return {};
  if (!isObject(value) || fitsMessage(definitionNamed('meta-v1', 'ObjectMeta')!, value))
    return value;
  const mended: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(value))
    Object.assign(mended, decodedField({ [name]: field }));
  return mended;
}

function decodedField(field: Record<string, unknown>): Record<string, unknown> {
  try {
    return decodeObjectMeta(field).metadata;
  } catch (error) {
    if (error instanceof DecodingError) return {};
    throw error;
  }
}

/** Without a copy, since every object that is read is asked: in doubt it does not fit. */
function fitsMessage(definition: Definition, value: Readonly<Record<string, unknown>>): boolean {
  for (const name in value) {
    const field = definition.fields.get(name);
    if (field === undefined || !fits(field.type, value[name])) return false;
  }
  return true;
}

function fits(type: TypeRef, value: unknown): boolean {
  if (type.shape === 'scalar') return fitsScalar(type.scalar, value);
  if (type.shape === 'list') {
    if (!Array.isArray(value)) return false;
    for (const item of value) if (!fits(type.of, item)) return false;
    return true;
  }
  if (!isObject(value)) return false;
  if (type.shape === 'message') return fitsMessage(resolve(type), value);
  for (const key in value) if (!fits(type.of, value[key])) return false;
  return true;
}

function fitsScalar(scalar: Scalar, value: unknown): boolean {
  switch (scalar) {
    case 'string':
      return typeof value === 'string';
    case 'bool':
      return typeof value === 'boolean';
    case 'int64':
      return Number.isSafeInteger(value);
    case 'Time':
      return typeof value === 'string' && canonicalTime(value, 'Time') === value;
    default:
      return scalar === 'FieldsV1' && value !== null;
  }
}
