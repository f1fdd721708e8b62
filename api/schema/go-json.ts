/** How Go's JSON decoder names values and types in its errors: clients see these texts. */
import { goTypeOf } from '../go-struct.ts';
import { isNumber } from '../long-integer.ts';
import goTypes from './go-types.json' with { type: 'json' };
import type { Definition, Field, Scalar, TypeRef } from './table.ts';

/** "string", "number", "bool", "object", "array". */
export function jsonKind(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (value === null) return 'null';
  if (isNumber(value)) return 'number';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

const scalarTypes: Readonly<Record<Scalar, string>> = {
  string: 'string',
  bytes: '[]uint8',
  bool: 'bool',
  int32: 'int32',
  int64: 'int64',
  double: 'float64',
  Time: 'v1.Time',
  MicroTime: 'v1.MicroTime',
  Quantity: 'resource.Quantity',
  IntOrString: 'intstr.IntOrString',
  RawExtension: 'runtime.RawExtension',
  FieldsV1: 'v1.FieldsV1',
  object: 'struct {}',
  any: 'interface {}',
};

/** Fields whose types in Go have names that the tables do not know: "v1.Protocol". */
const namedTypes = new Map<string, Readonly<Record<string, string>>>(Object.entries(goTypes));

/** The type of a field, or of what is within its lists and maps. */
export function goTypeWithin({ module, name }: Definition, field: Field, type: TypeRef): string {
  let named = namedTypes.get(`${module}.${name}`)?.[field.name];
  for (let outer = field.type; outer !== type && named !== undefined;) {
    if (outer.shape !== 'list' && outer.shape !== 'map') return goType(type);
    outer = outer.of;
    named = /^(?:\[\]|map\[[^\]]*\])(.*)$/.exec(named)?.[1];
  }
  return named ?? goType(type);
}

/** "int32", "[]v1.Container", "map[string]string". Named string types count as "string". */
function goType(type: TypeRef): string {
  switch (type.shape) {
    case 'scalar':
      return scalarTypes[type.scalar];
    case 'list':
      return `[]${goType(type.of)}`;
    case 'map': {
      const values = goType(type.of);
      return values === 'resource.Quantity' ? 'v1.ResourceList' : `map[string]${values}`;
    }
    case 'message': {
      const [module, name] = type.name.split('.') as [string, string];
      return `${module.slice(module.lastIndexOf('-') + 1)}.${name}`;
    }
  }
}

const goKinds: Readonly<Record<string, string>> = { object: 'map', array: 'slice' };

/** Why Go does not convert a value of a map to a field of the type `expected`. */
export function conversionFault(
  value: unknown,
  { type, expected }: { readonly type: TypeRef; readonly expected: string },
): string {
  const sent = jsonKind(value);
  const kind = goKinds[sent] ?? goTypeOf(value);
  if (type.shape === 'message') return `cannot restore struct from: ${kind}`;
  if (type.shape === 'map') return `cannot restore map from ${kind}`;
  const scalar = type.shape === 'list' ? 'bytes' : type.scalar;
  if (scalar === 'bytes') return `cannot restore slice from ${kind}`;
  // Go takes an integer for a character.
  if (kind === 'int64' && scalar === 'string') return `cannot convert int64 to ${expected}`;
  return `unrecognized type: ${scalarTypes[scalar]}`;
}

const newlines = new Set(['\n', '\r']);
const ALPHABET = /[A-Za-z0-9+/]/;

/** The offset Go's base64 decoder complains about; undefined if the text is standard base64. */
export function base64Fault(text: string): number | undefined {
  if (text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
  let inQuantum = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (newlines.has(char)) continue;
    if (char === '=') return paddingFault(text, at, inQuantum);
    if (!ALPHABET.test(char)) return at;
    inQuantum = (inQuantum + 1) % 4;
  }
  return inQuantum === 0 ? undefined : text.length - inQuantum;
}

/** `at` is the first "="; `inQuantum` counts the characters before it in its group of four. */
function paddingFault(text: string, at: number, inQuantum: number): number | undefined {
  if (inQuantum < 2) return at;
  const rest = (from: number): number => {
    let next = from;
    while (newlines.has(text[next] ?? '')) next++;
    return next;
  };
  let end = rest(at + 1);
  if (inQuantum === 2) {
    if (end >= text.length) return text.length;
    if (text[end] !== '=') return end - 1;
    end = rest(end + 1);
  }
  return end < text.length ? end : undefined;
}

const timeParts: readonly (readonly [RegExp, string])[] = [
  [/^\d{4}/, '2006'],
  [/^-/, '-'],
  [/^\d\d/, '01'],
  [/^-/, '-'],
  [/^\d\d/, '02'],
  [/^T/, 'T'],
  [/^\d\d?/, '15'],
  [/^:/, ':'],
  [/^\d\d/, '04'],
  [/^:/, ':'],
  [/^\d\d/, '05'],
];
const FRACTION = /^\.\d+/;
const MICRO_FRACTION = /^\.\d{6}/;
const ZONE = /^(?:Z|[+-]\d\d:\d\d)/;

/** Why Go's `time.Parse` refuses a timestamp; call it only for one that is refused. */
export function timeFault(text: string, scalar: 'Time' | 'MicroTime'): string {
  const micro = scalar === 'MicroTime';
  const layout = `2006-01-02T15:04:05${micro ? '.000000' : ''}Z07:00`;
  let rest = text;
  const refused = (part: string): string =>
    `parsing time ${JSON.stringify(text)} as ${JSON.stringify(layout)}: ` +
    `cannot parse ${JSON.stringify(rest)} as ${JSON.stringify(part)}`;
  for (const [pattern, part] of timeParts) {
    const match = pattern.exec(rest);
    if (match === null) return refused(part);
    rest = rest.slice(match[0].length);
  }
  const digits = (micro ? MICRO_FRACTION : FRACTION).exec(rest);
  if (micro && digits === null) return refused('.000000');
  rest = rest.slice(digits?.[0].length ?? 0);
  const offset = ZONE.exec(rest);
  if (offset === null) return refused('Z07:00');
  rest = rest.slice(offset[0].length);
  const where = `parsing time ${JSON.stringify(text)}`;
  if (rest !== '') return `${where}: extra text: ${JSON.stringify(rest)}`;
  return `${where}: ${rangeFault(text)} out of range`;
}

function rangeFault(text: string): string {
  const [, month, , hour, minute, second] = text.split(/[-T:.Z+]/).map(Number);
  if (month! < 1 || month! > 12) return 'month';
  if (hour! > 23) return 'hour';
  if (minute! > 59) return 'minute';
  return second! > 59 ? 'second' : 'day';
}
