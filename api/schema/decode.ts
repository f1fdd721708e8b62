/**
 * From a JSON value to an object of a kind: the structural half of what kube-apiserver does with a
 * request's body. What the object means (required fields, ranges, defaults) is the kind's own.
 */
import { assert } from '../../platform/assert.ts';
import { deepCopy, isObject } from '../deep.ts';
import { pathText } from '../json.ts';
import { statusError } from '../status.ts';
import { jsonKind } from './go-json.ts';
import { DecodingError, StructuralDecoder } from './structural-decoder.ts';
import { definitionOf, type GroupVersionKind } from './table.ts';
import { takenAsItIs } from './validators.ts';

/** What to do about fields that the kind does not have: the `fieldValidation` query parameter. */
export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

export interface DecodeOptions {
  readonly mode: FieldValidation;
  /** What parsing the text found: `duplicate field "spec.foo"`. */
  readonly duplicates?: readonly string[];
  /** It was another text: that of a patch, or YAML. Its duplicates come first, all of them. */
  readonly apart?: boolean;
  /** What is thrown for a value that does not fit. Default: {@link unhandled}. */
  readonly refused?: ((why: string) => Error) | undefined;
  /** See {@link StructuralDecoder}. */
  readonly fromMap?: boolean;
}

export interface DecodedObject {
  /** A fresh value: the caller owns it. */
  readonly object: Record<string, unknown>;
  /** `unknown field "spec.foo"`; empty unless the mode is Warn. */
  readonly warnings: string[];
}

/** As many as Kubernetes reports in one answer. */
const MAX_FAULTS = 100;

/**
 * Throws StatusError BadRequest in kube-apiserver's words if a value has the wrong type, or, in
 * mode Strict, if a field is unknown or given twice. `kind` must be one of the tables.
 */
export function decodeObject(
  kind: GroupVersionKind,
  value: unknown,
  options: FieldValidation | DecodeOptions,
): DecodedObject {
  const asked = typeof options === 'string' ? { mode: options } : options;
  const definition = definitionOf(kind);
  assert(definition !== undefined, `no schema of ${kind.kind} in ${kind.group}/${kind.version}`);
  if (!isObject(value)) throw cannotDetect(value);
  if (!asked.duplicates?.length && takenAsItIs(definition, value)) {
    return { object: deepCopy(value), warnings: [] };
  }
  const decoder = new StructuralDecoder(asked);
  try {
    const object = decoder.decode(definition, value);
    return { object, warnings: judged(kind, decoder.unknownFields, { ...asked, sent: value }) };
  } catch (error) {
    if (error instanceof DecodingError) throw refusal(kind, asked, error.message);
    throw error;
  }
}

/**
 * Unknown and duplicate fields as warnings; throws where the mode refuses them. Those of what was
 * `sent` are told of in its order.
 */
export function judged(
  kind: GroupVersionKind,
  unknownFields: readonly string[],
  options: DecodeOptions & { readonly sent?: object },
): string[] {
  const { mode, duplicates = [], sent, apart } = options;
  if (mode === 'Ignore' || (unknownFields.length === 0 && duplicates.length === 0)) return [];
  const unknown = unknownFields.map((path) => `unknown field ${JSON.stringify(path)}`);
  const mixed = sent !== undefined && apart !== true;
  const all = mixed ? asFound({ sent, duplicates, unknownFields }) : [...duplicates, ...unknown];
  const faults = all.slice(0, MAX_FAULTS);
  if (mode === 'Strict' && faults.length > 0) {
    throw refusal(kind, options, `strict decoding error: ${faults.join(', ')}`);
  }
  return faults;
}

/**
 * Faults in the order of what was sent, which may be null. What is given twice within what is
 * unknown is not looked at.
 */
export function asFound(of: {
  readonly sent: object | null;
  readonly duplicates: readonly string[];
  readonly unknownFields: readonly string[];
}): readonly string[] {
  const unknown = of.unknownFields.map((path) => `unknown field ${JSON.stringify(path)}`);
  if (of.duplicates.length === 0 || unknown.length === 0) return [...of.duplicates, ...unknown];
  const places = new Map([...pathsWithin(of.sent)].map((path, place) => [path, place]));
  const isWithin = (path: string, field: string): boolean =>
    path.startsWith(field) && /^([.[]|$)/.test(path.slice(field.length));
  const duplicates = of.duplicates.filter((each) => {
    const path = pathOf(each);
    return !of.unknownFields.some((field) => isWithin(path, field));
  });
  const placeOf = (fault: string): number => places.get(pathOf(fault)) ?? -1;
  return [...duplicates, ...unknown].sort((a, b) => placeOf(a) - placeOf(b));
}

/** `duplicate field "spec.foo"` → "spec.foo"; "" of what the parser of YAML says. */
function pathOf(fault: string): string {
  const quoted = /^(?:duplicate|unknown) field (".*")$/.exec(fault)?.[1];
  return quoted === undefined ? '' : (JSON.parse(quoted) as string);
}

function* pathsWithin(value: unknown, path: readonly (string | number)[] = []): Generator<string> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, each] of Object.entries(value)) {
    const own = [...path, Array.isArray(value) ? Number(key) : key];
    yield pathText(own);
    yield* pathsWithin(each, own);
  }
}

export function refusal(kind: GroupVersionKind, { refused }: DecodeOptions, why: string): Error {
  return refused?.(why) ?? unhandled(kind, why);
}

export function unhandled({ kind, version }: GroupVersionKind, why: string): Error {
  const message = `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}`;
  return statusError('BadRequest', `${message}: ${why}`);
}

/** kube-apiserver looks for the kind before it looks at the kind's fields. */
export function cannotDetect(value: unknown): Error {
  return statusError('BadRequest', undetectable(value));
}

/** Why something that is no object has no kind. */
export function undetectable(value: unknown): string {
  const target =
    'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; ' +
    'Kind string "json:\\"kind,omitempty\\"" }';
  return `${UNDETECTED}json: cannot unmarshal ${jsonKind(value)} into Go value of type ${target}`;
}

/** Before what a parser of JSON says of a body. */
export const UNDETECTED = "couldn't get version/kind; json parse error: ";
