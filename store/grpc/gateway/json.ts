/**
 * Messages as JSON, the way grpc-gateway maps them with proto names: bytes in base 64, 64-bit
 * integers as text, enums by name, zero values left out. Reading also takes numbers for integers
 * and enums, and camelCase names; what it does not know it passes over.
 */
import type { Plain, Scalar } from '../schema/codec.ts';
import { Schema, type Field, type MessageType } from '../schema/schema.ts';

/** A body that is no such message: the text tells why. */
export class JsonError extends Error {
  override readonly name = 'JsonError';
}

/** Lease IDs have more digits than JavaScript's numbers hold: those become texts. */
const BIG_INTEGERS = /"(?:[^"\\]|\\.)*"|-?\d{16,}(?![\d.eE])/g;

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(BIG_INTEGERS, (m) => (m.startsWith('"') ? m : `"${m}"`)));
  } catch (error) {
    throw new JsonError(error instanceof Error ? error.message : String(error));
  }
}

const camelCase = (name: string): string =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

export function fromJson(messageName: string, value: unknown): Plain {
  return readMessage(Schema.shared.message(messageName), value);
}

function readMessage(type: MessageType, value: unknown): Plain {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new JsonError(`${type.name} is not an object`);
  const given = value as Record<string, unknown>;
  const message: Plain = {};
  for (const field of type.fields) {
    const item = given[field.name] ?? given[camelCase(field.name)];
    if (item === undefined || item === null) continue;
    if (!field.repeated) message[field.name] = readValue(field, item);
    else if (Array.isArray(item)) message[field.name] = item.map((each) => readValue(field, each));
    else throw new JsonError(`${field.name} is not an array`);
  }
  return message;
}

function readValue(field: Field, value: unknown): Scalar | Plain {
  const refuse = (): never => {
    throw new JsonError(`invalid value for ${field.kind} field ${field.name}`);
  };
  switch (field.kind) {
    case 'message':
      return readMessage(Schema.shared.message(field.type), value);
    case 'bool':
      return typeof value === 'boolean' ? value : refuse();
    case 'string':
      return typeof value === 'string' ? value : refuse();
    case 'bytes':
      if (typeof value !== 'string' || !/^[A-Za-z0-9+/_-]*=*$/.test(value)) return refuse();
      return Buffer.from(value, 'base64');
    case 'enum':
      return readEnum(field, value) ?? refuse();
    case 'int':
    case 'uint': {
      const text = typeof value === 'number' ? String(value) : value;
      if (typeof text !== 'string' || !/^-?\d+$/.test(text)) return refuse();
      const number = Number(text);
      return Number.isSafeInteger(number) ? number : BigInt(text);
    }
  }
}

function readEnum(field: Field, value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  for (const [number, name] of Schema.shared.enum(field.type)) if (name === value) return number;
  return undefined;
}

/** A value for JSON.stringify. */
export function toJson(messageName: string, message: Plain): object {
  const type = Schema.shared.message(messageName);
  const json: Record<string, unknown> = {};
  for (const field of type.fields) {
    const value = message[field.name];
    if (value === undefined || isZero(value)) continue;
    if (field.repeated)
      json[field.name] = (value as readonly (Scalar | Plain)[]).map((each) => write(field, each));
    else json[field.name] = write(field, value as Scalar | Plain);
  }
  return json;
}

const isZero = (value: unknown): boolean =>
  value === 0 ||
  value === false ||
  value === '' ||
  (value instanceof Uint8Array && value.length === 0);

function write(field: Field, value: Scalar | Plain): unknown {
  switch (field.kind) {
    case 'message':
      return toJson(field.type, value as Plain);
    case 'bytes':
      return Buffer.from(value as Buffer).toString('base64');
    case 'enum':
      return Schema.shared.enum(field.type).get(value as number) ?? value;
    case 'int':
    case 'uint':
      return field.wide ? (value as number | bigint).toString() : value;
    case 'bool':
    case 'string':
      return value;
  }
}
