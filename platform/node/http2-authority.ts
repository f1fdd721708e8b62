/**
 * Makes an `:authority` that is a URL the authority it should have been.
 *
 * etcd's clients up to 3.4 call single endpoints with `:authority: http://host:port`, which
 * Node's HTTP/2 refuses as malformed (RFC 9113, 8.3.1) and Go's does not. The first block of
 * header fields of a connection is rewritten before Node sees it; later blocks name the field by
 * its place in the compression table (RFC 7541, 2.3.2), so one rewrite serves the connection.
 *
 * The tables of both ends stay coherent, because the entry that is added here is shorter than the
 * one the client added: it stands at the same place, and entries may at most live longer here
 * than the client believes, at places it does not name any more (RFC 7541, 4.4).
 */

/** Symbols by length of their Huffman code: within one length codes count up (RFC 7541, B). */
const symbolsByLength: readonly (readonly [bits: number, firstCode: number, symbols: string])[] = [
  [5, 0x0, '012aceiost'],
  [6, 0x14, ' %-./3456789=A_bdfghlmnpru'],
  [7, 0x5c, ':BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz'],
  [8, 0xf8, '&*,;XZ'],
  [10, 0x3f8, '!"()?'],
  [13, 0x1ffa, '@[]~'],
];
const LONGEST_CODE = 13;
const LONGEST_PADDING = 7;

/** Undefined if it holds symbols that no URL of an endpoint does. */
function huffmanDecode(bytes: Uint8Array): string | undefined {
  let [text, code, bits] = ['', 0, 0];
  for (const byte of bytes) {
    for (let mask = 0x80; mask > 0; mask >>= 1) {
      code = (code << 1) | ((byte & mask) === 0 ? 0 : 1);
      bits++;
      const row = symbolsByLength.find(([length]) => length === bits);
      const symbol = row?.[2][code - row[1]];
      if (symbol !== undefined) [text, code, bits] = [text + symbol, 0, 0];
      else if (bits > LONGEST_CODE) return undefined;
    }
  }
  return bits <= LONGEST_PADDING && code === 2 ** bits - 1 ? text : undefined;
}

/** Reads a block's field lines (RFC 7541, 6) without knowing what is in the table. */
class FieldLines {
  readonly #block: Uint8Array;
  at = 0;

  constructor(block: Uint8Array) {
    this.#block = block;
  }

  /** Undefined where the block ends too early. */
  integer(prefixBits: number): number | undefined {
    const first = this.#block[this.at++];
    if (first === undefined) return undefined;
    const full = 2 ** prefixBits - 1;
    let value = first & full;
    if (value < full) return value;
    for (let scale = 1; scale <= 2 ** 21; scale *= 128) {
      const next = this.#block[this.at++];
      if (next === undefined) return undefined;
      value += (next & 0x7f) * scale;
      if (next < 0x80) return value;
    }
    return undefined;
  }

  /** The text, or `''` of one that only others could decode. */
  string(): string | undefined {
    const huffman = (this.#block[this.at] ?? 0) >= 0x80;
    const length = this.integer(7);
    if (length === undefined || this.at + length > this.#block.length) return undefined;
    const bytes = this.#block.subarray(this.at, (this.at += length));
    return huffman ? (huffmanDecode(bytes) ?? '') : Buffer.from(bytes).toString('latin1');
  }
}

/** How a field line begins: bits of the index after the pattern; `indexed` has no value. */
function shapeOf(first: number): { readonly prefixBits: number; readonly literal: boolean } {
  if (first >= 0x80) return { prefixBits: 7, literal: false };
  if (first >= 0x40) return { prefixBits: 6, literal: true };
  if (first >= 0x20) return { prefixBits: 5, literal: false };
  return { prefixBits: 4, literal: true };
}

const AUTHORITY_INDEX = 1;
const URL_AUTHORITY = /^https?:\/\/([^/]+)/;

/**
 * The block of header fields with an authority in place of a URL; undefined if that is not how it
 * is. The block may be cut off: pseudo-header fields stand first.
 */
export function withPlainAuthority(block: Buffer): Buffer | undefined {
  const lines = new FieldLines(block);
  while (lines.at < block.length) {
    const { prefixBits, literal } = shapeOf(block[lines.at]!);
    const index = lines.integer(prefixBits);
    if (index === undefined) return undefined;
    if (!literal) continue;
    if (index === 0 && lines.string() === undefined) return undefined;
    const start = lines.at;
    const value = lines.string();
    if (value === undefined) return undefined;
    if (index !== AUTHORITY_INDEX) continue;
    const authority = URL_AUTHORITY.exec(value)?.[1];
    // A longer one than fits the short form of a length is no endpoint's.
    if (authority === undefined || authority.length >= 0x7f) return undefined;
    const plain = Buffer.concat([Buffer.from([authority.length]), Buffer.from(authority)]);
    return Buffer.concat([block.subarray(0, start), plain, block.subarray(lines.at)]);
  }
  return undefined;
}
