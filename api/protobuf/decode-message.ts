/** Protobuf → JSON value, by the tables. Fields they do not know are skipped, as in Go. */
import { setField } from '../deep.ts';
import { MalformedJson, parseJson } from '../json.ts';
import { formatTime } from '../time.ts';
import {
  type Definition,
  definitionNamed,
  type Field,
  resolve,
  type Scalar,
  type TypeRef,
} from '../schema/table.ts';
import { type MessagePlan, planOf } from './message-plan.ts';
import { MalformedProtobuf, WireReader, wireType } from './wire.ts';

type JsonObject = Record<string, unknown>;

/** Far beyond any real object, and far below what recursion can bear. */
const MAX_DEPTH = 500;

/** Throws {@link MalformedProtobuf}. */
export function decodeMessage(
  definition: Definition,
  bytes: Uint8Array,
  { depth = 0 } = {},
): JsonObject {
  const object: JsonObject = {};
  readFields(planOf(definition), { reader: new WireReader(bytes), object, depth });
  return object;
}

interface Reading {
  readonly reader: WireReader;
  readonly object: JsonObject;
  readonly depth: number;
}

function readFields(plan: MessagePlan, { reader, object, depth }: Reading): void {
  if (depth > MAX_DEPTH) throw new MalformedProtobuf('proto: exceeded max depth');
  while (!reader.done) {
    const { number, type } = reader.tag();
    const planned = plan.byNumber.get(number);
    if (planned === undefined) reader.skip(type);
    else if ('inline' in planned) {
      expect(type, wireType.bytes, 'inline');
      const inner = reader.inner();
      readFields(planned.inline, { reader: inner, object, depth: depth + 1 });
    } else readField(planned.field, type, { reader, object, depth });
  }
}

function readField(field: Field, type: number, { reader, object, depth }: Reading): void {
  const value: Value = { reader, type, field, depth };
  if (field.type.shape === 'list' && field.wire !== 'itemsMessage') {
    const list = (object[field.name] ??= []) as unknown[];
    if (type === wireType.bytes && isNumeric(field.type.of)) {
      const packed = reader.inner();
      while (!packed.done) list.push(packed.integer());
    } else list.push(readValue(field.type.of, value));
  } else if (field.type.shape === 'map') {
    const [key, element] = readEntry(field.type.of, value);
    setField((object[field.name] ??= {}) as JsonObject, key, element);
  } else {
    const decoded = readValue(field.type, value);
    if (isMeant(field, decoded)) object[field.name] = decoded;
  }
}

/** Go writes every scalar that is no pointer: a zero among those is an absent field. */
function isMeant(field: Field, value: unknown): boolean {
  if (value === undefined) return false;
  if (field.pointer || field.written !== undefined || field.required || field.wire !== undefined)
    return true;
  return value !== '' && value !== 0 && value !== false;
}

interface Value {
  readonly reader: WireReader;
  readonly type: number;
  readonly field: Field;
  readonly depth: number;
}

function isNumeric(type: TypeRef): boolean {
  return type.shape === 'scalar' && (type.scalar === 'int32' || type.scalar === 'int64');
}

function expect(type: number, wanted: number, field: string): void {
  if (type === wanted) return;
  throw new MalformedProtobuf(`proto: wrong wireType = ${type} for field ${field}`);
}

/** A map is a list of messages `{ key = 1; value = 2 }`; either may be left out when it is zero. */
function readEntry(of: TypeRef, value: Value): [string, unknown] {
  expect(value.type, wireType.bytes, value.field.name);
  const entry = value.reader.inner();
  let key = '';
  let element: unknown;
  while (!entry.done) {
    const { number, type } = entry.tag();
    if (number === 1) key = entry.bytes().toString();
    else if (number === 2) element = readValue(of, { ...value, reader: entry, type });
    else entry.skip(type);
  }
  return [key, element ?? emptyElement(of)];
}

function emptyElement(of: TypeRef): unknown {
  if (of.shape === 'scalar') return of.scalar === 'Quantity' ? '0' : '';
  return of.shape === 'list' ? [] : {};
}

interface NumberReader {
  readonly wire: number;
  read(reader: WireReader): unknown;
}
const integer: NumberReader = { wire: wireType.varint, read: (reader) => reader.integer() };

/** Scalars that are not length-delimited. */
const numberReaders: ReadonlyMap<Scalar, NumberReader> = new Map([
  ['bool', { wire: wireType.varint, read: (reader: WireReader) => reader.varint() !== 0 }],
  ['int32', integer],
  ['int64', integer],
  ['double', { wire: wireType.fixed64, read: (reader: WireReader) => reader.double() }],
]);

