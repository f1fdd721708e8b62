import { dirname, resolve } from 'node:path';

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined;

/**
 * `mkdir -p`. The `recursive` of Node.js tries for ever where nothing can be made in a folder that
 * is there and whose system says ENOENT, as in /proc.
 */
export async function makeFolder(path: string, mode = 0o777): Promise<void> {
  const { mkdir, stat } = await import('node:fs/promises');
  const make = async (at: string): Promise<void> => {
    try {
      await mkdir(at, { mode });
    } catch (error) {
      if (codeOf(error) !== 'EEXIST' || !(await stat(at)).isDirectory()) throw error;
    }
  };
  const missing: string[] = [];
  for (let at = resolve(path); ; at = dirname(at)) {
    try {
      await make(at);
      break;
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' || at === dirname(at)) throw error;
      missing.unshift(at);
    }
  }
  for (const at of missing) await make(at);
}
