/**
 * etcd's own client in Go, with its concurrency package, against our store and a real etcd.
 * Skipped, and loudly, where Go is missing or its modules cannot be had.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { contenders } from '../conformance/store/servers.ts';
import { run } from '../e2e/harness.ts';

const folder = mkdtempSync(join(tmpdir(), 'wherry-etcd-go-'));
const program = join(folder, 'etcd-go');
const BUILD_MS = 600_000;

/** False where it cannot be built. */
function built(): boolean {
  const cwd = join(import.meta.dirname, 'etcd-go');
  try {
    execFileSync('go', ['build', '-o', program, '.'], { cwd, timeout: BUILD_MS, stdio: 'pipe' });
    return true;
  } catch (error) {
    const why = (error as { stderr?: Buffer }).stderr?.toString().slice(0, 500) ?? String(error);
    console.warn(`SKIPPED: etcd's Go client was not built, so nothing was tried with it: ${why}`);
    return false;
  }
}

const runs = built();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const checks =
  'kv txn errors lease watch watchCompacted watchProgress watchFragments mutex election stm ' +
  'session namespace leasing mirror maintenance cluster auth';

describe.skipIf(!runs).each(contenders)("etcd's Go client on $name", ({ start }) => {
  it('reads, writes, watches, leases, locks, elects and administers', async () => {
    const server = await start();
    const env = { ENDPOINTS: server.address };
    const { stdout } = await run(program, [], { env, timeoutMs: 150_000 });
    await server.stop();
    expect(stdout.trim().split('\n')).toEqual(checks.split(' ').map((name) => `ok ${name}`));
  }, 180_000);
});
