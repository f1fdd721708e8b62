/** Reads bbolt files: ours, and those that etcd saved. */
import type { ReadableFile } from '../../platform/files/file-access.ts';
import {
  BUCKET_ELEMENT,
  BoltError,
  ELEMENT_BYTES,
  MAGIC,
  META_BYTES,
  META_SUMMED_BYTES,
  PAGE_BYTES,
  PAGE_HEADER_BYTES,
  VERSION,
  fnv1a,
  pageFlags,
  type Entry,
} from './format.ts';

/** A B+tree of 4 KiB pages is nowhere near as deep, whatever it holds. */
const MAX_DEPTH = 32;
/** A larger page than this in a damaged file would only exhaust the memory. */
const MAX_OVERFLOW_PAGES = 1 << 20;

interface Meta {
  readonly pageBytes: number;
  readonly root: number;
  readonly transaction: bigint;
}

export class BoltReader {
  readonly #file: ReadableFile;
  readonly #meta: Meta;

  private constructor(file: ReadableFile, meta: Meta) {
    this.#file = file;
    this.#meta = meta;
  }

  /** Rejects with a {@link BoltError} if it is no bbolt file. */
  static async open(file: ReadableFile): Promise<BoltReader> {
    const metas: Meta[] = [];
    const first = readMeta(await file.read(PAGE_HEADER_BYTES, META_BYTES));
    if (first !== undefined) metas.push(first);
    const at = first?.pageBytes ?? PAGE_BYTES;
    const second = readMeta(await file.read(at + PAGE_HEADER_BYTES, META_BYTES));
    if (second !== undefined) metas.push(second);
    metas.sort((a, b) => (a.transaction < b.transaction ? 1 : -1));
    if (metas[0] === undefined) throw new BoltError('invalid database');
    return new BoltReader(file, metas[0]);
  }

  /** Ascending by key; nothing if there is no such bucket. */
  async *entries(bucket: string): AsyncGenerator<Entry> {
    for await (const [key, value] of this.#walk(this.#meta.root, 0)) {
      if (key.toString() !== bucket) continue;
      if (value.length < 16) throw new BoltError(`bucket ${bucket} is cut short`);
      const root = Number(value.readBigUInt64LE(0));
      if (root !== 0) yield* this.#walk(root, 0);
      else for (const [innerKey, inner] of elements(value.subarray(16))) yield [innerKey, inner];
      return;
    }
  }

  async buckets(): Promise<string[]> {
    const names: string[] = [];
    for await (const [key] of this.#walk(this.#meta.root, 0)) names.push(key.toString());
    return names;
  }

  async *#walk(id: number, depth: number): AsyncGenerator<Entry> {
    if (depth > MAX_DEPTH) throw new BoltError('the tree is too deep');
    const page = await this.#page(id);
    const flags = page.readUInt16LE(8);
    if ((flags & pageFlags.leaf) !== 0) {
      for (const [key, value] of elements(page)) yield [key, value];
    } else if ((flags & pageFlags.branch) !== 0) {
      for (const child of children(page)) yield* this.#walk(child, depth + 1);
    } else throw new BoltError(`page ${id} is neither leaf nor branch`);
  }

  async #page(id: number): Promise<Buffer> {
    const { pageBytes } = this.#meta;
    const header = await this.#file.read(id * pageBytes, PAGE_HEADER_BYTES);
    if (header.length < PAGE_HEADER_BYTES) throw new BoltError(`page ${id} is beyond the file`);
    const overflow = header.readUInt32LE(12);
    if (overflow > MAX_OVERFLOW_PAGES) throw new BoltError(`page ${id} is damaged`);
    const length = (overflow + 1) * pageBytes;
    const page = await this.#file.read(id * pageBytes, length);
    if (page.length < length) throw new BoltError(`page ${id} is cut short`);
    return page;
  }
}

function readMeta(bytes: Buffer): Meta | undefined {
  if (bytes.length < META_BYTES || bytes.readUInt32LE(0) !== MAGIC) return undefined;
  if (bytes.readUInt32LE(4) !== VERSION) return undefined;
  const sum = bytes.readBigUInt64LE(META_SUMMED_BYTES);
  if (fnv1a(bytes.subarray(0, META_SUMMED_BYTES)) !== sum) return undefined;
  return {
    pageBytes: bytes.readUInt32LE(8),
    root: Number(bytes.readBigUInt64LE(16)),
    transaction: bytes.readBigUInt64LE(48),
  };
}

function slice(page: Buffer, from: number, bytes: number): Buffer {
  if (from + bytes > page.length) throw new BoltError('an element is beyond its page');
  return page.subarray(from, from + bytes);
}

function* elements(page: Buffer): Generator<readonly [Buffer, Buffer, isBucket: boolean]> {
  const count = page.readUInt16LE(10);
  for (let i = 0; i < count; i++) {
    const at = PAGE_HEADER_BYTES + i * ELEMENT_BYTES;
    const element = slice(page, at, ELEMENT_BYTES);
    const key = at + element.readUInt32LE(4);
    const keyBytes = element.readUInt32LE(8);
    const isBucket = (element.readUInt32LE(0) & BUCKET_ELEMENT) !== 0;
    const value = slice(page, key + keyBytes, element.readUInt32LE(12));
    yield [slice(page, key, keyBytes), value, isBucket];
  }
}

function* children(page: Buffer): Generator<number> {
  const count = page.readUInt16LE(10);
  for (let i = 0; i < count; i++) {
    const element = slice(page, PAGE_HEADER_BYTES + i * ELEMENT_BYTES, ELEMENT_BYTES);
    yield Number(element.readBigUInt64LE(8));
  }
}
