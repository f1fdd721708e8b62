import { assert } from '../../../platform/assert.ts';
import type { DurableFile } from '../../../platform/files/durable-file.ts';

/** What a crash of the disk may tear a write into. */
const SECTOR_BYTES = 16;

interface Write {
  readonly bytes: Uint8Array;
  readonly at: number;
}

type Crc32 = DurableFile['crc32'];

/** The disk below durable files in memory: it outlives who has them open, and can crash. */
export class MemoryFiles {
  readonly #crc32: Crc32;
  readonly #files = new Map<string, MemoryFile>();
  /** Of one write: it has arrived when this resolves. */
  readonly #wait: () => Promise<void>;

  constructor(crc32: Crc32, wait: () => Promise<void>) {
    this.#crc32 = crc32;
    this.#wait = wait;
  }

  readonly open = (path: string, bytes: number): Promise<DurableFile | undefined> => {
    const before = this.#files.get(path);
    if (before === undefined && bytes === 0) return Promise.resolve(undefined);
    const missing = Buffer.alloc(Math.max(0, bytes - (before?.size ?? 0)));
    const stored =
      before !== undefined && missing.length === 0
        ? before.stored
        : Buffer.concat([before?.stored ?? missing.subarray(0, 0), missing]);
    const file = new MemoryFile(stored, this.#wait, this.#crc32);
    this.#files.set(path, file);
    return Promise.resolve(file);
  };

  remove(folder: string): void {
    for (const path of this.#files.keys())
      if (path.startsWith(`${folder}/`)) this.#files.delete(path);
  }

  /** Power fails. Of the writes under way those sectors arrive of which `arrives` says so. */
  crash(arrives: () => boolean): void {
    for (const file of this.#files.values()) file.crash(arrives);
  }

  /** The bytes of a file, to be damaged. */
  stored(path: string): Buffer {
    return this.#files.get(path)!.stored;
  }
}

class MemoryFile implements DurableFile {
  readonly stored: Buffer;
  readonly crc32: Crc32;
  readonly #wait: () => Promise<void>;
  #underWay: Write | undefined;
  #isDead = false;

  constructor(stored: Buffer, wait: () => Promise<void>, crc32: Crc32) {
    this.stored = stored;
    this.#wait = wait;
    this.crc32 = crc32;
  }

  get size(): number {
    return this.stored.length;
  }

  read(): Promise<Buffer> {
    return Promise.resolve(Buffer.from(this.stored));
  }

  async write(bytes: Uint8Array, at: number): Promise<void> {
    assert(this.#underWay === undefined, 'one write is under way at a time');
    assert(at + bytes.length <= this.size, 'a write stays within its file');
    this.#underWay = { bytes, at };
    await this.#wait();
    // A dead process's writes end nowhere.
    if (this.#isDead) return new Promise(() => {});
    this.#underWay = undefined;
    this.stored.set(bytes, at);
  }

  crash(arrives: () => boolean): void {
    this.#isDead = true;
    if (this.#underWay === undefined) return;
    const { bytes, at } = this.#underWay;
    for (let from = 0; from < bytes.length; from += SECTOR_BYTES)
      if (arrives()) this.stored.set(bytes.subarray(from, from + SECTOR_BYTES), at + from);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
