import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import { type JsonQuestions, MalformedJson, parseJson } from '../../api/json.ts';
import { decodeProtobuf, PROTOBUF_MEDIA_TYPE } from '../../api/protobuf/codec.ts';
import { isObject, setField } from '../../api/deep.ts';
import { MalformedProtobuf } from '../../api/protobuf/wire.ts';
import { decodeObject, type FieldValidation, UNDETECTED } from '../../api/schema/decode.ts';
import { statusError } from '../../api/status.ts';
import { MalformedYaml, parseLenientYaml } from '../../api/yaml.ts';
import { type HttpRequest, JsonValue } from '../../platform/net/http.ts';
import type { ResourceDeclaration, Structure, Subresource } from '../registry/declaration.ts';
import { type Kind, recognized, type Refusals, refusalsOfBody } from './recognize.ts';

/** What a body says, before it is known to be an object of any kind. */
export interface ParsedBody {
  readonly value: unknown;
  /** What is said of keys given twice. Empty unless asked for. */
  readonly duplicates: readonly string[];
}

/** Of a request. */
export type Body = Pick<HttpRequest, 'body' | 'headers'>;

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

const SERVED = ['application/json', 'application/yaml', PROTOBUF_MEDIA_TYPE];

/** A body that cannot be read, in the words of Go's parsers. */
export class UnreadableBody extends Error {
  override readonly name = 'UnreadableBody';
}

/**
 * A body of JSON, YAML or protobuf; a value from the same process is taken as it is. Throws
 * {@link UnreadableBody}, or StatusError for media types that are not served.
 */
export function parseBody(
  request: Body,
  ask: JsonQuestions & { readonly kind?: Kind; readonly strict?: boolean } = {},
): ParsedBody {
  const { body = NOTHING } = request;
  if (body instanceof JsonValue) return { value: body.value, duplicates: [] };
  if (!MEDIA_TYPE.test(request.headers['content-type'] ?? '')) throw unsupportedMediaType(SERVED);
  switch (mediaTypeOf(request)) {
    case '':
    case 'application/json':
      return readable(UNDETECTED, () => readJson(body, ask));
    case 'application/yaml':
      return readable('', () => {
        const read = parseLenientYaml(textOf(body));
        const value = withSortedKeys(read.value);
        const said = ask.duplicates === true ? read.duplicates : [];
        const asOne = ask.strict === true && said.length > 0;
        return { value, duplicates: asOne ? [unmarshalErrors(said)] : said };
      });
    case PROTOBUF_MEDIA_TYPE:
      return readable('', () => {
        if (body.length === 0) throw new MalformedProtobuf('empty data');
        return { value: decodeProtobuf(body, ask.kind), duplicates: [] };
      });
    default:
      throw unsupportedMediaType(SERVED);
  }
}

/** What Go says of several faults of a text of YAML. */
export const unmarshalErrors = (faults: readonly string[]): string =>
  `yaml: unmarshal errors:\n  ${faults.join('\n  ')}`;

/** Go turns YAML to JSON before it looks at fields, and writes a map's keys in order. */
function withSortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withSortedKeys);
  if (!isObject(value)) return value;
  const sorted: Record<string, unknown> = {};
  for (const key of Object.keys(value).sort()) setField(sorted, key, withSortedKeys(value[key]));
  return sorted;
}

/** Parameters have values. */
const MEDIA_TYPE = /^[^;]*(;\s*([^\s;=]+=[^\s;]+\s*)?)*$/;
const NOTHING = new Uint8Array(0);

/** Throws MalformedJson. */
export function readJson(body: Uint8Array, ask: JsonQuestions): ParsedBody {
  const { value, duplicates } = parseJson(textOf(body), ask);
  return { value, duplicates: duplicates.map((at) => `duplicate field ${JSON.stringify(at)}`) };
}

/** What a body is to hold, and how strictly. */
export interface Expected {
  readonly kind: Kind;
  /** apiVersions that are taken in place of the kind's own. */
  readonly olderVersions?: readonly string[] | undefined;
  readonly fieldValidation: FieldValidation;
  /** Default: the schema tables know the kind. */
  readonly structure?: Structure | undefined;
}

/** What is exchanged with a resource or a subresource of it. */
export function expectedOf(
  { type, structure }: ResourceDeclaration,
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
  return { kind: type, fieldValidation, structure };
}

/** The object in a request's body, of `kind` and checked against its schema. */
export function decodeBody(request: Body, of: Expected): DecodedBody {
  const { kind, fieldValidation } = of;
  const { body } = request;
  const refusals = refusalsOfBody(body, kind);
  const strict = fieldValidation === 'Strict';
  try {
    const asks = { duplicates: fieldValidation !== 'Ignore', strict, kind };
    const { value, duplicates } = parseBody(request, asks);
    const text = body instanceof Uint8Array && isJson(request) ? textOf(body) : undefined;
    return decodeValue({ value, duplicates, text }, of, refusals);
  } catch (error) {
    if (error instanceof UnreadableBody) throw refusals.unrecognized(error.message);
    throw error;
  }
}

const isJson = (request: Body): boolean => ['', 'application/json'].includes(mediaTypeOf(request));

/**
 * `value` as an object of `kind`: a fresh one. `text`: of JSON, as it was sent; without it the
 * duplicates are none of the value's own. `fromMap`: it never was JSON.
 */
export function decodeValue(
  body: ParsedBody & { readonly text?: string | undefined; readonly fromMap?: boolean },
  of: Expected,
  refusals: Refusals,
): DecodedBody {
  const { kind, olderVersions, structure, fieldValidation: mode } = of;
  const custom = structure !== undefined;
  const value = recognized(body.value, { kind, olderVersions, custom, text: body.text }, refusals);
  const refused = (why: string): Error => refusals.unhandled(kind, why);
  const { duplicates, text, fromMap = false } = body;
  const options = { mode, duplicates, apart: text === undefined, refused, fromMap };
  const decoded = structure?.decode(value, options) ?? decodeObject(kind, value, options);
  const object = decoded.object as unknown as Mutable<KubernetesObject>;
  if (!isObject(object.metadata)) object.metadata = {};
  // Of custom objects Kubernetes tells such a list from none no more than its Go type does.
  if (!custom && resetsOwners(value)) object.metadata.managedFields = [{}];
  return { object, warnings: decoded.warnings };
}

/** An empty list of managedFields says something that an absent one does not: forget them. */
function resetsOwners(value: unknown): boolean {
  const { metadata } = value as { metadata?: unknown };
  if (!isObject(metadata)) return false;
  const { managedFields } = metadata;
  return Array.isArray(managedFields) && managedFields.length === 0;
}

export function textOf(body: Uint8Array): string {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString();
}

/** What `read` answers. Throws {@link UnreadableBody} with `before` for what Go cannot read. */
export function readable<T>(before: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const unread = [MalformedJson, MalformedYaml, MalformedProtobuf].some(
      (of) => error instanceof of,
    );
    if (unread) throw new UnreadableBody(before + (error as Error).message);
    throw error;
  }
}
