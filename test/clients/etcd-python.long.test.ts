/**
 * The Python package etcd3 against our store and a real etcd, in an environment of its own.
 * Skipped, and loudly, where Python is missing or the package cannot be had.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { contenders } from '../conformance/store/servers.ts';
import { run } from '../e2e/harness.ts';

const folder = mkdtempSync(join(tmpdir(), 'wherry-etcd-python-'));
const python = join(folder, 'bin', 'python');
const INSTALL_MS = 300_000;
/** The package is of 2019: its locks need tenacity of then, its messages protobuf in Python. */
const packages = ['etcd3==0.12.0', 'tenacity<7', 'setuptools<81'];

/** False where the package is not to be had. */
function installed(): boolean {
  const options = { timeout: INSTALL_MS, stdio: 'pipe' } as const;
  try {
    execFileSync('python3', ['-m', 'venv', folder], options);
    execFileSync(python, ['-m', 'pip', 'install', '-q', ...packages], options);
    return true;
  } catch (error) {
    const why = (error as { stderr?: Buffer }).stderr?.toString().slice(0, 500) ?? String(error);
    console.warn(`SKIPPED: no etcd3 for Python, so nothing was tried with it: ${why}`);
    return false;
  }
}

const runs = installed();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!runs).each(contenders)("Python's etcd3 on $name", ({ start }) => {
  it('reads, writes, watches, leases and locks', async () => {
    const server = await start();
    const script = join(import.meta.dirname, 'python', 'etcd_conformance.py');
    const env = { ENDPOINT: server.address, PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION: 'python' };
    const { stdout } = await run(python, [script], { env, timeoutMs: 100_000 });
    await server.stop();
    const names = ['kv', 'txn', 'lease', 'watch', 'lock', 'status', 'refusals'];
    expect(stdout.trim().split('\n')).toEqual(names.map((name) => `ok ${name}`));
  }, 120_000);
});
