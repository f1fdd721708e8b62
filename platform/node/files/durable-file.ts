import { constants, write, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { FileHandle } from 'node:fs/promises';
import type { DurableFile } from '../../files/durable-file.ts';
import { promises, syncFolder } from './sync-folder.ts';

/** Written at a time while a file is filled up. */
const FILLING = Buffer.alloc(256 << 10);

/** Elsewhere O_DSYNC is missing or promises less. */
const available = process.platform === 'linux';

/** As `Disk` has it. */
export async function openDurable(path: string, bytes: number): Promise<DurableFile | undefined> {
  if (!available) return undefined;
  const { open } = await promises();
  if (bytes > 0) await fillUp(path, bytes);
  let handle: FileHandle;
  try {
    handle = await open(path, constants.O_RDWR | constants.O_DSYNC);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const { crc32 } = await import('node:zlib');
  return new NodeDurableFile(handle, (await handle.stat()).size, crc32);
}

/** With written zeros: of a block that is only reserved the file system notes the first write. */
async function fillUp(path: string, bytes: number): Promise<void> {
  const { open } = await promises();
  const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  try {
    const { size } = await file.stat();
    if (size >= bytes) return;
    for (let at = size; at < bytes;) {
      const { bytesWritten } = await file.write(
        FILLING,
        0,
        Math.min(FILLING.length, bytes - at),
        at,
      );
      at += bytesWritten;
    }
    await file.sync();
    if (size === 0) await syncFolder(dirname(path));
  } finally {
    await file.close();
  }
}

class NodeDurableFile implements DurableFile {
  readonly #handle: FileHandle;
  readonly size: number;
  readonly crc32: DurableFile['crc32'];

  constructor(handle: FileHandle, size: number, crc32: DurableFile['crc32']) {
    this.crc32 = crc32;
    this.#handle = handle;
    this.size = size;
  }

  async read(): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(this.size);
    for (let at = 0; at < bytes.length;) {
      const { bytesRead } = await this.#handle.read(bytes, at, bytes.length - at, at);
      if (bytesRead === 0) return bytes.subarray(0, at);
      at += bytesRead;
    }
    return bytes;
  }

  async write(bytes: Uint8Array, at: number, { mayBlock = false } = {}): Promise<void> {
    if (!mayBlock) return this.#write(bytes, at);
    for (let from = 0; from < bytes.length;)
      from += writeSync(this.#handle.fd, bytes, from, bytes.length - from, at + from);
  }

  #write(bytes: Uint8Array, at: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const rest = (from: number): void =>
        write(this.#handle.fd, bytes, from, bytes.length - from, at + from, (error, written) => {
          if (error) reject(error);
          else if (from + written < bytes.length) rest(from + written);
          else resolve();
        });
      rest(0);
    });
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
