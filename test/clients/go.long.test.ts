/**
 * Kubernetes' own client in Go, as a program of its own. Skipped, and loudly, where Go is missing
 * or its modules cannot be had.
 */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SecureApi, startSecureApi } from '../support/secure-api.ts';

const folder = mkdtempSync(join(tmpdir(), 'wherry-go-'));
const program = join(folder, 'conformance');
const BUILD_MS = 600_000;

/** False where it cannot be built. */
function built(): boolean {
  const cwd = join(import.meta.dirname, 'go');
  try {
    execFileSync('go', ['build', '-o', program, '.'], { cwd, timeout: BUILD_MS, stdio: 'pipe' });
    return true;
  } catch (error) {
    const why = (error as { stderr?: Buffer }).stderr?.toString().slice(0, 500) ?? String(error);
    console.warn(`SKIPPED: no Go client was built, so nothing here was tried with it: ${why}`);
    return false;
  }
}

const runs = built();

describe.skipIf(!runs)('client-go', () => {
  let api: SecureApi;
  beforeAll(async () => {
    api = await startSecureApi();
  });
  afterAll(async () => {
    await api.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function lines(checks: readonly string[], streams: boolean): Promise<string[]> {
    const env = {
      ...process.env,
      KUBECONFIG: api.kubeconfig,
      KUBE_FEATURE_WatchListClient: String(streams),
    };
    const said = (await promisify(execFile)(program, [...checks], { env }).catch(
      (error: unknown) => error,
    )) as { stdout: string };
    return said.stdout.trim().split('\n');
  }

  it('creates, reads, lists, watches, applies, scales and elects', async () => {
    const names = ['namespace', 'crud', 'populated', 'lists', 'watch', 'metadata', 'informer'];
    const more = ['apply', 'scale', 'election', 'errors'];
    const all = [...names, ...more];
    expect(await lines(all, false)).toEqual(all.map((name) => `ok ${name}`));
  }, 120_000);

  it('keeps informers whose first state is streamed', async () => {
    const checks = ['informer', 'streamed'];
    expect(await lines(checks, true)).toEqual(checks.map((name) => `ok ${name}`));
  }, 60_000);
});
