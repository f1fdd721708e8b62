/** JSON value → protobuf, by the tables. They have decoded the value: its types are right. */
import { jsonText } from '../../platform/json-text.ts';
import { goJsonAsIs } from '../go-json.ts';
import { isObject } from '../deep.ts';
import { parseTime } from '../time.ts';
import {
  type Definition,
  definitionNamed,
  type Field,
  resolve,
  type ScalarType,
  type TypeRef,
} from '../schema/table.ts';
import { type MessagePlan, planOf } from './message-plan.ts';
import { wireType, WireWriter } from './wire.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/** Fields in ascending order of their numbers and maps in that of their keys, as Go writes them. */
export function encodeMessage(definition: Definition, object: JsonObject): Buffer {
  return encodeFields(planOf(definition), object);
}

function encodeFields(plan: MessagePlan, object: JsonObject): Buffer {
  const writer = new WireWriter();
  for (const [number, planned] of plan.byNumber) {
    if ('inline' in planned) {
      const content = encodeFields(planned.inline, object);
      if (content.byteLength > 0) writer.field(number, content);
      continue;
    }
    const value = object[planned.field.name];
    if (value === undefined || value === null) continue;
    writeField({ writer, number, field: planned.field }, value);
  }
  return writer.finish();
}

interface Target {
  readonly writer: WireWriter;
  readonly number: number;
  readonly field: Field;
}

function writeField(target: Target, value: unknown): void {
  const { type } = target.field;
  switch (type.shape) {
    case 'list':
      if (target.field.wire === 'itemsMessage') writeValue(target, type, value);
      else for (const element of value as readonly unknown[]) writeValue(target, type.of, element);
      return;
    case 'map':
      for (const key of Object.keys(value as JsonObject).sort()) {
        const entry = new WireWriter();
        entry.field(1, key);
        writeValue({ ...target, writer: entry, number: 2 }, type.of, (value as JsonObject)[key]);
        target.writer.field(target.number, entry.finish());
      }
      return;
    default:
      writeValue(target, type, value);
  }
}

function writeValue({ writer, number, field }: Target, type: TypeRef, value: unknown): void {
  switch (type.shape) {
    case 'message':
      writer.field(number, encodeMessage(resolve(type), value as JsonObject));
      return;
    case 'list':
      writer.field(number, stringList(1, value as readonly string[]));
      return;
    case 'map':
      throw new TypeError('maps of maps do not exist in protobuf');
    case 'scalar':
      writeScalar({ writer, number, field }, type, value);
  }
}

function writeScalar({ writer, number, field }: Target, type: ScalarType, value: unknown): void {
  switch (type.scalar) {
    case 'bool':
      writer.integer(number, value === true ? 1 : 0);
      return;
    case 'int32':
    case 'int64':
      writer.integer(number, value as number | bigint);
      return;
    case 'double':
      writer.tag(number, wireType.fixed64);
      writer.double(value as number);
      return;
    default:
      writer.field(number, scalarContent(type, field, value));
  }
}

/** The content of a scalar that is written as bytes, text or a message. */
function scalarContent(type: ScalarType, field: Field, value: unknown): Uint8Array | string {
  switch (type.scalar) {
    case 'bytes':
      return Buffer.from(value as string, 'base64');
    case 'Time':
    case 'MicroTime':
      return timeContent(value as string);
    case 'Quantity':
      return stringList(1, [String(value)]);
    case 'IntOrString':
      return intOrStringContent(value as string | number);
    case 'any':
      return alternativeContent(field, value);
    case 'object':
      return '';
    case 'RawExtension':
      // Go clients compare its bytes: those of a ControllerRevision with what they make themselves.
      return stringList(1, [goJsonAsIs(value)]);
    case 'FieldsV1':
      return stringList(1, [jsonText(value)]);
    default:
      return value as string;
  }
}

function stringList(number: number, strings: readonly string[]): Buffer {
  const writer = new WireWriter();
  for (const text of strings) writer.field(number, text);
  return writer.finish();
}

const MICRO_DIGITS = /\.(\d{6})/;

function timeContent(text: string): Buffer {
  const writer = new WireWriter();
  writer.integer(1, Math.floor((parseTime(text) ?? 0) / 1000));
  writer.integer(2, Number(MICRO_DIGITS.exec(text)?.[1] ?? 0) * 1000);
  return writer.finish();
}

function intOrStringContent(value: string | number): Buffer {
  const writer = new WireWriter();
  const isText = typeof value === 'string';
  writer.integer(1, isText ? 1 : 0);
  writer.integer(2, isText ? 0 : value);
  writer.field(3, isText ? value : '');
  return writer.finish();
}

/** See `readAlternative` of the decoder. */
function alternativeContent(field: Field, value: unknown): Buffer {
  if (field.wire === undefined || field.wire === 'json') {
    return stringList(1, [jsonText(value)]);
  }
  const schema = definitionNamed('apiextensions-v1', 'JSONSchemaProps')!;
  const writer = new WireWriter();
  if (field.wire === 'schemaOrBool') {
    writer.integer(1, value === false ? 0 : 1);
    if (isObject(value)) writer.field(2, encodeMessage(schema, value));
  } else if (isObject(value)) {
    writer.field(1, encodeMessage(schema, value));
  } else {
    for (const element of value as readonly unknown[]) {
      const text = field.wire === 'schemaOrStrings';
      writer.field(2, text ? (element as string) : encodeMessage(schema, element as JsonObject));
    }
  }
  return writer.finish();
}
