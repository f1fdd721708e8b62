import { createReadStream, createWriteStream } from 'node:fs';
import { lstat, readdir, readFile, readlink, stat } from 'node:fs';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { makeFolder } from './make-folder.ts';

/** Files that users name on a command line. */
export const realFileSystem = {
  async kindOf(path: string): Promise<'file' | 'folder' | undefined> {
    try {
      return (await promisify(stat)(path)).isDirectory() ? 'folder' : 'file';
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
  },
  /** What stands at a path itself: links are not followed. */
  async entry(path: string) {
    const found = await promisify(lstat)(path);
    const isLink = found.isSymbolicLink();
    return {
      kind: found.isDirectory()
        ? ('folder' as const)
        : isLink
          ? ('link' as const)
          : ('file' as const),
      mode: found.mode & 0o7777,
      uid: found.uid,
      gid: found.gid,
      modifiedMs: found.mtimeMs,
      target: isLink ? await promisify(readlink)(path) : '',
      bytes: found.isFile() ? found.size : 0,
    };
  },
  list: async (path: string): Promise<readonly string[]> => (await promisify(readdir)(path)).sort(),
  read: (path: string): Promise<string> => promisify(readFile)(path, 'utf8'),
  readBytes: (path: string): Promise<Uint8Array> => promisify(readFile)(path),
  makeFolder: (path: string): Promise<void> => makeFolder(path),
  /** The first so many bytes. */
  readPieces: (path: string, bytes: number): AsyncIterable<Uint8Array> =>
    bytes === 0 ? Readable.from([]) : createReadStream(path, { end: bytes - 1 }),
  /** In place, through links and into devices, as a shell's `>` does. */
  async overwrite(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
    await makeFolder(dirname(path));
    await pipeline(pieces, createWriteStream(path));
  },
};
