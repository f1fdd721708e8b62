import { lstat, readdir, readFile, readlink, stat } from 'node:fs';
import { promisify } from 'node:util';

/** Plain reads of files that users name on a command line. */
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
    };
  },
  list: async (path: string): Promise<readonly string[]> => (await promisify(readdir)(path)).sort(),
  read: (path: string): Promise<string> => promisify(readFile)(path, 'utf8'),
  readBytes: (path: string): Promise<Uint8Array> => promisify(readFile)(path),
};
