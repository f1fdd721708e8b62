/**
 * What is said to a key management service (k8s.io/kms/apis/v2), and what is stored of a value that
 * is encrypted with its help (KEP-3299): protobuf both.
 */
import { bytesTag, decode, varintTag, type WireReader } from '../../../store/grpc/wire/reader.ts';
import { encode, type WireWriter } from '../../../store/grpc/wire/writer.ts';

export type Annotations = ReadonlyMap<string, Buffer>;

export interface KmsStatus {
  readonly version: string;
  readonly healthz: string;
  readonly keyId: string;
}

/** A key as the service has encrypted it. */
export interface EncryptedKey {
  readonly ciphertext: Buffer;
  readonly keyId: string;
  readonly annotations: Annotations;
}

/** What a key is to its values: the key itself, or the seed of their keys. */
export const KEY_ITSELF = 0;
export const SEED = 1;

export interface EncryptedObject {
  readonly source: EncryptedKey;
  /** {@link KEY_ITSELF} or {@link SEED}. */
  readonly sourceType: number;
  readonly value: Uint8Array;
}

const EMPTY = Buffer.alloc(0);

/** By name: equal annotations are equal bytes. */
function writeAnnotations(writer: WireWriter, field: number, annotations: Annotations): void {
  for (const [key, value] of [...annotations].sort(([a], [b]) => (a < b ? 1 : -1))) {
    const mark = writer.mark();
    writer.bytes(2, value);
    writer.text(1, key);
    writer.message(field, mark);
  }
}

function readAnnotation(reader: WireReader, annotations: Map<string, Buffer>): void {
  const outer = reader.enter();
  let key = '';
  let value: Buffer = EMPTY;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) key = reader.text();
    else if (tag === bytesTag(2)) value = reader.bytes();
    else reader.skip(tag);
  }
  reader.leave(outer);
  annotations.set(key, value);
}

export function readStatus(bytes: Buffer): KmsStatus {
  return decode(bytes, (reader) => {
    const texts = ['', '', '', ''];
    for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
      const field = tag >> 3;
      if (field <= 3 && tag === bytesTag(field)) texts[field] = reader.text();
      else reader.skip(tag);
    }
    return { version: texts[1]!, healthz: texts[2]!, keyId: texts[3]! };
  });
}

export const writeEncrypt = (plaintext: Uint8Array, uid: string): Buffer =>
  encode((writer) => {
    writer.text(2, uid);
    writer.bytes(1, plaintext);
  });

export function readEncrypt(bytes: Buffer): EncryptedKey {
  return decode(bytes, (reader) => {
    const annotations = new Map<string, Buffer>();
    let ciphertext: Buffer = EMPTY;
    let keyId = '';
    for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
      if (tag === bytesTag(1)) ciphertext = reader.bytes();
      else if (tag === bytesTag(2)) keyId = reader.text();
      else if (tag === bytesTag(3)) readAnnotation(reader, annotations);
      else reader.skip(tag);
    }
    return { ciphertext, keyId, annotations };
  });
}

export const writeDecrypt = (key: EncryptedKey, uid: string): Buffer =>
  encode((writer) => {
    writeAnnotations(writer, 4, key.annotations);
    writer.text(3, key.keyId);
    writer.text(2, uid);
    writer.bytes(1, key.ciphertext);
  });

export function readDecrypt(bytes: Buffer): Buffer {
  return decode(bytes, (reader) => {
    let plaintext: Buffer = EMPTY;
    for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
      if (tag === bytesTag(1)) plaintext = reader.bytes();
      else reader.skip(tag);
    }
    return plaintext;
  });
}

export const writeObject = ({ source, sourceType, value }: EncryptedObject): Buffer =>
  encode((writer) => {
    writer.int(5, sourceType);
    writeAnnotations(writer, 4, source.annotations);
    writer.bytes(3, source.ciphertext);
    writer.text(2, source.keyId);
    writer.bytes(1, value);
  });

export function readObject(bytes: Buffer): EncryptedObject {
  return decode(bytes, (reader) => {
    const annotations = new Map<string, Buffer>();
    let ciphertext: Buffer = EMPTY;
    let value: Buffer = EMPTY;
    let [keyId, sourceType] = ['', KEY_ITSELF];
    for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
      if (tag === bytesTag(1)) value = reader.bytes();
      else if (tag === bytesTag(2)) keyId = reader.text();
      else if (tag === bytesTag(3)) ciphertext = reader.bytes();
      else if (tag === bytesTag(4)) readAnnotation(reader, annotations);
      else if (tag === varintTag(5)) sourceType = reader.int();
      else reader.skip(tag);
    }
    return { source: { ciphertext, keyId, annotations }, sourceType, value };
  });
}
