/**
 * The fabric8 client in Java, built by Maven. Skipped, and loudly, where these are missing or the
 * packages cannot be had.
 */
import { execFileSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run, temporaryFolder, TestCluster } from '../e2e/harness.ts';

const BUILD_MS = 600_000;
const folder = await temporaryFolder();
const project = join(folder.path, 'java');
const checks = ['crud', 'patches', 'informs', 'applies', 'custom resources', 'elects', 'pods'];

/** False where it cannot be built. */
function built(): boolean {
  cpSync(join(import.meta.dirname, 'java'), project, { recursive: true });
  const goals = ['compile', 'dependency:copy-dependencies'];
  try {
    const options = { cwd: project, timeout: BUILD_MS, stdio: 'pipe' } as const;
    execFileSync('mvn', ['-B', '-q', '-ntp', ...goals], options);
    return true;
  } catch (error) {
    const why = (error as { stdout?: Buffer }).stdout?.toString().slice(0, 500) ?? String(error);
    console.warn(`SKIPPED: no Java client was built, so nothing here was tried with it: ${why}`);
    return false;
  }
}

const runs = built();

describe.skipIf(!runs)('the fabric8 client', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await TestCluster.up(join(folder.path, 'cluster'));
  }, 120_000);
  afterAll(async () => {
    await cluster.stop();
    await folder.remove();
  });

  it('creates, watches, applies, elects, executes and evicts', async () => {
    const path = ['classes', 'dependency/*'].map((each) => join(project, 'target', each));
    const args = ['-cp', path.join(':'), 'Fabric8'];
    const { stdout, stderr } = await run('java', args, { env: cluster.env, timeoutMs: 500_000 });
    const lines = [...checks, 'evicts'].map((name) => `ok ${name}`);
    expect(stdout.trim().split('\n'), stderr).toEqual(lines);
  }, 600_000);
});
