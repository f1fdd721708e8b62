import { readdir, readFile, stat } from 'node:fs';
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
  list: async (path: string): Promise<readonly string[]> => (await promisify(readdir)(path)).sort(),
  read: (path: string): Promise<string> => promisify(readFile)(path, 'utf8'),
  readBytes: (path: string): Promise<Uint8Array> => promisify(readFile)(path),
};
