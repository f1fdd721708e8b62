import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProgramEnd, Programs } from '../programs.ts';

/** What a captured program may print: a credential or a diff is far smaller. */
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

export const realPrograms: Programs = {
  run: ({ program, args, env, output, input = 'shared', signal }) =>
    new Promise<ProgramEnd>((resolve, reject) => {
      const child = spawn(program, [...args], {
        env: { ...process.env, ...env },
        stdio: [
          input === 'shared' ? 'inherit' : 'ignore',
          output === 'shared' ? 'inherit' : 'pipe',
          'inherit',
        ],
        signal,
      });
      const chunks: Buffer[] = [];
      let bytes = 0;
      child.stdout?.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MAX_OUTPUT_BYTES) child.kill('SIGKILL');
        else chunks.push(chunk);
      });
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, out: Buffer.concat(chunks).toString() }));
    }),
  async files(folder) {
    const names = (await readdir(folder)).sort();
    return names.map((name) => ({ name, runs: mayRun(join(folder, name)) }));
  },
};

function mayRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
