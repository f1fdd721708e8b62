/**
 * Reads the protobuf wire format (protobuf.dev/programming-guides/encoding).
 *
 * {@link WireReader.tag} yields field number and wire type in one number, so that a field sent
 * with another wire type falls through a `switch` to {@link WireReader.skip}, as protobuf asks
 * of unknown fields. Byte values are views: they keep the whole message alive, and whoever
 * keeps one long should know that.
 */

/** Bytes that are no protobuf message. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

/** Tag of a field whose value is an integer, enum or bool. */
export const varintTag = (field: number): number => field << 3;
/** Tag of a field whose value is bytes, a string or a message. */
export const bytesTag = (field: number): number => (field << 3) | 2;

const SMALL = 0x80;
const TWO_32 = 0x1_0000_0000;
const MAX_VARINT_BYTES = 10;

export class WireReader {
  readonly #buffer: Buffer;
  #at = 0;
  #end: number;
  /** Halves of the last varint, unsigned. */
  #low = 0;
  #high = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
    this.#end = buffer.length;
  }

  /** Of the (nested) message. */
  get atEnd(): boolean {
    return this.#at >= this.#end;
  }

  /** 0 at the end of the (nested) message. */
  tag(): number {
    if (this.#at >= this.#end) return 0;
    this.#varint();
    if (this.#high !== 0 || this.#low < 8) throw new WireError('a field number is out of range');
    return this.#low;
  }

  /** A signed 64-bit integer; inexact beyond 2^53. */
  int(): number {
    const first = this.#buffer[this.#at]!;
    if (this.#at < this.#end && first < SMALL) {
      this.#at++;
      return first;
    }
    this.#varint();
    return (this.#high | 0) * TWO_32 + this.#low;
  }

  bool(): boolean {
    this.#varint();
    return this.#low !== 0 || this.#high !== 0;
  }

  /** A signed 64-bit integer in decimal text. */
  id(): string {
    this.#varint();
    if (this.#high === 0) return String(this.#low);
    return String((BigInt(this.#high | 0) << 32n) | BigInt(this.#low));
  }

  /** An unsigned 64-bit integer in decimal text. */
  unsignedId(): string {
    this.#varint();
    if (this.#high === 0) return String(this.#low);
    return String((BigInt(this.#high) << 32n) | BigInt(this.#low));
  }

  bytes(): Buffer {
    const end = this.#lengthEnd();
    const value = this.#buffer.subarray(this.#at, end);
    this.#at = end;
    return value;
  }

  /** Bytes as a string of units 0–255 (see store/kv.ts). */
  byteString(): string {
    const end = this.#lengthEnd();
    const value = this.#buffer.toString('latin1', this.#at, end);
    this.#at = end;
    return value;
  }

  text(): string {
    const end = this.#lengthEnd();
    const value = this.#buffer.toString('utf8', this.#at, end);
    this.#at = end;
    return value;
  }

  /** Narrows the reader to a nested message; give the result to {@link leave}. */
  enter(): number {
    const outer = this.#end;
    this.#end = this.#lengthEnd();
    return outer;
  }

  leave(outer: number): void {
    this.#at = this.#end;
    this.#end = outer;
  }

  skip(tag: number): void {
    switch (tag & 7) {
      case 0:
        this.#varint();
        return;
      case 1:
        this.#advance(8);
        return;
      case 2:
        this.#at = this.#lengthEnd();
        return;
      case 5:
        this.#advance(4);
        return;
      default:
        throw new WireError(`wire type ${tag & 7} is not supported`);
    }
  }

  #advance(bytes: number): void {
    if (this.#at + bytes > this.#end) throw new WireError('the message is cut short');
    this.#at += bytes;
  }

  #lengthEnd(): number {
    this.#varint();
    const end = this.#at + this.#low;
    if (this.#high !== 0 || end > this.#end) throw new WireError('the message is cut short');
    return end;
  }

  #varint(): void {
    let low = 0;
    let high = 0;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      if (this.#at >= this.#end) throw new WireError('the message is cut short');
      const byte = this.#buffer[this.#at++]!;
      const group = byte & 0x7f;
      if (i < 4) low |= group << (7 * i);
      else if (i === 4) {
        low |= group << 28;
        high = group >>> 4;
      } else high |= group << (7 * i - 32);
      if (byte < SMALL) {
        this.#low = low >>> 0;
        this.#high = high >>> 0;
        return;
      }
    }
    throw new WireError('an integer is longer than 64 bits');
  }
}

/** Decodes one whole message. */
export function decode<T>(bytes: Buffer, read: (reader: WireReader) => T): T {
  return read(new WireReader(bytes));
}
