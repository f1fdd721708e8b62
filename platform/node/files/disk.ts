import { readdir, readFile } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import type { Disk } from '../../files/disk.ts';
import { openDurable } from './durable-file.ts';
import { makeFolder } from './make-folder.ts';
import { hasRocksdb } from './rocksdb-binding.ts';
import { promises, syncFolder } from './sync-folder.ts';

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

/** The machine's file system. */
export const realDisk: Disk = {
  async read(path) {
    try {
      return await promisify(readFile)(path);
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return undefined;
      throw error;
    }
  },
  async write(path, bytes, { mode = 0o600, durable = true } = {}) {
    const { open, rename } = await promises();
    const aside = `${path}.${process.pid}.tmp`;
    const file = await open(aside, 'w', mode).catch(async (error: unknown) => {
      if (!hasCode(error, 'ENOENT')) throw error;
      await this.makeFolder(dirname(path));
      return open(aside, 'w', mode);
    });
    try {
      await file.writeFile(bytes);
      if (durable) await file.sync();
    } finally {
      await file.close();
    }
    await rename(aside, path);
    if (durable) await syncFolder(dirname(path));
  },
  async remove(path) {
    const { rm } = await promises();
    await rm(path, { force: true, recursive: true });
  },
  async list(path) {
    try {
      return (await promisify(readdir)(path)).sort();
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return [];
      throw error;
    }
  },
  async makeFolder(path) {
    await makeFolder(path, 0o700);
  },
  openDurable,
  hasRocksdb,
};
