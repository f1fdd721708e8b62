import { JsonValue, type Pieces } from '../../platform/net/http.ts';
import type { Steps } from '../../platform/turns.ts';

/** JSON that is copied, not encoded. */
export interface Copied {
  readonly byteLength: number;
  /** Returns the offset after it. */
  copyTo(target: Buffer, offset: number): number;
}

/** An object's JSON. `StoredObject` is one. */
export interface EncodedObject extends Copied {
  readonly value: unknown;
  /** True if it is copied without being decoded first. */
  readonly isCopied: boolean;
  bytes(): Uint8Array;
  /** The same without apiVersion and kind. */
  asItem(): Copied | Uint8Array;
}

/** About as much as a socket takes at a time. */
export const PIECE_BYTES = 128 * 1024;

/**
 * `{"kind":"PodList",…,"items":[` and the objects and `]}`. What has to be decoded for it is
 * decoded by these steps; the pieces then only copy.
 */
export function* copiedList(
  head: Readonly<Record<string, unknown>>,
  objects: readonly EncodedObject[],
  { untyped }: { readonly untyped: boolean },
): Steps<Pieces> {
  const start = Buffer.from(`${JSON.stringify(head).slice(0, -1)},"items":[`);
  let byteLength = start.length + Math.max(objects.length - 1, 0) + END.length;
  const items: (Copied | Uint8Array)[] = [];
  for (const object of objects) {
    const item = untyped ? object.asItem() : object.isCopied ? object : object.bytes();
    items.push(item);
    byteLength += item.byteLength;
    yield;
  }
  return { byteLength, [Symbol.iterator]: () => piecesOf(start, items) };
}

const COMMA = 0x2c;
const END = Buffer.from(']}');

function* piecesOf(
  start: Uint8Array,
  items: readonly (Copied | Uint8Array)[],
): Generator<Uint8Array> {
  let next = 0;
  do {
    const first = next;
    let length = first === 0 ? start.length : 0;
    while (next < items.length && length < PIECE_BYTES) length += 1 + items[next++]!.byteLength;
    const piece = Buffer.allocUnsafe(length + END.length);
    let offset = 0;
    if (first === 0) offset = put(start, piece, offset);
    for (let i = first; i < next; i++) {
      if (i > 0) piece[offset++] = COMMA;
      offset = put(items[i]!, piece, offset);
    }
    if (next === items.length) offset = put(END, piece, offset);
    yield piece.subarray(0, offset);
  } while (next < items.length);
}

/** Returns the offset after it. */
function put(item: Copied | Uint8Array, target: Buffer, offset: number): number {
  if (!(item instanceof Uint8Array)) return item.copyTo(target, offset);
  target.set(item, offset);
  return offset + item.length;
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
