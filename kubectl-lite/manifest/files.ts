import { UsageError } from '../usage-error.ts';
import type { FileEntry } from '../../platform/bytes/tar.ts';
import type { Files } from '../session.ts';

/** The file system as `-f` sees it. */
export interface FileSystem {
  /** Undefined if there is nothing at the path. */
  kindOf(path: string): Promise<'file' | 'folder' | undefined>;
  /** Names in a folder, sorted. */
  list(path: string): Promise<readonly string[]>;
  read(path: string): Promise<string>;
  readBytes(path: string): Promise<Uint8Array>;
  readPieces(path: string, bytes: number): AsyncIterable<Uint8Array>;
  overwrite(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void>;
  makeFolder(path: string): Promise<void>;
  /** Links are not followed. */
  entry(path: string): Promise<FileEntry>;
  readInput(): Promise<string>;
  /** The text at an http or https address; rejects with a UsageError if it cannot be had. */
  download(url: string): Promise<string>;
}

const isUrl = (path: string): boolean => /^https?:\/\//.test(path);

/** Endings that kubectl reads in a folder. */
const endings = ['.json', '.yaml', '.yml'];

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
  const filesOf = async (path: string, deep: boolean): Promise<readonly string[]> => {
    if ((await fileSystem.kindOf(path)) === 'file') return [path];
    const files = await expandFolder(path, deep);
    if (files.length > 0) return files;
    throw new UsageError(
      `error reading [${path}]: recognized file extensions are [${endings.join(' ')}]`,
    );
  };
  return {
    async expand(path, deep) {
      if (path === '-' || isUrl(path)) return [path];
      if ((await fileSystem.kindOf(path)) !== undefined) return filesOf(path, deep);
      const found = await matching(fileSystem, path);
      if (found.length === 0) {
        throw new UsageError(`the path ${JSON.stringify(path)} does not exist`);
      }
      return (await Promise.all(found.map((one) => filesOf(one, deep)))).flat();
    },
    read(path) {
      if (path === '-') return fileSystem.readInput();
      return isUrl(path) ? fileSystem.download(path) : fileSystem.read(path);
    },
    readBytes: (path) => fileSystem.readBytes(path),
    entry: (path) => fileSystem.entry(path),
    readPieces: (path, bytes) => fileSystem.readPieces(path, bytes),
    overwrite: (path, pieces) => fileSystem.overwrite(path, pieces),
    makeFolder: (path) => fileSystem.makeFolder(path),
    async list(path) {
      return (await fileSystem.kindOf(path)) === 'folder' ? fileSystem.list(path) : undefined;
    },
  };
}

/** What a pattern that the shell left alone means: `*`, `?` and `[a-z]` within names. */
async function matching(fileSystem: FileSystem, pattern: string): Promise<readonly string[]> {
  let paths = [pattern.startsWith('/') ? '/' : ''];
  for (const part of pattern.split('/').filter((one) => one !== '')) {
    if (!/[*?[]/.test(part)) {
      paths = paths.map((path) => `${path}${part}/`);
      continue;
    }
    const name = new RegExp(
      `^${part
        .replaceAll(/[.+^${}()|\\]/g, '\\$&')
        .replaceAll('*', '.*')
        .replaceAll('?', '.')}$`,
    );
    const inside = await Promise.all(
      paths.map(async (path) => {
        if ((await fileSystem.kindOf(path || '.')) !== 'folder') return [];
        const names = (await fileSystem.list(path || '.')).filter((one) => name.test(one));
        return names.map((one) => `${path}${one}/`);
      }),
    );
    paths = inside.flat();
  }
  const found = paths.map((path) => path.slice(0, -1));
  const kinds = await Promise.all(found.map((path) => fileSystem.kindOf(path)));
  return found.filter((_, i) => kinds[i] !== undefined);
}
