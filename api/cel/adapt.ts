/** JSON as values of the types that a schema gives it. */
import { readDuration, parseTimestamp } from './libraries/time.ts';
import { type CelType, DYN, listOf, mapOf, STRING } from './types.ts';
import { type CelValue, CelError, Duration, JsonList, JsonMap } from './values.ts';

const ANY_LIST = listOf(DYN);
const ANY_MAP = mapOf(STRING, DYN);

/** What does not fit its schema (it was stored under another one) is taken for what it is. */
export function adapt(json: unknown, type: CelType): CelValue {
  switch (typeof json) {
    case 'string':
      return adaptText(json, type);
    case 'number':
      if (type.kind === 'double' || !Number.isInteger(json)) return json;
      return BigInt(json);
    case 'bigint':
      return type.kind === 'double' ? Number(json) : json;
    case 'boolean':
      return json;
    case 'object':
      break;
    default:
      return null;
  }
  if (json === null) return null;
  if (Array.isArray(json)) return new JsonList(json, type.kind === 'list' ? type : ANY_LIST, adapt);
  const typed = type.kind === 'object' || type.kind === 'map' ? type : ANY_MAP;
  return new JsonMap(json as Readonly<Record<string, unknown>>, typed, adapt);
}

function adaptText(text: string, type: CelType): CelValue {
  switch (type.kind) {
    case 'bytes':
      return new Uint8Array(Buffer.from(text, 'base64'));
    case 'timestamp':
      return parseTimestamp(text.length === 10 ? `${text}T00:00:00Z` : text);
    case 'duration': {
      const nanos = readDuration(text);
      if (nanos === undefined) throw new CelError(`invalid duration ${JSON.stringify(text)}`);
      return new Duration(nanos);
    }
    default:
      return text;
  }
}
