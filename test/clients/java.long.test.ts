/**
 * The fabric8 client in Java, built by Maven. Skipped, and loudly, where these are missing or the
 * packages cannot be had.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run, temporaryFolder, TestCluster } from '../e2e/harness.ts';
import { mavenBuild } from '../support/maven.ts';

const folder = await temporaryFolder();
const checks = ['crud', 'patches', 'informs', 'applies', 'custom resources', 'elects', 'pods'];

const classPath = mavenBuild(join(import.meta.dirname, 'java'), join(folder.path, 'java'));

describe.skipIf(classPath === undefined)('the fabric8 client', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await TestCluster.up(join(folder.path, 'cluster'));
  }, 120_000);
  afterAll(async () => {
    await cluster.stop();
    await folder.remove();
  });

  it('creates, watches, applies, elects, executes and evicts', async () => {
    const args = ['-cp', classPath!, 'Fabric8'];
    const { stdout, stderr } = await run('java', args, { env: cluster.env, timeoutMs: 500_000 });
    const lines = [...checks, 'evicts'].map((name) => `ok ${name}`);
    expect(stdout.trim().split('\n'), stderr).toEqual(lines);
  }, 600_000);
});
