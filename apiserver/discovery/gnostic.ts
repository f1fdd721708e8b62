/**
 * OpenAPI v2 in gnostic's protobuf, the only encoding kubectl asks for. Message and field
 * numbers are those of openapiv2/OpenAPIv2.proto (github.com/google/gnostic); fields that our
 * documents never have are left out.
 */
import { isObject } from '../../api/deep.ts';
import { WireWriter } from '../../api/protobuf/wire.ts';
import { jsonText } from '../../platform/json-text.ts';

/** Writes one value as field `number`. Absent values are never passed. */
type Encode = (writer: WireWriter, number: number, value: unknown) => void;
/** JSON name → field number and encoding. */
type Fields = Readonly<Record<string, readonly [number, Encode]>>;

const text: Encode = (writer, number, value) => {
  // Other servers' documents come here, too.
  if (typeof value !== 'string') throw new TypeError('a text is expected');
  writer.field(number, value);
};
const flag: Encode = (writer, number, value) => {
  if (value === true) writer.integer(number, 1);
};

function nested(writer: WireWriter, number: number, write: (inner: WireWriter) => void): void {
  const inner = new WireWriter();
  write(inner);
  writer.field(number, inner.finish());
}

const each =
  (item: Encode): Encode =>
  (writer, number, value) => {
    for (const element of value as readonly unknown[]) item(writer, number, element);
  };

/** A message whose only field is `field`. */
const wrapped =
  (field: number, item: Encode): Encode =>
  (writer, number, value) =>
    nested(writer, number, (inner) => item(inner, field, value));

/** A map: one (name, value) message per entry. */
const named =
  (item: Encode): Encode =>
  (writer, number, value) => {
    for (const [name, element] of Object.entries(value as object)) {
      nested(writer, number, (inner) => {
        inner.field(1, name);
        item(inner, 2, element);
      });
    }
  };

/** gnostic's Any: JSON is YAML too. */
const any: Encode = (writer, number, value) =>
  nested(writer, number, (inner) => inner.field(2, jsonText(value)));

/** `extensions` is the field number of what starts with "x-". */
const message =
  (fields: () => Fields, extensions?: number): Encode =>
  (writer, number, value) =>
    nested(writer, number, (inner) => {
      writeFields(inner, fields(), value as object);
      if (extensions === undefined) return;
      const vendor = Object.entries(value as object).filter(([name]) => name.startsWith('x-'));
      named(any)(inner, extensions, Object.fromEntries(vendor));
    });

function writeFields(writer: WireWriter, fields: Fields, value: object): void {
  for (const [name, element] of Object.entries(value)) {
    const field = fields[name];
    if (field !== undefined && element !== undefined) field[1](writer, field[0], element);
  }
}

const additional: Encode = (writer, number, value) =>
  nested(writer, number, (inner) => {
    if (isObject(value)) schema(inner, 1, value);
    else flag(inner, 2, value);
  });

const schemaFields: Fields = {
  $ref: [1, text],
  format: [2, text],
  title: [3, text],
  description: [4, text],
  default: [5, any],
  uniqueItems: [16, flag],
  required: [19, each(text)],
  enum: [20, each(any)],
  additionalProperties: [21, additional],
  type: [22, wrapped(1, text)],
  items: [23, wrapped(1, (...field) => schema(...field))],
  allOf: [24, each((...field) => schema(...field))],
  properties: [
    25,
    wrapped(
      1,
      named((...field) => schema(...field)),
    ),
  ],
};
const schema = message(() => schemaFields, 31);

const bodyParameter = message(
  () => ({
    description: [1, text],
    name: [2, text],
    in: [3, text],
    required: [4, flag],
    schema: [5, schema],
  }),
  6,
);
const queryParameter = message(
  () => ({
    required: [1, flag],
    in: [2, text],
    description: [3, text],
    name: [4, text],
    type: [6, text],
    uniqueItems: [20, flag],
  }),
  23,
);
const pathParameter = message(
  () => ({
    required: [1, flag],
    in: [2, text],
    description: [3, text],
    name: [4, text],
    type: [5, text],
    uniqueItems: [19, flag],
  }),
  22,
);
/** ParametersItem → Parameter → BodyParameter, or → NonBodyParameter → one of its sorts. */
const parameter: Encode = (writer, number, value) => {
  const place = (value as { in: string }).in;
  const sort =
    place === 'body'
      ? wrapped(1, bodyParameter)
      : wrapped(2, place === 'query' ? wrapped(3, queryParameter) : wrapped(4, pathParameter));
  wrapped(1, sort)(writer, number, value);
};

const response = message(() => ({ description: [1, text], schema: [2, wrapped(1, schema)] }), 5);
const operation = message(
  () => ({
    tags: [1, each(text)],
    description: [3, text],
    operationId: [5, text],
    produces: [6, each(text)],
    consumes: [7, each(text)],
    parameters: [8, each(parameter)],
    responses: [9, wrapped(1, named(wrapped(1, response)))],
  }),
  13,
);
const pathItem = message(
  () => ({
    get: [2, operation],
    put: [3, operation],
    post: [4, operation],
    delete: [5, operation],
    options: [6, operation],
    head: [7, operation],
    patch: [8, operation],
    parameters: [9, each(parameter)],
  }),
  10,
);

const documentFields: Fields = {
  swagger: [1, text],
  info: [2, message(() => ({ title: [1, text], version: [2, text] }))],
  paths: [8, wrapped(2, named(pathItem))],
  definitions: [9, wrapped(1, named(schema))],
};

export function encodeSwagger(document: object): Uint8Array {
  const writer = new WireWriter();
  writeFields(writer, documentFields, document);
  return writer.finish();
}
