import { UsageError } from '../usage-error.ts';
import type { FileEntry, Files } from '../session.ts';

/** The file system as `-f` sees it. */
export interface FileSystem {
  /** Undefined if there is nothing at the path. */
  kindOf(path: string): Promise<'file' | 'folder' | undefined>;
  /** Names in a folder, sorted. */
  list(path: string): Promise<readonly string[]>;
  read(path: string): Promise<string>;
  readBytes(path: string): Promise<Uint8Array>;
  /** Links are not followed. */
  entry(path: string): Promise<FileEntry>;
  readInput(): Promise<string>;
  /** The text at an http or https address; rejects with a UsageError if it cannot be had. */
  download(url: string): Promise<string>;
}

const isUrl = (path: string): boolean => /^https?:\/\//.test(path);

/** Endings that kubectl reads in a folder. */
const endings = ['.yaml', '.yml', '.json'];

export function manifestFiles(fileSystem: FileSystem): Files {
  const expandFolder = async (folder: string, deep: boolean): Promise<string[]> => {
    const found: string[] = [];
    for (const name of await fileSystem.list(folder)) {
      const path = `${folder.replace(/\/$/, '')}/${name}`;
      const kind = await fileSystem.kindOf(path);
      if (kind === 'folder' && deep) found.push(...(await expandFolder(path, deep)));
      if (kind === 'file' && endings.some((ending) => name.endsWith(ending))) found.push(path);
    }
    return found;
  };
  return {
    async expand(path, deep) {
      if (path === '-' || isUrl(path)) return [path];
      const kind = await fileSystem.kindOf(path);
      if (kind === undefined) {
        throw new UsageError(`the path ${JSON.stringify(path)} does not exist`);
      }
      if (kind === 'file') return [path];
      const files = await expandFolder(path, deep);
      if (files.length > 0) return files;
      throw new UsageError(
        `error reading [${path}]: recognized file extensions are [${endings.join(' ')}]`,
      );
    },
    read(path) {
      if (path === '-') return fileSystem.readInput();
      return isUrl(path) ? fileSystem.download(path) : fileSystem.read(path);
    },
    readBytes: (path) => fileSystem.readBytes(path),
    entry: (path) => fileSystem.entry(path),
    async list(path) {
      return (await fileSystem.kindOf(path)) === 'folder' ? fileSystem.list(path) : undefined;
    },
  };
}
