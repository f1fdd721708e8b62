/**
 * The Huffman code of HPACK (RFC 7541, appendix B). It is canonical: the codes follow from their
 * lengths, shorter ones first, equally long ones in the order of their symbols.
 */
import { ConnectionError, errorCodes } from './errors.ts';

/** Bits of the code of each byte. */
// prettier-ignore
const LENGTHS: readonly number[] = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
  28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
  5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
  7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
  6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
  24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
  21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
  19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
  26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
];
const END_OF_STRING = 256;
const LONGEST = 30;

/**
 * Tables of 256 entries, one per byte of a code read so far. An entry is a leaf (symbol << 8 |
 * bits of this byte that belong to it), or the negative number of the next table.
 */
function tables(): Int32Array[] {
  const all = [new Int32Array(256)];
  let code = 0;
  for (let length = 1; length <= LONGEST; length++) {
    for (let symbol = 0; symbol <= END_OF_STRING; symbol++) {
      if ((LENGTHS[symbol] ?? LONGEST) !== length) continue;
      let table = all[0]!;
      let rest = length;
      for (; rest > 8; rest -= 8) {
        const byte = (code >>> (rest - 8)) & 0xff;
        if (table[byte] === 0) table[byte] = -all.push(new Int32Array(256)) + 1;
        table = all[-table[byte]!]!;
      }
      const first = (code << (8 - rest)) & 0xff;
      table.fill((symbol << 8) | rest, first, first + (1 << (8 - rest)));
      code++;
    }
    code *= 2;
  }
  return all;
}

let shared: Int32Array[] | undefined;

/** One byte of text per unit. */
export function decodeHuffman(bytes: Uint8Array): string {
  const all = (shared ??= tables());
  const out: number[] = [];
  let table = all[0]!;
  let bits = 0;
  let count = 0;
  /** Since the last whole symbol: at the end they must be padding. */
  let open = 0;
  for (const byte of bytes) {
    bits = ((bits << 8) | byte) & 0xffff;
    count += 8;
    open += 8;
    while (count >= 8) {
      const entry = table[(bits >>> (count - 8)) & 0xff]!;
      if (entry < 0) {
        table = all[-entry]!;
        count -= 8;
        continue;
      }
      take(entry, out);
      count -= entry & 0xff;
      open = count;
      table = all[0]!;
    }
  }
  while (count > 0) {
    const entry = table[(bits << (8 - count)) & 0xff]!;
    if (entry < 0 || (entry & 0xff) > count) break;
    take(entry, out);
    count -= entry & 0xff;
    open = count;
    table = all[0]!;
  }
  const padding = (1 << count) - 1;
  if (open > 7 || (bits & padding) !== padding) throw broken();
  return text(out);
}

function take(entry: number, out: number[]): void {
  if (entry >>> 8 === END_OF_STRING) throw broken();
  out.push(entry >>> 8);
}

const CHUNK = 4096;

function text(bytes: readonly number[]): string {
  if (bytes.length <= CHUNK) return String.fromCharCode(...bytes);
  return Buffer.from(bytes).toString('latin1');
}

const broken = (): ConnectionError =>
  new ConnectionError(errorCodes.compressionError, 'a header field is not Huffman-coded');
