/**
 * DER (ITU-T X.690), as much of it as a certificate is made of. An encoder and no general
 * parser: {@link elements} splits what this process or its operator wrote.
 */

const length = (size: number): Buffer => {
  if (size < 0x80) return Buffer.from([size]);
  if (size < 0x100) return Buffer.from([0x81, size]);
  return Buffer.from([0x82, size >> 8, size & 0xff]);
};

/** Tag, length, contents. Contents stay below 64 KiB, which no certificate comes near. */
export function tlv(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const size = contents.reduce((sum, content) => sum + content.length, 0);
  if (size > 0xffff) throw new RangeError('a DER value above 64 KiB');
  return Buffer.concat([Buffer.from([tag]), length(size), ...contents]);
}

export const sequence = (...items: readonly Uint8Array[]): Buffer => tlv(0x30, ...items);
export const set = (...items: readonly Uint8Array[]): Buffer => tlv(0x31, ...items);
export const octets = (bytes: Uint8Array): Buffer => tlv(0x04, bytes);
export const utf8 = (text: string): Buffer => tlv(0x0c, Buffer.from(text));
export const boolean = (value: boolean): Buffer => tlv(0x01, Buffer.from([value ? 0xff : 0]));
export const none = Buffer.from([0x05, 0x00]);
/** `unused` counts the bits of the last byte that mean nothing. */
export const bits = (bytes: Uint8Array, unused = 0): Buffer =>
  tlv(0x03, Buffer.from([unused]), bytes);
/** Context-specific: `explicit(0, …)` wraps, `implicit(2, …)` replaces a primitive's own tag. */
export const explicit = (tag: number, content: Uint8Array): Buffer => tlv(0xa0 | tag, content);
export const implicit = (tag: number, content: Uint8Array): Buffer => tlv(0x80 | tag, content);

/** An unsigned big-endian integer in the fewest bytes that keep it positive. */
export function integer(bytes: Uint8Array): Buffer {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const digits = bytes.subarray(start);
  return digits[0]! >= 0x80 ? tlv(0x02, Buffer.from([0]), digits) : tlv(0x02, digits);
}

/** "1.2.840.10045.4.3.2" */
export function objectIdentifier(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  const bytes: number[] = [];
  for (const arc of [first * 40 + second, ...rest]) {
    const groups = [arc & 0x7f];
    for (let high = arc >>> 7; high > 0; high >>>= 7) groups.unshift((high & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return tlv(0x06, Buffer.from(bytes));
}

/** RFC 5280, section 4.1.2.5: UTCTime through 2049, GeneralizedTime after. */
export function time(epochMs: number): Buffer {
  const text = new Date(epochMs).toISOString().replace(/[-:T]|\.\d+/g, '');
  const year = Number(text.slice(0, 4));
  return year < 2050 ? tlv(0x17, Buffer.from(text.slice(2))) : tlv(0x18, Buffer.from(text));
}

/** The values inside a constructed one, each with its tag and length. */
export function elements(constructed: Uint8Array): Buffer[] {
  const contents = body(Buffer.from(constructed));
  const found: Buffer[] = [];
  for (let at = 0; at < contents.length;) {
    const rest = contents.subarray(at);
    const size = headerSize(rest) + body(rest).length;
    found.push(rest.subarray(0, size));
    at += size;
  }
  return found;
}

/** The contents of the first value in `bytes`. */
export function body(bytes: Buffer): Buffer {
  const header = headerSize(bytes);
  const size = header === 2 ? bytes[1]! : bytes.readUIntBE(2, header - 2);
  if (bytes.length < header + size) throw new RangeError('a truncated DER value');
  return bytes.subarray(header, header + size);
}

function headerSize(bytes: Buffer): number {
  if (bytes.length < 2) throw new RangeError('a truncated DER value');
  return bytes[1]! < 0x80 ? 2 : 2 + (bytes[1]! & 0x7f);
}
