import { chmod, mkdir, realpath, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

export interface Launcher {
  /** Path of the program that runs now; the other one lies in the same package. */
  readonly beside: string;
  readonly which: 'wherry' | 'kubectl-lite';
  readonly args: readonly string[];
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** Writes a shell script that replaces itself by a program of this package, with this Node.js. */
export async function writeLauncher(path: string, launcher: Launcher): Promise<void> {
  const { beside, which, args } = launcher;
  const main = await realpath(beside);
  const script = which === 'wherry' ? main : join(dirname(main), '..', which, 'main.js');
  const words = [process.execPath, resolve(script), ...args].map(quoted).join(' ');
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\nexec ${words} "$@"\n`);
  await chmod(path, 0o755);
}
