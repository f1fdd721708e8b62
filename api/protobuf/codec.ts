/**
 * Kubernetes' protobuf bodies (`application/vnd.kubernetes.protobuf`): four magic bytes and an
 * envelope, runtime.Unknown, that names the kind and holds the object's message.
 *
 *   "k8s\0" Unknown { typeMeta = 1 { apiVersion = 1; kind = 2 }; raw = 2; … contentType = 4 }
 *
 * Every kind of the tables is read and written. Custom resources have no protobuf form.
 */
import { apiVersionOf } from '../resource.ts';
import { definitionOf, type GroupVersionKind } from '../schema/table.ts';
import { decodeMessage } from './decode-message.ts';
import { enveloped, hasProtobuf, messageOf, protobufMagic } from './envelope.ts';
import { MalformedProtobuf, WireReader, wireType } from './wire.ts';

export const PROTOBUF_MEDIA_TYPE = 'application/vnd.kubernetes.protobuf';

interface Envelope {
  readonly apiVersion: string;
  readonly kind: string;
  readonly raw: Uint8Array;
  readonly contentType: string;
}

/**
 * The object in a protobuf body, as a JSON value with apiVersion and kind. An envelope that names
 * no kind holds one of `expected`; one of a version without a table is read as `expected` if that
 * is laid out alike. Throws {@link MalformedProtobuf}.
 */
export function decodeProtobuf(
  body: Uint8Array,
  expected?: GroupVersionKind,
  isAlike: (apiVersion: string) => boolean = () => false,
): Record<string, unknown> {
  const { type, definition, raw } = openEnvelope(body, expected, isAlike);
  const fields = decodeMessage(definition, raw);
  return { apiVersion: apiVersionOf(type), kind: type.kind, ...fields };
}

function openEnvelope(
  body: Uint8Array,
  expected: GroupVersionKind | undefined,
  isAlike: (apiVersion: string) => boolean,
) {
  if (!protobufMagic.equals(body.subarray(0, protobufMagic.byteLength))) {
    throw new MalformedProtobuf(
      'provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]',
    );
  }
  if (body.byteLength === protobufMagic.byteLength) throw new MalformedProtobuf('empty body');
  const envelope = readEnvelope(body.subarray(protobufMagic.byteLength));
  if (envelope.contentType !== '' && envelope.contentType !== PROTOBUF_MEDIA_TYPE) {
    throw new MalformedProtobuf(`unsupported content type ${envelope.contentType} in an envelope`);
  }
  const type = kindOf(envelope) ?? expected;
  if (type === undefined) throw new MalformedProtobuf("Object 'Kind' is missing");
  const apiVersion = apiVersionOf(type);
  const definition =
    definitionOf(type) ??
    (expected?.kind === type.kind && isAlike(apiVersion) ? definitionOf(expected) : undefined);
  if (definition === undefined) {
    throw new MalformedProtobuf(
      `no kind ${JSON.stringify(type.kind)} is registered for version ${JSON.stringify(apiVersion)}`,
    );
  }
  return { type, definition, raw: envelope.raw };
}

function kindOf({ apiVersion, kind }: Envelope): GroupVersionKind | undefined {
  if (kind === '') return undefined;
  const slash = apiVersion.indexOf('/');
  const group = slash < 0 ? '' : apiVersion.slice(0, slash);
  return { group, version: apiVersion.slice(slash + 1), kind };
}

function readEnvelope(bytes: Uint8Array): Envelope {
  const reader = new WireReader(bytes);
  let [apiVersion, kind, contentType] = ['', '', ''];
  let raw: Uint8Array = Buffer.alloc(0);
  while (!reader.done) {
    const { number, type } = reader.tag();
    if (type !== wireType.bytes || number > 4) reader.skip(type);
    else if (number === 1) [apiVersion, kind] = readTypeMeta(reader.bytes());
    else if (number === 2) raw = reader.bytes();
    else if (number === 4) contentType = reader.bytes().toString();
    else reader.skip(type);
  }
  return { apiVersion, kind, raw, contentType };
}

function readTypeMeta(bytes: Uint8Array): [apiVersion: string, kind: string] {
  const reader = new WireReader(bytes);
  let [apiVersion, kind] = ['', ''];
  while (!reader.done) {
    const { number, type } = reader.tag();
    if (type !== wireType.bytes) reader.skip(type);
    else if (number === 1) apiVersion = reader.bytes().toString();
    else if (number === 2) kind = reader.bytes().toString();
    else reader.skip(type);
  }
  return [apiVersion, kind];
}

/**
 * The protobuf body of an object that was decoded by the tables; undefined if its kind has none.
 */
export function encodeProtobuf(object: {
  readonly apiVersion: string;
  readonly kind: string;
}): Uint8Array | undefined {
  const slash = object.apiVersion.indexOf('/');
  const kind = {
    group: slash < 0 ? '' : object.apiVersion.slice(0, slash),
    version: object.apiVersion.slice(slash + 1),
    kind: object.kind,
  };
  return hasProtobuf(kind) ? enveloped(kind, messageOf(kind, object)) : undefined;
}
