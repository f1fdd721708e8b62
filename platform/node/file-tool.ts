import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

interface Job {
  readonly command: string;
  readonly args: readonly string[];
  /** Relative paths and what the files hold. */
  readonly files: Readonly<Record<string, string>>;
  /** The program gets the terminal; otherwise what it says is collected. */
  readonly attached: boolean;
}

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** What the files hold afterwards. */
  readonly files: Record<string, string>;
}

/** Runs a program on files of a temporary folder, which is removed in any case. */
export async function runFileTool(job: Job): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), 'kubectl-lite-'));
  try {
    for (const [path, text] of Object.entries(job.files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text, { mode: 0o600 });
    }
    const said = await runIn(folder, job);
    const files: Record<string, string> = {};
    for (const path of Object.keys(job.files))
      files[path] = await readFile(join(folder, path), 'utf8');
    return { ...said, files };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function runIn(cwd: string, job: Job): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(job.command, job.args, {
      cwd,
      stdio: job.attached ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => err.push(chunk));
    child.once('error', reject);
    child.once('close', (code) =>
      resolve({
        code: code ?? 1,
        out: Buffer.concat(out).toString(),
        err: Buffer.concat(err).toString(),
      }),
    );
  });
}
