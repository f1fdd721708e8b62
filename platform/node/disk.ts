import { mkdir, open, readFile, readdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Disk } from '../disk.ts';

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** The machine's file system. */
export const realDisk: Disk = {
  async read(path) {
    try {
      return await readFile(path);
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return undefined;
      throw error;
    }
  },
  async write(path, bytes, mode = 0o600) {
    await this.makeFolder(dirname(path));
    const aside = `${path}.${process.pid}.tmp`;
    const file = await open(aside, 'w', mode);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(aside, path);
    await syncFolder(dirname(path));
  },
  remove: (path) => rm(path, { force: true, recursive: true }),
  async list(path) {
    try {
      return (await readdir(path)).sort();
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return [];
      throw error;
    }
  },
  async makeFolder(path) {
    await mkdir(path, { recursive: true, mode: 0o700 });
  },
};
