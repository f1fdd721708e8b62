/**
 * jetcd, the Java client, against our store and a real etcd. Skipped, and loudly, where Maven, Java
 * or the packages cannot be had.
 */
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { contenders } from '../conformance/store/servers.ts';
import { run, temporaryFolder } from '../e2e/harness.ts';
import { mavenBuild } from '../support/maven.ts';

const folder = await temporaryFolder();
const classPath = mavenBuild(join(import.meta.dirname, 'etcd-java'), join(folder.path, 'java'));
afterAll(() => folder.remove());

const checks =
  'kv txn lease watch compacted lock election namespace maintenance cluster auth'.split(' ');

describe.skipIf(classPath === undefined).each(contenders)('jetcd on $name', ({ start }) => {
  it('reads, writes, watches, leases, locks, elects and administers', async () => {
    const server = await start();
    const env = { ENDPOINT: server.address };
    const args = ['-cp', classPath!, 'Jetcd'];
    const { stdout, stderr } = await run('java', args, { env, timeoutMs: 300_000 });
    await server.stop();
    expect(stdout.trim().split('\n'), stderr).toEqual(checks.map((name) => `ok ${name}`));
  }, 320_000);
});
