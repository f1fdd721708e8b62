/** What makes a scalar valid, canonical or empty: shared by the decoder and the ajv schemas. */
import { formatTime, parseTime } from '../time.ts';
import type { Field, Scalar, TypeRef } from './table.ts';

export function isInteger(scalar: 'int32' | 'int64', value: number | bigint): boolean {
  if (typeof value === 'number' && !Number.isInteger(value)) return false;
  const limit = scalar === 'int32' ? 2 ** 31 : 2 ** 63;
  return value >= -limit && value < limit;
}

/** Canonical times seen lately: objects of one moment carry the same ones many times over. */
const recent = new Set<string>();
const MAX_RECENT = 256;

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:([0-5]\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/**
 * RFC 3339 in UTC, with whole seconds (Time) or six digits of fraction (MicroTime), from any zone;
 * undefined if the text is no such timestamp.
 */
export function canonicalTime(text: string, scalar: 'Time' | 'MicroTime'): string | undefined {
  if (scalar === 'Time' && recent.has(text)) return text;
  const match = TIME.exec(text);
  const ms = match === null ? undefined : parseTime(text);
  if (match === null || ms === undefined) return undefined;
  const fraction = match[2];
  const micro = scalar === 'MicroTime';
  if (micro && fraction?.length !== 7) return undefined;
  if (match[3] === 'Z' && micro === (fraction !== undefined)) {
    if (recent.size >= MAX_RECENT) recent.clear();
    if (!micro) recent.add(text);
    return text;
  }
  const seconds = formatTime(ms);
  return micro ? `${seconds.slice(0, -1)}${fraction}Z` : seconds;
}

/** Go's zero value, as JSON. */
export function zeroOf(type: TypeRef): unknown {
  if (type.shape === 'list') return [];
  if (type.shape !== 'scalar') return {};
  switch (type.scalar) {
    case 'string':
    case 'bytes':
      return '';
    case 'bool':
      return false;
    case 'int32':
    case 'int64':
    case 'double':
    case 'IntOrString':
      return 0;
    case 'Quantity':
      return '0';
    case 'object':
      return {};
    default:
      return null;
  }
}

/**
 * What Go's `omitempty` leaves out of an optional field: lists without elements, maps without
 * keys, and the zeros of scalars that are no pointers.
 */
export function isEmpty(field: Field, value: unknown): boolean {
  const { type } = field;
  if (type.shape === 'list') return (value as readonly unknown[]).length === 0;
  if (type.shape === 'scalar') return dropsZero(field) && zeros.includes(value);
  if (type.shape !== 'map') return false;
  for (const _ in value as object) return false;
  return true;
}

export const zeros: readonly unknown[] = [0, '', false];

/** Go's strings, numbers and booleans have a zero; other scalars are structs, pointers, bytes. */
const withZero: ReadonlySet<Scalar> = new Set(['string', 'bool', 'int32', 'int64', 'double']);

/** Whether a zero of this optional field is as good as none. */
export function dropsZero({ type, pointer, written }: Field): boolean {
  if (type.shape !== 'scalar' || pointer || written !== undefined) return false;
  return withZero.has(type.scalar);
}
