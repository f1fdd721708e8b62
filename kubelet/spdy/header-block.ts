/**
 * Header blocks of SPDY/3.1 (section 2.6.10): names and values with lengths, compressed with one
 * zlib stream per direction that lasts as long as the connection. Each block ends on a byte, so
 * that it can be (de)compressed by itself, given what came before.
 */
import type { RawDeflate } from '../../platform/bytes/raw-deflate.ts';
import { dictionary, DICTIONARY_ID } from './dictionary.ts';

/** Names in lower case; a name given several times has several values. */
export type HeaderList = ReadonlyMap<string, readonly string[]>;

/** What is unexpected on a connection ends it: its compression could not go on. */
export class SpdyError extends Error {
  override readonly name = 'SpdyError';
}

const WINDOW_BYTES = 32 * 1024;
/** Streams are opened with a handful of short headers. */
const MAX_BLOCK_BYTES = 64 * 1024;
/** CMF and FLG of RFC 1950: deflate, 32 KiB, with a dictionary. */
const ZLIB_HEAD = 0x78bb;

/** The end of what both sides have seen. */
class Window {
  #bytes: Uint8Array = dictionary;

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  add(bytes: Uint8Array): void {
    const all = Buffer.concat([this.#bytes, bytes]);
    this.#bytes = all.subarray(Math.max(0, all.length - WINDOW_BYTES));
  }
}

export class HeaderCompressor {
  readonly #deflate: RawDeflate;
  readonly #window = new Window();
  #begun = false;

  constructor(deflate: RawDeflate) {
    this.#deflate = deflate;
  }

  compress(headers: HeaderList): Uint8Array {
    const block = encodeHeaders(headers);
    const compressed = this.#deflate.deflate(block, this.#window.bytes);
    this.#window.add(block);
    if (this.#begun) return compressed;
    this.#begun = true;
    const head = Buffer.alloc(6);
    head.writeUInt16BE(ZLIB_HEAD);
    head.writeUInt32BE(DICTIONARY_ID, 2);
    return Buffer.concat([head, compressed]);
  }
}

export class HeaderDecompressor {
  readonly #deflate: RawDeflate;
  readonly #window = new Window();
  #begun = false;

  constructor(deflate: RawDeflate) {
    this.#deflate = deflate;
  }

  /** Throws {@link SpdyError}; nothing can be decompressed after that. */
  decompress(bytes: Buffer): HeaderList {
    const body = this.#begun ? bytes : bytes.subarray(zlibHeadLength(bytes));
    this.#begun = true;
    let block: Uint8Array;
    try {
      block = this.#deflate.inflate(body, this.#window.bytes, MAX_BLOCK_BYTES);
    } catch (error) {
      throw new SpdyError('a header block cannot be decompressed', { cause: error });
    }
    this.#window.add(block);
    return decodeHeaders(Buffer.from(block));
  }
}

function zlibHeadLength(bytes: Buffer): number {
  if (bytes.length < 2) throw new SpdyError('a header block is cut off');
  const head = bytes.readUInt16BE();
  if ((head >> 8) % 16 !== 8 || head % 31 !== 0)
    throw new SpdyError('a header block is not compressed');
  if ((head & 0x20) === 0) return 2;
  if (bytes.length < 6 || bytes.readUInt32BE(2) !== DICTIONARY_ID)
    throw new SpdyError('an unknown dictionary');
  return 6;
}

function encodeHeaders(headers: HeaderList): Buffer {
  const parts = [uint32(headers.size)];
  for (const [name, values] of headers) {
    for (const text of [name.toLowerCase(), values.join('\0')]) {
      const bytes = Buffer.from(text);
      parts.push(uint32(bytes.length), bytes);
    }
  }
  return Buffer.concat(parts);
}

export function decodeHeaders(block: Buffer): HeaderList {
  let at = 0;
  const take = (length: number): Buffer => {
    if (at + length > block.length) throw new SpdyError('a header block is cut off');
    at += length;
    return block.subarray(at - length, at);
  };
  const text = (): string => take(take(4).readUInt32BE()).toString();
  const headers = new Map<string, readonly string[]>();
  for (let left = take(4).readUInt32BE(); left > 0; left--) {
    const name = text().toLowerCase();
    const values = text().split('\0');
    if (name === '' || headers.has(name)) throw new SpdyError('a malformed header block');
    headers.set(name, values);
  }
  return headers;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