function readValue(of: TypeRef, { reader, type, field, depth }: Value): unknown {
  const number = of.shape === 'scalar' ? numberReaders.get(of.scalar) : undefined;
  if (number !== undefined) {
    expect(type, number.wire, field.name);
    return number.read(reader);
  }
  expect(type, wireType.bytes, field.name);
  const bytes = reader.bytes();
  if (of.shape === 'message') return decodeMessage(resolve(of), bytes, { depth: depth + 1 });
  if (of.shape === 'list') return readStrings(bytes, 1);
  assertScalar(of);
  switch (of.scalar) {
    case 'string':
      return bytes.toString();
    case 'bytes':
      return bytes.toString('base64');
    case 'Time':
    case 'MicroTime':
      return readTime(bytes, of.scalar);
    case 'Quantity':
      return readStrings(bytes, 1)[0] ?? '0';
    case 'IntOrString':
      return readIntOrString(bytes);
    case 'any':
      return readAlternative(bytes, field, depth);
    case 'object':
      return {};
    default:
      return readJson(bytes);
  }
}

function assertScalar(of: TypeRef): asserts of is Extract<TypeRef, { shape: 'scalar' }> {
  if (of.shape !== 'scalar') throw new MalformedProtobuf('proto: maps of maps are not supported');
}

/** The repeated string field `wanted` of a message. */
function readStrings(bytes: Uint8Array, wanted: number): string[] {
  const reader = new WireReader(bytes);
  const strings: string[] = [];
  while (!reader.done) {
    const { number, type } = reader.tag();
    if (number === wanted && type === wireType.bytes) strings.push(reader.bytes().toString());
    else reader.skip(type);
  }
  return strings;
}

/** The integer fields of a message, by number. */
function readIntegers(bytes: Uint8Array): Map<number, number> {
  const reader = new WireReader(bytes);
  const integers = new Map<number, number>();
  while (!reader.done) {
    const { number, type } = reader.tag();
    if (type === wireType.varint) integers.set(number, reader.varint());
    else reader.skip(type);
  }
  return integers;
}

/** `{ seconds = 1; nanos = 2 }`; the empty message is Go's zero time: absent. */
function readTime(bytes: Uint8Array, scalar: 'Time' | 'MicroTime'): string | undefined {
  if (bytes.byteLength === 0) return undefined;
  const integers = readIntegers(bytes);
  const text = formatTime((integers.get(1) ?? 0) * 1000);
  if (scalar === 'Time') return text;
  const micros = Math.floor((integers.get(2) ?? 0) / 1000);
  return `${text.slice(0, -1)}.${String(micros).padStart(6, '0')}Z`;
}

/** `{ type = 1; intVal = 2; strVal = 3 }`, type 1 being the string. */
function readIntOrString(bytes: Uint8Array): number | string {
  const integers = readIntegers(bytes);
  return integers.get(1) === 1 ? (readStrings(bytes, 3)[0] ?? '') : (integers.get(2) ?? 0);
}

/** RawExtension, FieldsV1 and JSON: `{ raw = 1 }` with JSON text inside. */
function readJson(bytes: Uint8Array): unknown {
  const raw = readStrings(bytes, 1)[0];
  if (raw === undefined || raw === '') return undefined;
  try {
    return parseJson(raw).value;
  } catch (error) {
    if (!(error instanceof MalformedJson)) throw error;
    throw new MalformedProtobuf('proto: a raw value is no JSON');
  }
}

/** The alternatives of JSONSchemaProps: field 1 is a schema (beside a boolean: 2). */
function readAlternative(bytes: Uint8Array, field: Field, depth: number): unknown {
  if (field.wire === undefined || field.wire === 'json') return readJson(bytes);
  const isBool = field.wire === 'schemaOrBool';
  const reader = new WireReader(bytes);
  const schemas: JsonObject[] = [];
  let schema: JsonObject | undefined;
  let allows = false;
  while (!reader.done) {
    const { number, type } = reader.tag();
    if (isBool && number === 1 && type === wireType.varint) allows = reader.varint() !== 0;
    else if (type !== wireType.bytes) reader.skip(type);
    else if (number === (isBool ? 2 : 1)) schema = readSchema(reader.bytes(), depth);
    else if (field.wire === 'schemaOrArray') schemas.push(readSchema(reader.bytes(), depth));
    else reader.skip(type);
  }
  if (schema !== undefined) return schema;
  if (isBool) return allows;
  return field.wire === 'schemaOrArray' ? schemas : readStrings(bytes, 2);
}

function readSchema(bytes: Uint8Array, depth: number): JsonObject {
  return decodeMessage(definitionNamed('apiextensions-v1', 'JSONSchemaProps')!, bytes, {
    depth: depth + 1,
  });
}
