import { open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';

export interface AppendedFile {
  write(text: string): Promise<void>;
  close(): Promise<void>;
}

/** When a file that is appended to is put aside, and how long it is kept then; 0: for ever. */
export interface Rotation {
  readonly maxBytes: number;
  readonly maxBackups: number;
  readonly maxAgeMs: number;
}

const NEVER: Rotation = { maxBytes: 0, maxBackups: 0, maxAgeMs: 0 };

/** Appends to a file, which is made if it is missing; only its owner may read it. */
export async function appendFile(path: string, rotation = NEVER): Promise<AppendedFile> {
  const opened = async () => {
    const file = await open(path, 'a', 0o600);
    return { file, size: (await file.stat()).size };
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
      await current.file.appendFile(text);
      current.size += bytes;
    },
    close: async () => current?.file.close(),
  };
}

/** Unless somebody else has done so: another program that rotates logs, a person. */
async function putAside(path: string): Promise<void> {
  try {
    await rename(path, backupOf(path, new Date()));
  } catch (error) {
    if ((error as { code?: string }).code !== 'ENOENT') throw error;
  }
}

/** "audit.log" → "audit-2026-01-02T03-04-05.678.log", as kube-apiserver names them. */
function backupOf(path: string, at: Date): string {
  const ending = extname(path);
  const time = at.toISOString().replaceAll(':', '-').replace('Z', '');
  return join(dirname(path), `${basename(path, ending)}-${time}${ending}`);
}

async function removeOld(path: string, { maxBackups, maxAgeMs }: Rotation): Promise<void> {
  const ending = extname(path);
  const prefix = `${basename(path, ending)}-`;
  const time = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}$/;
  const names = await readdir(dirname(path));
  const backups = names
    .filter((name) => name.startsWith(prefix) && name.endsWith(ending))
    .filter((name) => time.test(name.slice(prefix.length, name.length - ending.length)))
    .sort()
    .reverse();
  for (const [i, name] of backups.entries()) {
    const backup = join(dirname(path), name);
    const tooMany = maxBackups > 0 && i >= maxBackups;
    const ageMs = Date.now() - (await stat(backup)).mtimeMs;
    if (tooMany || (maxAgeMs > 0 && ageMs > maxAgeMs)) await unlink(backup);
  }
}

/** The process's standard output, which stays open. */
export const standardOutput = {
  write: (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
    }),
  close: (): Promise<void> => Promise.resolve(),
};
