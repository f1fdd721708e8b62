/** Archives as `tar` reads and writes them (POSIX ustar, and GNU's long names). */
import { UsageError } from '../usage-error.ts';

const BLOCK = 512;

export interface TarEntry {
  readonly name: string;
  readonly type: 'file' | 'folder' | 'other';
  readonly content: Uint8Array;
}

const octal = (value: number, width: number): string =>
  `${value.toString(8).padStart(width - 1, '0')}\0`;

function header(name: string, size: number, type: string): Buffer {
  const block = Buffer.alloc(BLOCK);
  block.write(name, 0, 100);
  block.write(octal(type === '5' ? 0o755 : 0o644, 8), 100);
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  block.write(octal(size, 12), 124);
  block.write(octal(0, 12), 136);
  block.write(' '.repeat(8), 148);
  block.write(type, 156);
  block.write('ustar\x0000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

const padding = (size: number): Buffer => Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);

/** The blocks of one entry. */
export function tarEntry(name: string, type: 'file' | 'folder', content: Uint8Array): Buffer {
  const bytes = Buffer.from(name);
  const long =
    bytes.length < 100
      ? []
      : [
          header('././@LongLink', bytes.length + 1, 'L'),
          bytes,
          Buffer.alloc(1),
          padding(bytes.length + 1),
        ];
  const flag = type === 'folder' ? '5' : '0';
  return Buffer.concat([
    ...long,
    header(name, content.length, flag),
    content,
    padding(content.length),
  ]);
}

export const tarEnd: Buffer = Buffer.alloc(2 * BLOCK);

/** Reads an archive as it comes; the pieces may be cut anywhere. */
export async function* readTar(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  const source = new Source(pieces);
  let longName: string | undefined;
  for (;;) {
    const block = await source.take(BLOCK);
    if (block === undefined || block.every((byte) => byte === 0)) return;
    const size = Number.parseInt(text(block, 124, 12), 8) || 0;
    const content = await source.take(size);
    const rest = await source.take((BLOCK - (size % BLOCK)) % BLOCK);
    if (content === undefined || rest === undefined) {
      throw new UsageError('the archive ends in the middle of a file');
    }
    const flag = String.fromCharCode(block[156]!);
    if (flag === 'L') {
      longName = text(content, 0, content.length);
      continue;
    }
    const prefix = text(block, 345, 155);
    const short = text(block, 0, 100);
    const name = longName ?? (prefix === '' ? short : `${prefix}/${short}`);
    longName = undefined;
    const type = flag === '5' ? 'folder' : flag === '0' || flag === '\0' ? 'file' : 'other';
    yield { name, type, content };
  }
}

function text(block: Uint8Array, from: number, length: number): string {
  const bytes = Buffer.from(block.subarray(from, from + length));
  const end = bytes.indexOf(0);
  return bytes
    .subarray(0, end < 0 ? bytes.length : end)
    .toString()
    .trimEnd();
}

class Source {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #waiting: Buffer = Buffer.alloc(0);

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** Undefined if fewer bytes are left. */
  async take(count: number): Promise<Buffer | undefined> {
    const parts = [this.#waiting];
    let have = this.#waiting.length;
    while (have < count) {
      const next = await this.#pieces.next();
      if (next.done) return undefined;
      parts.push(Buffer.from(next.value));
      have += next.value.length;
    }
    const whole = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    this.#waiting = whole.subarray(count);
    return whole.subarray(0, count);
  }
}
