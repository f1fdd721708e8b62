/**
 * Kubernetes' client in Python, in an environment of its own. Skipped, and loudly, where Python is
 * missing or the package cannot be had.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pythonWith } from '../support/python.ts';
import { type SecureApi, startSecureApi } from '../support/secure-api.ts';

const folder = mkdtempSync(join(tmpdir(), 'wherry-python-'));
const python = pythonWith(folder, ['kubernetes==37.0.2']);

describe.skipIf(python === undefined)('the Python client', () => {
  let api: SecureApi;
  beforeAll(async () => {
    api = await startSecureApi();
  });
  afterAll(async () => {
    await api.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('creates, reads, lists, watches and applies', async () => {
    const script = join(import.meta.dirname, 'python', 'conformance.py');
    const env = { ...process.env, KUBECONFIG: api.kubeconfig };
    const said = (await promisify(execFile)(python!, [script], { env }).catch(
      (error: unknown) => error,
    )) as { stdout: string };
    const names = ['namespace', 'crud', 'watches', 'applies'];
    expect(said.stdout.trim().split('\n')).toEqual(names.map((name) => `ok ${name}`));
  }, 120_000);
});
