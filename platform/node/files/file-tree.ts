import {
  chmod,
  type FileHandle,
  lstat,
  open,
  opendir,
  rename,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import type { FileTree } from '../../files/file-tree.ts';
import { makeFolder } from './make-folder.ts';

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';

export const realFileTree: FileTree = {
  async kindOf(path) {
    try {
      const found = await stat(path);
      return found.isDirectory() ? 'folder' : found.isFile() ? 'file' : 'other';
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  },
  async makeFolder(path, mode) {
    await makeFolder(path);
    if (mode !== undefined) await chmod(path, mode);
  },
  async write(path, bytes, mode) {
    await writeFile(path, bytes, { mode });
    // What the umask took away.
    await chmod(path, mode);
  },
  async link(path, target) {
    const aside = `${path}.wherry-link`;
    await symlink(target, aside);
    await rename(aside, path);
  },
  rename,
  async append(path) {
    const file = await open(path, 'a', 0o600);
    let { size: bytes } = await file.stat();
    return {
      get bytes() {
        return bytes;
      },
      async write(added) {
        bytes += added.length;
        await file.writeFile(added);
      },
      close: () => file.close(),
    };
  },
  bytesBelow,
  async read(path, from, length) {
    let file: FileHandle;
    try {
      file = await open(path, 'r');
    } catch (error) {
      if (isMissing(error)) return new Uint8Array();
      throw error;
    }
    try {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, from);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  },
};

/** Of a block as stat(2) counts them, whatever the file system's are. */
const BLOCK_BYTES = 512;

async function bytesBelow(path: string): Promise<number> {
  let bytes = 0;
  const folders = [path];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const entries = await opendir(folder).catch(() => undefined);
    // Closes the folder, whether it ends or fails.
    for await (const entry of entries ?? []) {
      const at = join(folder, entry.name);
      bytes += ((await lstat(at).catch(() => undefined))?.blocks ?? 0) * BLOCK_BYTES;
      if (entry.isDirectory()) folders.push(at);
    }
  }
  return bytes;
}
