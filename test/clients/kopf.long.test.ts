/**
 * An operator in Python with kopf: handlers, timers, daemons, webhooks of admission. Skipped, and
 * loudly, where Python is missing or the package cannot be had.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run, temporaryFolder, TestCluster } from '../e2e/harness.ts';
import { newCa, serverCertificate } from '../support/https-server.ts';
import { pythonWith } from '../support/python.ts';

const folder = await temporaryFolder();
const python = pythonWith(join(folder.path, 'python'), ['kopf==1.45.2', 'kubernetes==37.0.2']);
const checks = ['validates', 'defaults', 'creates', 'updates', 'timers and daemons'];

describe.skipIf(python === undefined)('an operator with kopf', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await TestCluster.up(join(folder.path, 'cluster'));
  }, 120_000);
  afterAll(async () => {
    await cluster.stop();
    await folder.remove();
  });

  it('does what its handlers say, and goes on when it was killed', async () => {
    const ca = newCa();
    const { certificate, privateKey } = serverCertificate(ca);
    const files = { HOOK_CERTIFICATE: 'hook.crt', HOOK_KEY: 'hook.key' };
    const paths = Object.fromEntries(
      Object.entries(files).map(([name, file]) => [name, join(folder.path, file)]),
    );
    writeFileSync(paths['HOOK_CERTIFICATE']!, `${certificate}${ca.certificate}`);
    writeFileSync(paths['HOOK_KEY']!, privateKey);
    const script = join(import.meta.dirname, 'python', 'kopf_operator.py');
    const env = { ...cluster.env, ...paths };
    const { stdout, stderr } = await run(python!, [script], { env, timeoutMs: 500_000 });
    const lines = [...checks, 'resumes', 'deletes'].map((name) => `ok ${name}`);
    expect(stdout.trim().split('\n'), stderr).toEqual(lines);
  }, 600_000);
});
