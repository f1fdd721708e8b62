import { mkdir, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Within one file system; parents of the target are made. False if there is nothing to move. */
export async function moveFolder(from: string, to: string): Promise<boolean> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
