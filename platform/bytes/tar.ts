/** Archives as `tar` reads and writes them (POSIX ustar, and GNU's long names). */
const BLOCK = 512;
const NAME_BYTES = 100;

/** An archive that cannot be read, or not here. */
export class TarError extends Error {
  override readonly name = 'TarError';
}

/** What an archive says of a file besides its name and content. */
export interface FileEntry {
  readonly kind: 'file' | 'folder' | 'link';
  /** Permissions, with set-user-id and the like. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly modifiedMs: number;
  /** Where a link points; "" of others. */
  readonly target: string;
}

export interface TarEntry {
  readonly name: string;
  readonly type: 'file' | 'folder' | 'link' | 'other';
  readonly content: Uint8Array;
  /** Of a link. */
  readonly target: string;
}

const octal = (value: number, width: number): string =>
  `${value.toString(8).padStart(width - 1, '0')}\0`;

/** What of a header has eight places; more does not fit. */
const MAX_ID = 0o7777777;

type Attributes = Pick<FileEntry, 'mode' | 'uid' | 'gid' | 'modifiedMs' | 'target'>;

const none: Attributes = { mode: 0o644, uid: 0, gid: 0, modifiedMs: 0, target: '' };

interface Head extends Attributes {
  readonly size: number;
  readonly flag: string;
}

function header(name: Uint8Array, { size, flag, ...attributes }: Head): Buffer {
  const { mode, uid, gid, modifiedMs, target } = attributes;
  const block = Buffer.alloc(BLOCK);
  block.set(name.subarray(0, NAME_BYTES), 0);
  block.write(octal(mode, 8), 100);
  block.write(octal(uid > MAX_ID ? 0 : uid, 8), 108);
  block.write(octal(gid > MAX_ID ? 0 : gid, 8), 116);
  block.write(octal(size, 12), 124);
  block.write(octal(Math.max(0, Math.floor(modifiedMs / 1000)), 12), 136);
  block.write(' '.repeat(8), 148);
  block.write(flag, 156);
  block.set(Buffer.from(target).subarray(0, NAME_BYTES), 157);
  block.write('ustar\x0000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

const padding = (size: number): Buffer => Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);

/** GNU's way to tell names ("L") and targets ("K") that are too long for a header. */
function longText(text: Uint8Array, flag: 'L' | 'K'): readonly Uint8Array[] {
  if (text.length < NAME_BYTES) return [];
  const size = text.length + 1;
  const head = header(Buffer.from('../@LongLink'), { ...none, size, flag });
  return [head, text, Buffer.alloc(1), padding(size)];
}

const flags = { file: '0', link: '2', folder: '5' } as const;

/** The blocks of one entry. */
export function tarEntry(name: string, entry: FileEntry, content: Uint8Array): Buffer {
  const [bytes, target] = [Buffer.from(name), Buffer.from(entry.target)];
  return Buffer.concat([
    ...longText(target, 'K'),
    ...longText(bytes, 'L'),
    header(bytes, { ...entry, size: content.length, flag: flags[entry.kind] }),
    content,
    padding(content.length),
  ]);
}

export const tarEnd: Buffer = Buffer.alloc(2 * BLOCK);

const types: Readonly<Record<string, TarEntry['type']>> = {
  '0': 'file',
  '\0': 'file',
  '2': 'link',
  '5': 'folder',
};

/**
 * Reads an archive as it comes; the pieces may be cut anywhere. Throws a {@link TarError} if it
 * ends too early, or has a file of more than `maxBytes`.
 */
export async function* readTar(
  pieces: AsyncIterable<Uint8Array>,
  maxBytes = Infinity,
): AsyncGenerator<TarEntry> {
  const source = new Source(pieces);
  let longName: string | undefined;
  let longTarget: string | undefined;
  for (;;) {
    const block = await source.take(BLOCK);
    if (block === undefined || block.every((byte) => byte === 0)) return;
    const size = Number.parseInt(text(block, 124, 12), 8) || 0;
    if (size > maxBytes) throw new TarError(`${text(block, 0, NAME_BYTES)}: File too large`);
    const content = await source.take(size);
    const rest = await source.take((BLOCK - (size % BLOCK)) % BLOCK);
    if (content === undefined || rest === undefined) {
      throw new TarError('the archive ends in the middle of a file');
    }
    const flag = String.fromCharCode(block[156]!);
    if (flag === 'L' || flag === 'K') {
      const long = text(content, 0, content.length);
      if (flag === 'L') longName = long;
      else longTarget = long;
      continue;
    }
    const prefix = text(block, 345, 155);
    const short = text(block, 0, 100);
    const name = longName ?? (prefix === '' ? short : `${prefix}/${short}`);
    const target = longTarget ?? text(block, 157, NAME_BYTES);
    [longName, longTarget] = [undefined, undefined];
    yield { name, type: types[flag] ?? 'other', content, target };
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
