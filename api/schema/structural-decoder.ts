/**
 * Decodes one JSON value by the tables, the way Go's strict, case-sensitive decoder does: a fresh
 * value that the caller owns, unknown fields left out and listed, nulls and what is optional and
 * empty left out, scalars in their canonical form.
 */
import { jsonText } from '../../platform/json-text.ts';
import { deepCopy, isObject, setField } from '../deep.ts';
import { pathText } from '../json.ts';
import { isNumber } from '../long-integer.ts';
import { canonicalQuantity, QuantityError } from '../quantity.ts';
import { base64Fault, conversionFault, goTypeWithin, jsonKind, timeFault } from './go-json.ts';
import { canonicalTime, isEmpty, isInteger, zeroOf } from './scalars.ts';
import { type Definition, type Field, resolve, type Scalar, type TypeRef } from './table.ts';

/** A value of the wrong type. The message is that of Go's decoder. */
export class DecodingError extends Error {
  override readonly name = 'DecodingError';
}

/** As many as Kubernetes reports. */
const MAX_UNKNOWN_FIELDS = 100;
/** Far beyond any real object, and far below what recursion can bear. */
const MAX_DEPTH = 1000;

/** Stands for "leave the field out". */
const absent = Symbol('absent');

export class StructuralDecoder {
  readonly unknownFields: string[] = [];
  /** Go reads on after a mismatch and reports the first one at the end. */
  #firstMismatch: string | undefined;
  readonly #path: (string | number)[] = [];
  /** Go names a place by struct fields alone, without indexes and keys of maps. */
  readonly #fields: string[] = [];
  /** What is being read: a message and its field. */
  #definition: Definition | undefined;
  #current: Field | undefined;
  readonly #fromMap: boolean;

  /** `fromMap`: in the words in which Go converts maps, for what was never JSON. */
  constructor({ fromMap = false } = {}) {
    this.#fromMap = fromMap;
  }

  /** Throws {@link DecodingError}. */
  decode(definition: Definition, value: Record<string, unknown>): Record<string, unknown> {
    const object = this.#message(definition, value);
    if (this.#firstMismatch !== undefined) throw new DecodingError(this.#firstMismatch);
    return object;
  }

  #message(definition: Definition, value: Record<string, unknown>): Record<string, unknown> {
    const outer = this.#definition;
    this.#definition = definition;
    if (this.#path.length > MAX_DEPTH) throw tooDeep();
    const object: Record<string, unknown> = {};
    for (const key in value) {
      const field = definition.fields.get(key);
      this.#path.push(key);
      if (field === undefined) this.#unknown();
      else this.#field(field, value[key], object);
      this.#path.pop();
    }
    this.#definition = outer;
    return object;
  }

  #field(field: Field, value: unknown, into: Record<string, unknown>): void {
    if (value === null || value === undefined) return;
    const outer = this.#current;
    this.#current = field;
    this.#fields.push(field.name);
    const decoded = this.#value(field.type, value);
    this.#fields.pop();
    this.#current = outer;
    if (decoded === absent || (!field.required && isEmpty(field, decoded))) return;
    into[field.name] = decoded;
  }

