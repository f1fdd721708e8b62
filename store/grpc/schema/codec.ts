/**
 * Encodes and decodes messages by the schema, as plain objects: integers are numbers, or bigints
 * beyond what a number holds exactly; enums are numbers; bytes are Buffers. A decoded message
 * has only the fields that were on the wire, so its type says so with `?`.
 */
import { bytesTag, varintTag, WireReader } from '../wire/reader.ts';
import { encode, type WireWriter } from '../wire/writer.ts';
import { Schema, type Field, type MessageType } from './schema.ts';

export type Scalar = number | bigint | boolean | string | Uint8Array;
export type Plain = { [field: string]: Scalar | Plain | readonly (Scalar | Plain)[] | undefined };

export function encodeMessage(name: string, value: Plain): Buffer {
  return encode((writer) => writeFields(writer, Schema.shared.message(name), value));
}

function writeFields(writer: WireWriter, type: MessageType, value: Plain): void {
  for (const field of type.fields.toReversed()) {
    const given = value[field.name];
    if (given === undefined) continue;
    if (!field.repeated) writeValue(writer, field, given as Scalar | Plain);
    else
      for (const item of (given as readonly (Scalar | Plain)[]).toReversed())
        writeValue(writer, field, item);
  }
}

function writeValue(writer: WireWriter, field: Field, value: Scalar | Plain): void {
  switch (field.kind) {
    case 'message': {
      const mark = writer.mark();
      writeFields(writer, Schema.shared.message(field.type), value as Plain);
      writer.message(field.number, mark);
      break;
    }
    case 'bool':
      writer.bool(field.number, value as boolean);
      break;
    case 'string':
    case 'bytes': {
      const bytes = typeof value === 'string' ? Buffer.from(value) : (value as Uint8Array);
      if (field.repeated) writer.element(field.number, bytes);
      else writer.bytes(field.number, bytes);
      break;
    }
    case 'int':
    case 'uint':
    case 'enum':
      // Unpacked, which every reader of packed fields takes as well.
      if (field.repeated && Number(value) === 0) writer.element(field.number, Uint8Array.of(0));
      else if (typeof value === 'bigint') writer.id(field.number, value.toString());
      else writer.int(field.number, value as number);
  }
}

/** Throws a WireError for bytes that are no such message. */
export function decodeMessage<T = Plain>(name: string, bytes: Buffer): T {
  return readFields(new WireReader(bytes), Schema.shared.message(name), 0) as T;
}

/** As deep as Go's decoder goes. */
const MAX_DEPTH = 100;

function readFields(reader: WireReader, type: MessageType, depth: number): Plain {
  const message: Plain = {};
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    const field = type.fields.find(({ number }) => number === tag >>> 3);
    if (field === undefined || depth > MAX_DEPTH) reader.skip(tag);
    else if (tag === varintTag(field.number)) add(message, field, readVarint(reader, field));
    else if (tag !== bytesTag(field.number)) reader.skip(tag);
    else readLengthDelimited(reader, { message, field, depth });
  }
  return message;
}

function add(message: Plain, field: Field, value: Scalar | Plain): void {
  if (!field.repeated) message[field.name] = value;
  else ((message[field.name] ??= []) as (Scalar | Plain)[]).push(value);
}

function readVarint(reader: WireReader, field: Field): Scalar {
  if (field.kind === 'bool') return reader.bool();
  const text = field.kind === 'uint' ? reader.unsignedId() : reader.id();
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}

function readLengthDelimited(
  reader: WireReader,
  at: { readonly message: Plain; readonly field: Field; readonly depth: number },
): void {
  const { message, field, depth } = at;
  switch (field.kind) {
    case 'string':
      add(message, field, reader.text());
      break;
    case 'bytes':
      add(message, field, reader.bytes());
      break;
    case 'message': {
      const outer = reader.enter();
      add(message, field, readFields(reader, Schema.shared.message(field.type), depth + 1));
      reader.leave(outer);
      break;
    }
    case 'bool':
    case 'int':
    case 'uint':
    case 'enum': {
      // Packed.
      const outer = reader.enter();
      while (!reader.atEnd) add(message, field, readVarint(reader, field));
      reader.leave(outer);
    }
  }
}
