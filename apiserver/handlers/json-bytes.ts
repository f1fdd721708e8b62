import { JsonValue } from '../../platform/http.ts';
import type { Steps } from '../../platform/turns.ts';

/** An object's JSON that is copied, not encoded. `StoredObject` is one. */
export interface EncodedObject {
  readonly value: unknown;
  readonly byteLength: number;
  copyTo(target: Buffer, offset: number): number;
}

/** `{"kind":"PodList",…,"items":[` and the objects and `]}`, in one buffer. */
export function* copiedList(
  head: Readonly<Record<string, unknown>>,
  objects: readonly EncodedObject[],
): Steps<Buffer> {
  const start = Buffer.from(`${JSON.stringify(head).slice(0, -1)},"items":[`);
  let length = start.length + Math.max(objects.length - 1, 0) + 2;
  for (const object of objects) {
    length += object.byteLength;
    yield;
  }
  const bytes = Buffer.allocUnsafe(length);
  let offset = start.copy(bytes, 0);
  for (const [index, object] of objects.entries()) {
    if (index > 0) bytes[offset++] = 0x2c;
    offset = object.copyTo(bytes, offset);
    yield;
  }
  bytes.write(']}', offset, 'latin1');
  return bytes;
}

/** `{"type":"ADDED","object":` and the object and `}`. */
export function eventJson(type: string, object: EncodedObject): JsonValue {
  return JsonValue.from({
    value: () => ({ type, object: object.value }),
    bytes: () => {
      const start = `{"type":"${type}","object":`;
      const bytes = Buffer.allocUnsafe(start.length + object.byteLength + 1);
      const offset = object.copyTo(bytes, bytes.write(start, 0, 'latin1'));
      bytes[offset] = 0x7d;
      return bytes;
    },
  });
}