  #value(type: TypeRef, value: unknown): unknown {
    switch (type.shape) {
      case 'scalar':
        return this.#scalar(type.scalar, value, type);
      case 'message':
        return isObject(value) ? this.#message(resolve(type), value) : this.#mismatch(value, type);
      case 'list':
        return Array.isArray(value) ? this.#list(type.of, value) : this.#mismatch(value, type);
      case 'map':
        return isObject(value) ? this.#map(type.of, value) : this.#mismatch(value, type);
    }
  }

  #list(of: TypeRef, values: readonly unknown[]): unknown[] {
    const list: unknown[] = [];
    for (let i = 0; i < values.length; i++) {
      this.#path.push(i);
      const decoded = this.#element(of, values[i]);
      if (decoded !== absent) list.push(decoded);
      this.#path.pop();
    }
    return list;
  }

  #map(of: TypeRef, values: Record<string, unknown>): Record<string, unknown> {
    const map: Record<string, unknown> = {};
    for (const key in values) {
      this.#path.push(key);
      const decoded = this.#element(of, values[key]);
      if (decoded !== absent) setField(map, key, decoded);
      this.#path.pop();
    }
    return map;
  }

  /** A null in a list or map stays there, as Go's zero value. */
  #element(type: TypeRef, value: unknown): unknown {
    return value === null || value === undefined ? zeroOf(type) : this.#value(type, value);
  }

  #scalar(scalar: Scalar, value: unknown, type: TypeRef): unknown {
    switch (scalar) {
      case 'string':
        return typeof value === 'string' ? value : this.#mismatch(value, type);
      case 'bool':
        return typeof value === 'boolean' ? value : this.#mismatch(value, type);
      case 'int32':
      case 'int64':
        return this.#integer(scalar, value, type);
      case 'double':
        return isNumber(value) ? Number(value) : this.#mismatch(value, type);
      case 'bytes':
        return this.#bytes(value, type);
      case 'Time':
      case 'MicroTime':
        return this.#time(scalar, value);
      case 'Quantity':
        return this.#quantity(value);
      case 'IntOrString':
        return typeof value === 'string' ? value : this.#integer('int32', value);
      case 'object':
        return isObject(value) ? this.#copy(value) : this.#mismatch(value, type);
      case 'RawExtension':
      case 'FieldsV1':
      case 'any':
        return this.#copy(value);
    }
  }

  /** The tables say nothing about what is inside. */
  #copy(value: unknown): unknown {
    if (isDeeperThan(MAX_DEPTH, value)) throw tooDeep();
    return deepCopy(value);
  }

  #integer(scalar: 'int32' | 'int64', value: unknown, type?: TypeRef): unknown {
    if (!isNumber(value))
      return type === undefined
        ? this.#wrong(jsonKind(value), scalar)
        : this.#mismatch(value, type);
    return isInteger(scalar, value) ? value : this.#wrong(`number ${value}`, scalar);
  }

  #bytes(value: unknown, type: TypeRef): unknown {
    if (typeof value !== 'string') return this.#mismatch(value, type);
    const fault = base64Fault(value);
    if (fault !== undefined) return this.#remember(`illegal base64 data at input byte ${fault}`);
    return /[\r\n]/.test(value) ? value.replace(/[\r\n]/g, '') : value;
  }

  #time(scalar: 'Time' | 'MicroTime', value: unknown): unknown {
    if (typeof value !== 'string') return this.#wrong(jsonKind(value), 'string');
    const text = canonicalTime(value, scalar);
    if (text === undefined) throw new DecodingError(timeFault(value, scalar));
    return text;
  }

  #quantity(value: unknown): unknown {
    try {
      const isText = typeof value === 'string' || typeof value === 'number';
      return canonicalQuantity(isText ? value : jsonText(value));
    } catch (error) {
      if (error instanceof QuantityError) throw new DecodingError(error.message);
      throw error;
    }
  }

  #mismatch(value: unknown, type: TypeRef): typeof absent {
    const expected = goTypeWithin(this.#definition!, this.#current!, type);
    if (!this.#fromMap) return this.#wrong(jsonKind(value), expected);
    return this.#remember(conversionFault(value, { type, expected }));
  }

  #wrong(kind: string, expected: string): typeof absent {
    const field = `${this.#definition!.name}.${this.#fields.join('.')}`;
    return this.#remember(
      `json: cannot unmarshal ${kind} into Go struct field ${field} of type ${expected}`,
    );
  }

  #remember(message: string): typeof absent {
    this.#firstMismatch ??= message;
    return absent;
  }

  #unknown(): void {
    if (this.unknownFields.length >= MAX_UNKNOWN_FIELDS) return;
    this.unknownFields.push(pathText(this.#path));
  }
}

function tooDeep(): DecodingError {
  return new DecodingError('json: exceeded max depth');
}

function isDeeperThan(depth: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (depth === 0) return true;
  const children = value as Readonly<Record<string, unknown>>;
  for (const key in children) if (isDeeperThan(depth - 1, children[key])) return true;
  return false;
}
