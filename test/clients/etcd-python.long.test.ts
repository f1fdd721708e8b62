/**
 * The Python package etcd3 against our store and a real etcd, in an environment of its own.
 * Skipped, and loudly, where Python is missing or the package cannot be had.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { contenders } from '../conformance/store/servers.ts';
import { run } from '../e2e/harness.ts';
import { pythonWith } from '../support/python.ts';

const folder = mkdtempSync(join(tmpdir(), 'wherry-etcd-python-'));
/** The package is of 2019: its locks need tenacity of then, its messages protobuf in Python. */
const python = pythonWith(folder, ['etcd3==0.12.0', 'tenacity<7', 'setuptools<81']);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(python === undefined).each(contenders)("Python's etcd3 on $name", ({ start }) => {
  it('reads, writes, watches, leases and locks', async () => {
    const server = await start();
    const script = join(import.meta.dirname, 'python', 'etcd_conformance.py');
    const env = { ENDPOINT: server.address, PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION: 'python' };
    const { stdout } = await run(python!, [script], { env, timeoutMs: 100_000 });
    await server.stop();
    const names = ['kv', 'txn', 'lease', 'watch', 'lock', 'status', 'refusals'];
    expect(stdout.trim().split('\n')).toEqual(names.map((name) => `ok ${name}`));
  }, 120_000);
});
