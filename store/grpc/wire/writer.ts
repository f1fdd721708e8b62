/**
 * Writes the protobuf wire format (protobuf.dev/programming-guides/encoding) from the end of a
 * buffer towards its start: a nested message's length is known when its prefix is written, so
 * nothing is measured beforehand. Callers therefore write fields in *descending* order, and a
 * repeated field's last element first.
 *
 * Zero values are left out, as proto3 does.
 */

const FIRST_BYTES = 16 * 1024;
/** A finished message above this keeps the writer's buffer instead of being copied out of it. */
const HAND_OVER_BYTES = 64 * 1024;

/** A call out of JavaScript costs more than writing this many characters one by one. */
const SHORT_TEXT = 64;

const VARINT = 0;
const LENGTH_DELIMITED = 2;

export class WireWriter {
  #buffer = Buffer.allocUnsafe(FIRST_BYTES);
  #at = FIRST_BYTES;

  /** Where the next write will end; give it to {@link message} to close what was written since. */
  mark(): number {
    return this.#buffer.length - this.#at;
  }

  /** Bytes written since `mark`. */
  sizeSince(mark: number): number {
    return this.#buffer.length - this.#at - mark;
  }

  /** What was written, and a fresh start. A view, unless it `keeps` after the next write. */
  finish(keeps = true): Buffer {
    const written = this.#buffer.subarray(this.#at);
    if (written.length > HAND_OVER_BYTES) {
      this.#buffer = Buffer.allocUnsafe(FIRST_BYTES);
      this.#at = FIRST_BYTES;
      return written;
    }
    this.#at = this.#buffer.length;
    return keeps ? Buffer.from(written) : written;
  }

  /** Forgets a message that an exception left unfinished. */
  reset(): void {
    this.#at = this.#buffer.length;
  }

  /** Everything written since `mark` becomes the message in `field`, also when it is empty. */
  message(field: number, mark: number): void {
    this.#varint(this.sizeSince(mark));
    this.#varint((field << 3) | LENGTH_DELIMITED);
  }

  /** A signed 64-bit integer that fits a number. */
  int(field: number, value: number): void {
    if (value === 0) return;
    if (value > 0) this.#varint(value);
    else this.#bigVarint(BigInt(value));
    this.#varint(field << 3);
  }

  /** A 64-bit integer in decimal text. */
  id(field: number, decimal: string): void {
    if (decimal === '0') return;
    this.#bigVarint(BigInt(decimal));
    this.#varint(field << 3);
  }

  bool(field: number, value: boolean | undefined): void {
    if (value !== true) return;
    this.#varint(1);
    this.#varint((field << 3) | VARINT);
  }

  bytes(field: number, value: Uint8Array): void {
    if (value.length > 0) this.element(field, value);
  }

  /** An element of a repeated bytes field, or encoded fields in one message: kept when empty. */
  element(field: number, value: Uint8Array): void {
    this.raw(value);
    this.#varint(value.length);
    this.#varint((field << 3) | LENGTH_DELIMITED);
  }

  /** Bytes that are encoded already. */
  raw(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#at -= value.length;
    this.#buffer.set(value, this.#at);
  }

  /** A string whose units are bytes (see store/kv.ts). */
  byteString(field: number, value: string | undefined): void {
    if (value === undefined || value === '') return;
    const { length } = value;
    this.#reserve(length);
    this.#at -= length;
    const at = this.#at;
    const buffer = this.#buffer;
    if (length > SHORT_TEXT) buffer.write(value, at, 'latin1');
    else for (let i = 0; i < length; i++) buffer[at + i] = value.charCodeAt(i);
    this.#varint(length);
    this.#varint((field << 3) | LENGTH_DELIMITED);
  }

  text(field: number, value: string | undefined): void {
    if (value === undefined || value === '') return;
    this.element(field, Buffer.from(value));
  }

  #varint(value: number): void {
    this.#reserve(10);
    if (value < 0x80) {
      this.#buffer[--this.#at] = value;
      return;
    }
    this.#at -= varintBytes(value);
    let at = this.#at;
    let rest = value;
    // Bit operations truncate to 32 bits: the high part of a revision goes by division.
    for (; rest > 0x7fffffff; rest = Math.floor(rest / 0x80)) {
      this.#buffer[at++] = (rest % 0x80) | 0x80;
    }
    for (; rest >= 0x80; rest >>>= 7) this.#buffer[at++] = (rest & 0x7f) | 0x80;
    this.#buffer[at] = rest;
  }

  #bigVarint(value: bigint): void {
    let rest = BigInt.asUintN(64, value);
    const groups: number[] = [];
    for (; rest >= 0x80n; rest >>= 7n) groups.push(Number(rest & 0x7fn) | 0x80);
    groups.push(Number(rest));
    this.raw(Uint8Array.from(groups));
  }

  #reserve(bytes: number): void {
    if (this.#at >= bytes) return;
    const written = this.#buffer.subarray(this.#at);
    const grown = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, written.length + bytes));
    this.#at = grown.length - written.length;
    grown.set(written, this.#at);
    this.#buffer = grown;
  }
}

/** Of an integer that is not negative. */
export function varintBytes(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x200000) return 3;
  let bytes = 4;
  for (let rest = value / 0x10000000; rest >= 1; rest /= 0x80) bytes++;
  return bytes;
}

/** Of a 64-bit integer in decimal text. */
export function idBytes(decimal: string): number {
  let bytes = 1;
  for (let rest = BigInt.asUintN(64, BigInt(decimal)) >> 7n; rest > 0n; rest >>= 7n) bytes++;
  return bytes;
}

const shared = new WireWriter();

/** One message, written by `write` in one go; `write` must not call `encode` itself. */
export const encode = (write: (writer: WireWriter) => void): Buffer => finished(write, true);

/** The same for who copies it at once: the next message is written to the same place. */
export const encodeBriefly = (write: (writer: WireWriter) => void): Buffer =>
  finished(write, false);

function finished(write: (writer: WireWriter) => void, keeps: boolean): Buffer {
  try {
    write(shared);
    return shared.finish(keeps);
  } catch (error) {
    shared.reset();
    throw error;
  }
}
