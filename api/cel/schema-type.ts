/**
 * Types from structural schemas (KEP-2876): what a CustomResourceDefinition or a built-in kind
 * says of its fields, with the sizes that cost estimates multiply by.
 */
import { escapeIdentifier, isReserved } from './identifiers.ts';
import {
  BOOL,
  BYTES,
  type CelType,
  DOUBLE,
  DURATION,
  DYN,
  INT,
  listOf,
  mapOf,
  type ObjectField,
  STRING,
  TIMESTAMP,
} from './types.ts';

/** What is read of an OpenAPI v3 schema. */
export interface Schema {
  readonly type?: string;
  readonly format?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-embedded-resource'?: boolean;
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
}

/** No object is larger than a request: so much bounds what its schema leaves unbounded. */
const MAX_REQUEST_BYTES = 3 * 1024 * 1024;
/** A code point takes this much at most. */
const BYTES_PER_CHARACTER = 4;
const MIN_BYTES = {
  boolean: 4,
  number: 1,
  string: 2,
  container: 2,
  duration: 4,
  date: 12,
  time: 22,
};
const MAX_CHARACTERS = { duration: 30, date: 10, time: 27 };

export interface SchemaTypeOptions {
  /** How the type is shown, and told from others. */
  readonly name: string;
  /** The schema of a whole resource: apiVersion, kind and metadata are there in any case. */
  readonly resource?: boolean;
}

/** Undefined where the schema does not say what it is: such a field cannot be asked for. */
export function schemaType(schema: Schema, options: SchemaTypeOptions): CelType | undefined {
  if (schema['x-kubernetes-int-or-string']) return { ...DYN, maxSize: stringSize(schema) };
  switch (schema.type) {
    case 'boolean':
      return BOOL;
    case 'integer':
      return INT;
    case 'number':
      return DOUBLE;
    case 'string':
      return stringType(schema);
    case 'array':
      return arrayType(schema, options);
    case 'object':
      return objectType(schema, options);
    default:
      return undefined;
  }
}

function stringType(schema: Schema): CelType {
  const { format, maxLength } = schema;
  switch (format) {
    case 'byte':
      return { ...BYTES, maxSize: maxLength ?? MAX_REQUEST_BYTES - 2 };
    case 'duration':
      return { ...DURATION, maxSize: MAX_CHARACTERS.duration };
    case 'date':
      return { ...TIMESTAMP, maxSize: MAX_CHARACTERS.date };
    case 'date-time':
      return { ...TIMESTAMP, maxSize: MAX_CHARACTERS.time };
    default:
      return { ...STRING, maxSize: stringSize(schema) };
  }
}

function stringSize({ maxLength, enum: values }: Schema): number {
  if (maxLength !== undefined) return Math.max(0, maxLength) * BYTES_PER_CHARACTER;
  const texts = values?.filter((value) => typeof value === 'string');
  if (texts?.length) return Math.max(...texts.map(({ length }) => length));
  return MAX_REQUEST_BYTES - 2;
}

function listKeys(schema: Schema): 'set' | readonly string[] | undefined {
  const type = schema['x-kubernetes-list-type'];
  if (type === 'set') return 'set';
  return type === 'map' ? schema['x-kubernetes-list-map-keys'] : undefined;
}

function arrayType(schema: Schema, { name }: SchemaTypeOptions): CelType | undefined {
  const { items, maxItems } = schema;
  const element = items && schemaType(items, { name: `${name}.@idx`, ...embedded(items) });
  if (items === undefined || element === undefined) return undefined;
  const most = Math.floor((MAX_REQUEST_BYTES - 2) / (minBytes(items) + 1));
  const list = listOf(element, maxItems === undefined ? most : Math.max(0, maxItems));
  const keys = listKeys(schema);
  return keys === undefined ? list : { ...list, keys };
}

const embedded = (schema: Schema): { readonly resource: boolean } => ({
  resource: schema['x-kubernetes-embedded-resource'] === true,
});

function objectType(schema: Schema, options: SchemaTypeOptions): CelType | undefined {
  const { additionalProperties: values, maxProperties } = schema;
  if (typeof values === 'object') {
    const name = `${options.name}.@elem`;
    const value = schemaType(values, { name, ...embedded(values) });
    if (value === undefined) return undefined;
    // A key in quotes, a colon, and a comma.
    const most = Math.floor((MAX_REQUEST_BYTES - 2) / (minBytes(values) + 6));
    return mapOf(STRING, value, maxProperties === undefined ? most : Math.max(0, maxProperties));
  }
  if (values === true) return mapOf(STRING, DYN);
  let fields: ReadonlyMap<string, ObjectField> | undefined;
  return {
    kind: 'object',
    name: options.name,
    fields: () => (fields ??= fieldsOf(schema, options)),
  };
}

const text: Schema = { type: 'string' };
const metadata: Schema = { type: 'object', properties: { name: text, generateName: text } };

function fieldsOf(schema: Schema, options: SchemaTypeOptions): ReadonlyMap<string, ObjectField> {
  const fields = new Map<string, ObjectField>();
  const implied = options.resource ? { apiVersion: text, kind: text, metadata } : {};
  const properties = { ...schema.properties, ...implied };
  for (const [property, own] of Object.entries(properties)) {
    const name = escapeIdentifier(property);
    if (name === undefined) continue;
    const inner = `${options.name}.${property}`;
    const type = schemaType(own, { name: inner, ...embedded(own) });
    if (type === undefined) continue;
    fields.set(name, { type, property });
    // self.for is as good as self.__for__: fields may be named as keywords are.
    if (isReserved(property)) fields.set(property, { type, property });
  }
  return fields;
}

/** How short JSON of this schema may be. */
export function minBytes(schema: Schema): number {
  switch (schema.type) {
    case 'boolean':
      return MIN_BYTES.boolean;
    case 'integer':
    case 'number':
      return MIN_BYTES.number;
    case 'string':
      return minStringBytes(schema);
    case 'array':
      return MIN_BYTES.container;
    case 'object': {
      let bytes = MIN_BYTES.container;
      for (const name of schema.required ?? []) {
        const own = schema.properties?.[name];
        if (own === undefined || own.default !== undefined) continue;
        bytes += name.length + 4 + minBytes(own);
      }
      return bytes;
    }
    default:
      return 1;
  }
}

function minStringBytes({ format, enum: values }: Schema): number {
  if (format === 'duration') return MIN_BYTES.duration;
  if (format === 'date') return MIN_BYTES.date;
  if (format === 'date-time') return MIN_BYTES.time;
  const texts = values?.filter((value) => typeof value === 'string');
  if (!texts?.length) return MIN_BYTES.string;
  return Math.min(...texts.map(({ length }) => length + 2));
}
