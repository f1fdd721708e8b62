/** The protobuf wire format: tags, varints, length-delimited fields. */
import { integerOf } from '../long-integer.ts';

export class MalformedProtobuf extends Error {
  override readonly name = 'MalformedProtobuf';
}

export const wireType = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

const TWO_TO_32 = 2 ** 32;

export class WireReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  #at: number;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = 0;
    this.#end = bytes.byteLength;
  }

  get done(): boolean {
    return this.#at >= this.#end;
  }

  /** The next field's number and wire type. */
  tag(): { readonly number: number; readonly type: number } {
    const tag = this.varint();
    const number = Math.floor(tag / 8);
    if (number < 1)
      throw new MalformedProtobuf(`proto: illegal tag ${number} (wire type ${tag % 8})`);
    return { number, type: tag % 8 };
  }

  /** A signed 64-bit integer. */
  integer(): number | bigint {
    const start = this.#at;
    const value = this.varint();
    if (Number.isSafeInteger(value)) return value;
    const bytes = this.#bytes.subarray(start, this.#at);
    const bits = bytes.reduceRight((all, byte) => (all << 7n) | BigInt(byte & 0x7f), 0n);
    return integerOf(BigInt.asIntN(64, bits));
  }

  /** A signed 64-bit integer; beyond 2^53 rounded. */
  varint(): number {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.#at >= this.#end) throw new MalformedProtobuf('unexpected EOF');
      const byte = this.#bytes[this.#at++]!;
      const bits = byte & 0x7f;
      if (shift < 28) low += bits * 2 ** shift;
      else high += bits * 2 ** (shift - 28);
      if (byte < 0x80) return signed(low, high);
    }
    throw new MalformedProtobuf('proto: integer overflow');
  }

  double(): number {
    const at = this.#advance(8);
    return this.#bytes.readDoubleLE(at);
  }

  /** A view, not a copy. */
  bytes(): Buffer {
    const length = this.varint();
    if (length < 0) throw new MalformedProtobuf('proto: negative length found during unmarshaling');
    const at = this.#advance(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** Reads the message that {@link bytes} answers. */
  inner(): WireReader {
    return new WireReader(this.bytes());
  }

  skip(type: number): void {
    switch (type) {
      case wireType.varint:
        this.varint();
        return;
      case wireType.fixed64:
        this.#advance(8);
        return;
      case wireType.bytes:
        this.bytes();
        return;
      case wireType.fixed32:
        this.#advance(4);
        return;
      default:
        throw new MalformedProtobuf(`proto: illegal wireType ${type}`);
    }
  }

  #advance(length: number): number {
    const at = this.#at;
    if (at + length > this.#end) throw new MalformedProtobuf('unexpected EOF');
    this.#at = at + length;
    return at;
  }
}

/** `low` holds 28 bits, `high` the other 36. */
function signed(low: number, high: number): number {
  const top = 2 ** 35;
  if (high < top) return high * 2 ** 28 + low;
  return -((2 ** 36 - high) * 2 ** 28 - low);
}

const INITIAL_BYTES = 256;

export class WireWriter {
  #bytes: Buffer;
  #length = 0;

  constructor(bytes = INITIAL_BYTES) {
    this.#bytes = Buffer.allocUnsafe(bytes);
  }

  finish(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  tag(number: number, type: number): void {
    this.varint(number * 8 + type);
  }

  varint(value: number): void {
    this.#reserve(10);
    const negative = value < 0;
    let low = negative ? (value % TWO_TO_32) + TWO_TO_32 : value % TWO_TO_32;
    if (low === TWO_TO_32) low = 0;
    let high = Math.floor(value / TWO_TO_32);
    if (negative) high += TWO_TO_32;
    while (low >= 0x80 || high > 0) {
      this.#bytes[this.#length++] = (low % 0x80) | 0x80;
      low = Math.floor(low / 0x80) + (high % 0x80) * 2 ** 25;
      high = Math.floor(high / 0x80);
    }
    this.#bytes[this.#length++] = low;
  }

  double(value: number): void {
    this.#reserve(8);
    this.#length = this.#bytes.writeDoubleLE(value, this.#length);
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.byteLength);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.byteLength;
  }

  /** A length-delimited field: bytes, text or a message. */
  field(number: number, content: Uint8Array | string): void {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    this.tag(number, wireType.bytes);
    this.varint(bytes.byteLength);
    this.raw(bytes);
  }

  integer(number: number, value: number | bigint): void {
    this.tag(number, wireType.varint);
    if (typeof value === 'number') this.varint(value);
    else this.#longVarint(BigInt.asUintN(64, value));
  }

  #longVarint(bits: bigint): void {
    this.#reserve(10);
    let rest = bits;
    for (; rest >= 0x80n; rest >>= 7n) this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80;
    this.#bytes[this.#length++] = Number(rest);
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.byteLength) return;
    const grown = Buffer.allocUnsafe(Math.max(2 * this.#bytes.byteLength, this.#length + more));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}
