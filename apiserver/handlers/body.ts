import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import { type JsonQuestions, MalformedJson, parseJson } from '../../api/json.ts';
import { decodeProtobuf, protobufMediaType } from '../../api/protobuf/codec.ts';
import { isObject } from '../../api/deep.ts';
import { decodeObject, type FieldValidation } from '../../api/schema/decode.ts';
import { statusError } from '../../api/status.ts';
import { RoundedInteger } from '../../api/rounded-integer.ts';
import { MalformedYaml, parseYaml } from '../../api/yaml.ts';
import { apiVersionOf } from '../../api/resource.ts';
import { type HttpRequest, JsonValue } from '../../platform/http.ts';
import type { ResourceDeclaration, Structure, Subresource } from '../registry/declaration.ts';

export interface Kind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** What a body says, before it is known to be an object of any kind. */
export interface ParsedBody {
  readonly value: unknown;
  /** Paths of keys given twice. Empty unless asked for. */
  readonly duplicates: readonly string[];
}

export interface DecodedBody {
  /** The caller's own. */
  readonly object: Mutable<KubernetesObject>;
  readonly warnings: readonly string[];
}

/** The media type without its parameters. A body without a type is JSON. */
export function mediaTypeOf(request: Pick<HttpRequest, 'headers'>): string {
  const header = request.headers['content-type'] ?? '';
  const semicolon = header.indexOf(';');
  return (semicolon < 0 ? header : header.slice(0, semicolon)).trim().toLowerCase();
}

export function unsupportedMediaType(served: readonly string[]): Error {
  return statusError(
    'UnsupportedMediaType',
    'the body of the request was in an unknown format - accepted media types include: ' +
      served.join(', '),
  );
}

const EXACT = { exact: true };
const SERVED = ['application/json', 'application/yaml', protobufMediaType];

/** A body of JSON, YAML or protobuf; a value from the same process is taken as it is. */
export function parseBody(
  request: Pick<HttpRequest, 'body' | 'headers'>,
  ask: JsonQuestions & { readonly kind?: Kind } = {},
): ParsedBody {
  const { body } = request;
  if (body === undefined) throw statusError('BadRequest', 'the body of the request is empty');
  if (body instanceof JsonValue) return { value: body.value, duplicates: [] };
  switch (mediaTypeOf(request)) {
    case '':
    case 'application/json':
      return readText(() => parseJson(textOf(body), ask));
    case 'application/yaml':
      return readText(() => {
        const value = parseYaml(textOf(body), { exact: ask.floats !== true });
        return { value, duplicates: [] };
      });
    case protobufMediaType:
      return { value: decodeProtobuf(body, ask.kind, EXACT), duplicates: [] };
    default:
      throw unsupportedMediaType(SERVED);
  }
}

/** What a body is to hold, and how strictly. */
export interface Expected {
  readonly kind: Kind;
  /** apiVersions that are taken in place of the kind's own. */
  readonly olderVersions?: readonly string[] | undefined;
  readonly fieldValidation: FieldValidation;
  /** Default: the schema tables know the kind. */
  readonly structure?: Structure | undefined;
  /** See {@link JsonQuestions}. */
  readonly floats?: boolean | undefined;
}

/** What is exchanged with a resource or a subresource of it. */
export function expectedOf(
  { type, structure, floats }: ResourceDeclaration,
  of: {
    readonly subresource: Subresource<KubernetesObject> | undefined;
    readonly fieldValidation: FieldValidation;
  },
): Expected {
  const { subresource, fieldValidation } = of;
  if (subresource?.kind !== undefined) {
    const { kind, olderVersions } = subresource;
    return { kind, olderVersions, fieldValidation };
  }
  return { kind: type, fieldValidation, structure, floats };
}

/** The object in a request's body, of `kind` and checked against its schema. */
export function decodeBody(request: HttpRequest, of: Expected): DecodedBody {
  const duplicates = of.fieldValidation !== 'Ignore';
  const body = parseBody(request, { duplicates, kind: of.kind, floats: of.floats });
  return decodeValue(body, of);
}

/** `value` as an object of `kind`: a fresh one. */
export function decodeValue(body: ParsedBody, of: Expected): DecodedBody {
  if (isObject(body.value)) checkKind(body.value, of);
  const options = { mode: of.fieldValidation, duplicates: body.duplicates };
  const decoded =
    of.structure?.decode(body.value, options) ?? decodeObject(of.kind, body.value, options);
  const object = decoded.object as unknown as Mutable<KubernetesObject>;
  if (!isObject(object.metadata)) object.metadata = {};
  if (resetsOwners(body.value)) object.metadata.managedFields = [{}];
  return { object, warnings: decoded.warnings };
}

/** An empty list of managedFields says something that an absent one does not: forget them. */
function resetsOwners(value: unknown): boolean {
  const { metadata } = value as { metadata?: unknown };
  if (!isObject(metadata)) return false;
  const { managedFields } = metadata;
  return Array.isArray(managedFields) && managedFields.length === 0;
}

/** An absent apiVersion or kind means the one of the path. */
function checkKind(value: Record<string, unknown>, of: Expected): void {
  const { kind: expected, olderVersions = [] } = of;
  const apiVersion = apiVersionOf(expected);
  const { apiVersion: sent, kind } = value;
  const taken = ['', apiVersion, ...olderVersions];
  if (typeof sent === 'string' && !taken.includes(sent))
    throw statusError(
      'BadRequest',
      `the API version in the data (${sent}) does not match ` +
        `the expected API version (${apiVersion})`,
    );
  if (typeof kind === 'string' && kind !== '' && kind !== expected.kind)
    throw statusError(
      'BadRequest',
      `${kind} in version ${JSON.stringify(expected.version)} cannot be handled as a ` +
        `${expected.kind}: the kind in the data does not match the expected kind`,
    );
}

export function textOf(body: Uint8Array): string {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString();
}

export function readText<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    const isKnown = [MalformedJson, MalformedYaml, RoundedInteger].some(
      (of) => error instanceof of,
    );
    if (isKnown) throw statusError('BadRequest', (error as Error).message);
    throw error;
  }
}
