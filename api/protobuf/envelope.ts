/**
 * Answers in protobuf: objects, collections and watch events out of messages that may have been
 * made before. Collections of every kind have the same form: ListMeta as field 1, items as field 2.
 */
import { apiVersionOf } from '../resource.ts';
import { definitionNamed, definitionOf, type GroupVersionKind } from '../schema/table.ts';
import { encodeMessage } from './encode-message.ts';
import { WireWriter } from './wire.ts';

export const protobufMagic = Buffer.from([0x6b, 0x38, 0x73, 0x00]);

type JsonObject = Readonly<Record<string, unknown>>;

/** True if objects of this kind have a protobuf form. Custom resources and metrics have none. */
export function hasProtobuf(kind: GroupVersionKind): boolean {
  const definition = definitionOf(kind);
  return definition !== undefined && definition.module !== 'metrics-v1beta1';
}

/** The message of an object, without its envelope. Its kind has one. */
export function messageOf(kind: GroupVersionKind, object: object): Uint8Array {
  return encodeMessage(definitionOf(kind)!, object as JsonObject);
}

/** "k8s\0" and a message with its kind. */
export function enveloped(kind: GroupVersionKind, message: Uint8Array): Buffer {
  const typeMeta = new WireWriter();
  typeMeta.field(1, apiVersionOf(kind));
  typeMeta.field(2, kind.kind);
  const body = new WireWriter(message.byteLength + 128);
  body.raw(protobufMagic);
  body.field(1, typeMeta.finish());
  body.field(2, message);
  body.field(3, '');
  body.field(4, '');
  return body.finish();
}

/** The message of a collection. */
export function listMessage(metadata: object, items: readonly Uint8Array[]): Uint8Array {
  const listMeta = encodeMessage(definitionNamed('meta-v1', 'ListMeta')!, metadata as JsonObject);
  let size = listMeta.byteLength + 16;
  for (const item of items) size += item.byteLength + 8;
  const list = new WireWriter(size);
  list.field(1, listMeta);
  for (const item of items) list.field(2, item);
  return list.finish();
}

/** The message of meta.k8s.io PartialObjectMetadata, which the tables do not have. */
export function partialMetadataMessage(metadata: object): Uint8Array {
  const content = encodeMessage(definitionNamed('meta-v1', 'ObjectMeta')!, metadata as JsonObject);
  const message = new WireWriter(content.byteLength + 8);
  message.field(1, content);
  return message.finish();
}

/** One event of a stream: four bytes of length, then a WatchEvent around the whole object. */
export function watchFrame(type: string, object: Uint8Array): Buffer {
  const extension = new WireWriter(object.byteLength + 8);
  extension.field(1, object);
  const event = new WireWriter(object.byteLength + 32);
  event.field(1, type);
  event.field(2, extension.finish());
  const content = event.finish();
  const frame = Buffer.allocUnsafe(content.byteLength + 4);
  frame.writeUInt32BE(content.byteLength, 0);
  content.copy(frame, 4);
  return frame;
}
