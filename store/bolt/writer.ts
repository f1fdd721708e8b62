/**
 * Writes a bbolt file in one go, as a stream, without ever holding more than a page and the
 * first keys of pages. The metas come first but point at what comes last, so the same pages are
 * made twice: once to count them, once to hand them out.
 */
import {
  BUCKET_ELEMENT,
  ELEMENT_BYTES,
  MAGIC,
  META_SUMMED_BYTES,
  PAGE_BYTES,
  PAGE_HEADER_BYTES,
  VERSION,
  fnv1a,
  pageFlags,
  type Entry,
} from './format.ts';

export interface BoltBucket {
  readonly name: string;
  /** Called twice, for the same entries both times: ascending, each key once. */
  readonly entries: () => AsyncIterable<Entry> | Iterable<Entry>;
}

export interface BoltStream {
  readonly bytes: number;
  readonly chunks: AsyncIterable<Buffer>;
}

const FREELIST_PAGE = 2;
const FIRST_PAGE = 3;

interface Child {
  readonly key: Buffer;
  readonly page: number;
}

/** Elements of one page, until it is full. */
class Page {
  readonly #kind: 'leaf' | 'branch';
  readonly #elements: { key: Buffer; value: Buffer; page: number; flags: number }[] = [];
  #bytes = PAGE_HEADER_BYTES;

  constructor(kind: 'leaf' | 'branch') {
    this.#kind = kind;
  }

  get empty(): boolean {
    return this.#elements.length === 0;
  }

  get firstKey(): Buffer {
    return this.#elements[0]?.key ?? Buffer.alloc(0);
  }

  fits(key: Buffer, value: Buffer): boolean {
    return this.#bytes + ELEMENT_BYTES + key.length + value.length <= PAGE_BYTES;
  }

  add(element: { key: Buffer; value?: Buffer; page?: number; flags?: number }): void {
    const { key, value = Buffer.alloc(0), page = 0, flags = 0 } = element;
    this.#elements.push({ key, value, page, flags });
    this.#bytes += ELEMENT_BYTES + key.length + value.length;
  }

  encode(id: number): Buffer {
    const pages = Math.ceil(this.#bytes / PAGE_BYTES);
    const bytes = Buffer.alloc(pages * PAGE_BYTES);
    writePageHeader(bytes, { id, flags: pageFlags[this.#kind], overflow: pages - 1 });
    bytes.writeUInt16LE(this.#elements.length, 10);
    let at = PAGE_HEADER_BYTES + this.#elements.length * ELEMENT_BYTES;
    this.#elements.forEach(({ key, value, page, flags }, i) => {
      const element = PAGE_HEADER_BYTES + i * ELEMENT_BYTES;
      if (this.#kind === 'leaf') {
        bytes.writeUInt32LE(flags, element);
        bytes.writeUInt32LE(at - element, element + 4);
        bytes.writeUInt32LE(key.length, element + 8);
        bytes.writeUInt32LE(value.length, element + 12);
      } else {
        bytes.writeUInt32LE(at - element, element);
        bytes.writeUInt32LE(key.length, element + 4);
        bytes.writeBigUInt64LE(BigInt(page), element + 8);
      }
      bytes.set(key, at);
      bytes.set(value, at + key.length);
      at += key.length + value.length;
    });
    return bytes;
  }
}

function writePageHeader(
  bytes: Buffer,
  header: { readonly id: number; readonly flags: number; readonly overflow: number },
): void {
  bytes.writeBigUInt64LE(BigInt(header.id), 0);
  bytes.writeUInt16LE(header.flags, 8);
  bytes.writeUInt32LE(header.overflow, 12);
}

interface Tree {
  readonly root: number;
  readonly nextPage: number;
}

/** The pages of one bucket: leaves in order, then each level of branches, the root last. */
async function* tree(
  entries: AsyncIterable<Entry> | Iterable<Entry>,
  from: { readonly page: number; readonly flags: number },
): AsyncGenerator<Buffer, Tree> {
  let nextPage = from.page;
  const emit = (page: Page, children: Child[]): Buffer => {
    const bytes = page.encode(nextPage);
    children.push({ key: page.firstKey, page: nextPage });
    nextPage += bytes.length / PAGE_BYTES;
    return bytes;
  };
  let level: Child[] = [];
  let page = new Page('leaf');
  for await (const [key, value] of entries) {
    if (!page.empty && !page.fits(key, value)) {
      yield emit(page, level);
      page = new Page('leaf');
    }
    page.add({ key, value, flags: from.flags });
  }
  yield emit(page, level);
  while (level.length > 1) {
    const above: Child[] = [];
    let branch = new Page('branch');
    for (const child of level) {
      if (!branch.empty && !branch.fits(child.key, Buffer.alloc(0))) {
        yield emit(branch, above);
        branch = new Page('branch');
      }
      branch.add(child);
    }
    yield emit(branch, above);
    level = above;
  }
  return { root: level[0]!.page, nextPage };
}

async function* body(buckets: readonly BoltBucket[]): AsyncGenerator<Buffer, Tree> {
  let page = FIRST_PAGE;
  const roots: Entry[] = [];
  const sorted = [...buckets].sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const { name, entries } of sorted) {
    const { root, nextPage } = yield* tree(entries(), { page, flags: 0 });
    const value = Buffer.alloc(16);
    value.writeBigUInt64LE(BigInt(root));
    roots.push([Buffer.from(name), value]);
    page = nextPage;
  }
  return yield* tree(roots, { page, flags: BUCKET_ELEMENT });
}

function meta(id: number, { root, nextPage }: Tree): Buffer {
  const bytes = Buffer.alloc(PAGE_BYTES);
  writePageHeader(bytes, { id, flags: pageFlags.meta, overflow: 0 });
  const at = bytes.subarray(PAGE_HEADER_BYTES);
  at.writeUInt32LE(MAGIC, 0);
  at.writeUInt32LE(VERSION, 4);
  at.writeUInt32LE(PAGE_BYTES, 8);
  at.writeBigUInt64LE(BigInt(root), 16);
  at.writeBigUInt64LE(BigInt(FREELIST_PAGE), 32);
  at.writeBigUInt64LE(BigInt(nextPage), 40);
  at.writeBigUInt64LE(BigInt(id), 48);
  at.writeBigUInt64LE(fnv1a(at.subarray(0, META_SUMMED_BYTES)), META_SUMMED_BYTES);
  return bytes;
}

/** Reads every entry once before it resolves, and once more for the chunks. */
export async function boltStream(buckets: readonly BoltBucket[]): Promise<BoltStream> {
  const counting = body(buckets);
  let step = await counting.next();
  while (step.done !== true) step = await counting.next();
  const counted = step.value;
  async function* chunks(): AsyncGenerator<Buffer> {
    yield meta(0, counted);
    yield meta(1, counted);
    const freelist = Buffer.alloc(PAGE_BYTES);
    writePageHeader(freelist, { id: FREELIST_PAGE, flags: pageFlags.freelist, overflow: 0 });
    yield freelist;
    yield* body(buckets);
  }
  return { bytes: counted.nextPage * PAGE_BYTES, chunks: chunks() };
}
