/**
 * An operator built on sigs.k8s.io/controller-runtime, with a custom resource, webhooks and leader
 * election, in plain envtest: `wherry assets` is all it is given. Skipped, and loudly, where
 * Go is missing or its modules cannot be had.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run, temporaryFolder, wherryMain } from '../e2e/harness.ts';

const BUILD_MS = 900_000;
const checks = ['start', 'defaulted', 'validated', 'reconciled', 'updated', 'elected', 'stop'];

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let program: string | undefined;

beforeAll(async () => {
  folder = await temporaryFolder();
  const path = join(folder.path, 'operator');
  const cwd = join(import.meta.dirname, 'go');
  try {
    const args = ['build', '-o', path, './operator'];
    execFileSync('go', args, { cwd, timeout: BUILD_MS, stdio: 'pipe' });
    program = path;
  } catch (error) {
    const why = (error as { stderr?: Buffer }).stderr?.toString().slice(0, 500) ?? String(error);
    console.warn(`SKIPPED: no Go operator was built, so envtest was not tried: ${why}`);
  }
}, BUILD_MS);
afterAll(() => folder.remove());

describe('a controller-runtime operator in envtest', () => {
  it('runs on ours, twice in a row', async (context) => {
    if (program === undefined) return context.skip();
    const assets = join(folder.path, 'assets');
    const made = await run(process.execPath, [wherryMain, 'assets', assets]);
    expect(made.code).toBe(0);
    const crds = join(import.meta.dirname, 'go', 'operator', 'crds');
    for (const _ of [1, 2]) {
      const { code, stdout } = await run(program, [crds], {
        env: { KUBEBUILDER_ASSETS: assets },
        timeoutMs: 120_000,
      });
      expect(stdout.trim().split('\n')).toEqual(checks.map((name) => `ok ${name}`));
      expect(code).toBe(0);
    }
  }, 300_000);
});
