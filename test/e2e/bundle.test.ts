/** What only the bundle can get wrong: other tests run the sources. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { succeed, temporaryFolder, TestCluster, wherryMain } from './harness.ts';

it('answers metrics, and hashes passwords in a worker', async () => {
  const folder = await temporaryFolder();
  const cluster = await TestCluster.up(folder.path, ['--nodes', '0']);
  try {
    const state = JSON.parse(readFileSync(join(folder.path, 'run.json'), 'utf8')) as {
      components: { name: string; address: string }[];
    };
    const { address } = state.components.find(({ name }) => name === 'store')!;
    const metrics = await (await fetch(`${address}/metrics`)).text();
    expect(metrics).toContain('etcd_server_has_leader 1');
    const etcdctl = ['etcdctl', '--endpoints', new URL(address).host];
    const added = await succeed(process.execPath, [wherryMain, ...etcdctl, 'user', 'add', 'u:pw']);
    expect(added).toBe('User u created\n');
  } finally {
    await cluster.stop();
    await folder.remove();
  }
});
