/** Compact binary writing and reading, for the command codec. */
import { assert } from '../../platform/assert.ts';

/** Grows as needed; the result is a view of its buffer. */
export class ByteWriter {
  #buffer: Buffer;
  #length = 0;

  constructor(
    expectedBytes: number,
    allocate = (bytes: number): Buffer => Buffer.allocUnsafe(bytes),
  ) {
    this.#buffer = allocate(expectedBytes);
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#length++] = value;
  }

  /** A non-negative integer below 2^53 in groups of seven bits, least first. */
  varint(value: number): void {
    this.#reserve(8);
    while (value >= 0x80) {
      this.#buffer[this.#length++] = (value % 0x80) | 0x80;
      value = Math.floor(value / 0x80);
    }
    this.#buffer[this.#length++] = value;
  }

  /** Any number. */
  double(value: number): void {
    this.#reserve(8);
    this.#length = this.#buffer.writeDoubleBE(value, this.#length);
  }

  u64(decimal: string): void {
    this.#reserve(8);
    this.#length = this.#buffer.writeBigUInt64BE(BigInt(decimal), this.#length);
  }

  /** A byte string. */
  string(value: string): void {
    this.varint(value.length);
    this.#reserve(value.length);
    this.#length += this.#buffer.write(value, this.#length, 'latin1');
  }

  bytes(value: Uint8Array): void {
    this.varint(value.length);
    this.#reserve(value.length);
    this.#buffer.set(value, this.#length);
    this.#length += value.length;
  }

  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }
}

export class ByteReader {
  readonly #buffer: Buffer;
  #offset: number;

  constructor(buffer: Uint8Array, offset = 0) {
    this.#buffer = Buffer.from(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    this.#offset = offset;
  }

  get done(): boolean {
    return this.#offset === this.#buffer.length;
  }

  byte(): number {
    const value = this.#buffer[this.#offset++];
    assert(value !== undefined, 'an encoded command is complete');
    return value;
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const group = this.byte();
      value += (group & 0x7f) * scale;
      if (group < 0x80) return value;
    }
  }

  double(): number {
    const value = this.#buffer.readDoubleBE(this.#offset);
    this.#offset += 8;
    return value;
  }

  u64(): string {
    const value = this.#buffer.readBigUInt64BE(this.#offset);
    this.#offset += 8;
    return value.toString();
  }

  string(): string {
    return this.bytes().toString('latin1');
  }

  /** A view of the input. */
  bytes(): Buffer {
    const length = this.varint();
    const end = this.#offset + length;
    assert(end <= this.#buffer.length, 'an encoded command is complete');
    const value = this.#buffer.subarray(this.#offset, end);
    this.#offset = end;
    return value;
  }
}
