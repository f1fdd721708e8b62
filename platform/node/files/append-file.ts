import { open, readdir, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { backupOf, backupsOf, type Retention } from './log-backups.ts';

export interface AppendedFile {
  write(text: string): Promise<void>;
  close(): Promise<void>;
}

/** When a file that is appended to is put aside, and how long it is kept then; 0: for ever. */
export interface Rotation extends Retention {
  readonly maxBytes: number;
}

const NEVER: Rotation = { maxBytes: 0, maxBackups: 0, maxAgeMs: 0 };

/** Appends to a file, which is made if it is missing; only its owner may read it. */
export async function appendFile(path: string, rotation = NEVER): Promise<AppendedFile> {
  const opened = async () => {
    const file = await open(path, 'a', 0o600);
    return { file, size: (await file.stat()).size, isCut: false };
  };
  // Undefined after what failed on the way to the next file: the next write opens it.
  let current: Awaited<ReturnType<typeof opened>> | undefined = await opened();
  return {
    async write(text) {
      const bytes = Buffer.byteLength(text);
      current ??= await opened();
      const { file, size } = current;
      if (rotation.maxBytes > 0 && size > 0 && size + bytes > rotation.maxBytes) {
        current = undefined;
        await file.close();
        await putAside(path);
        current = await opened();
        await removeOld(path, rotation);
      }
      const { file: open, size: before } = current;
      try {
        await open.appendFile(current.isCut ? `\n${text}` : text);
        current.size += bytes;
        current.isCut = false;
      } catch (error) {
        // A full disk takes part of a line: the next starts anew, so that only that one is lost.
        current.size = (await open.stat()).size;
        current.isCut ||= current.size > before;
        throw error;
      }
    },
    close: async () => current?.file.close(),
  };
}

/** Unless somebody else has done so: another program that rotates logs, a person. */
async function putAside(path: string): Promise<void> {
  try {
    await rename(path, backupOf(path, Date.now()));
  } catch (error) {
    if ((error as { code?: string }).code !== 'ENOENT') throw error;
  }
}

async function removeOld(path: string, rotation: Rotation): Promise<void> {
  const { expired } = backupsOf(path, await readdir(dirname(path)), rotation);
  for (const backup of expired) await unlink(backup);
}

/** The process's standard output, which stays open. */
export const standardOutput = {
  write: (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
    }),
  close: (): Promise<void> => Promise.resolve(),
};
