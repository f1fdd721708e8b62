/** Reads header blocks (RFC 7541, section 6). One decoder per connection: it remembers. */
import { ConnectionError, errorCodes } from './errors.ts';
import { HeaderTable, sizeOf, type Field } from './header-table.ts';
import { decodeHuffman } from './huffman.ts';

/** The protocol's default, which is what a client may use unless told otherwise. */
const TABLE_BYTES = 4096;
/** Of all fields of one block, names, values and overhead. */
export const MAX_HEADER_LIST_BYTES = 64 * 1024;
/** No length and no index of a block that fits is larger. */
const MAX_INTEGER = 1 << 24;

const INDEXED = 0x80;
const INCREMENTAL = 0x40;
const SIZE_UPDATE = 0x20;
const HUFFMAN = 0x80;

/** RFC 9113, section 8.2.1. Values are Latin-1: what is not ASCII is let be, as in Go. */
const NAME = /^:?[a-z0-9!#$%&'*+.^_`|~-]+$/;
const CONTROLS = /[\0-\x08\x0a-\x1f\x7f]/;

const broken = (text: string): ConnectionError =>
  new ConnectionError(errorCodes.compressionError, text);

export class HeaderDecoder {
  readonly #table = new HeaderTable(TABLE_BYTES);
  #block: Buffer = Buffer.alloc(0);
  #at = 0;
  /** Fields of the table that may not be; a literal is looked at once. */
  #malformed: WeakSet<Field> | undefined;
  /** Of the block that was decoded last: a name or value in it may not be. */
  isMalformed = false;

  /** Undefined if the fields are too many; the tables are right all the same. */
  decode(block: Buffer): Field[] | undefined {
    this.#block = block;
    this.#at = 0;
    this.isMalformed = false;
    const fields: Field[] = [];
    let bytes = 0;
    while (this.#at < block.length) {
      const field = this.#field(fields.length === 0);
      if (field === undefined) continue;
      bytes += sizeOf(field);
      if (bytes <= MAX_HEADER_LIST_BYTES) fields.push(field);
    }
    return bytes <= MAX_HEADER_LIST_BYTES ? fields : undefined;
  }

  /** Undefined for what changes the table only, which stands at the beginning. */
  #field(isFirst: boolean): Field | undefined {
    const byte = this.#block[this.#at]!;
    if (byte >= INDEXED) {
      const field = this.#table.at(this.#integer(0x7f));
      if (this.#malformed?.has(field) === true) this.isMalformed = true;
      return field;
    }
    if (byte >= INCREMENTAL) {
      const field = this.#literal(0x3f);
      this.#table.add(field);
      return field;
    }
    if (byte < SIZE_UPDATE) return this.#literal(0x0f);
    if (!isFirst) throw broken('a table is resized amid header fields');
    this.#table.resize(this.#integer(0x1f));
    return undefined;
  }

  #literal(prefix: number): Field {
    const index = this.#integer(prefix);
    const name = index === 0 ? this.#text() : this.#table.at(index).name;
    const field = { name, value: this.#text() };
    if (!NAME.test(name) || CONTROLS.test(field.value)) {
      this.isMalformed = true;
      (this.#malformed ??= new WeakSet()).add(field);
    }
    return field;
  }

  #text(): string {
    if (this.#at >= this.#block.length) throw broken('a header block is cut short');
    const isHuffman = (this.#block[this.#at]! & HUFFMAN) !== 0;
    const length = this.#integer(0x7f);
    const start = this.#at;
    this.#at += length;
    if (this.#at > this.#block.length) throw broken('a header field is cut short');
    if (!isHuffman) return this.#block.toString('latin1', start, this.#at);
    return decodeHuffman(this.#block.subarray(start, this.#at));
  }

  /** Section 5.1; `prefix` is also the largest value that fits into the first byte. */
  #integer(prefix: number): number {
    let value = this.#block[this.#at++]! & prefix;
    if (value < prefix) return value;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#block[this.#at++];
      if (byte === undefined) throw broken('an integer is cut short');
      value += (byte & 0x7f) * factor;
      if (value > MAX_INTEGER || factor > MAX_INTEGER) throw broken('an integer is too large');
      if (byte < 0x80) return value;
    }
  }
}
