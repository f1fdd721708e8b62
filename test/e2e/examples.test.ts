import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readdirSync } from 'node:fs';
import { run, temporaryFolder, TestCluster, tool } from './harness.ts';

/** What each script needs beside a cluster. A new script must be added here: the last test says so. */
const scripts: Record<string, { needs?: string }> = {
  '1-reconciliation.sh': {},
  '2-restart-tour.sh': {},
  '3-watch-the-registry.sh': { needs: 'etcdctl' },
  '4-own-scheduler-plugin.sh': {},
  '5-real-processes.sh': {},
};

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let cluster: TestCluster;

beforeAll(async () => {
  folder = await temporaryFolder();
  cluster = await TestCluster.up(`${folder.path}/data`);
});
afterAll(async () => {
  await cluster.stop();
  await folder.remove();
});

describe('examples', () => {
  it.each(Object.entries(scripts))(
    '%s runs',
    async (name, { needs }) => {
      if (needs !== undefined && tool(needs) === undefined) return;
      const store = cluster.component('store').address!.replace('http://', '');
      const { code, stdout, stderr } = await run('bash', [`examples/${name}`], {
        env: { ...cluster.env, ETCDCTL_ENDPOINTS: store },
        timeoutMs: 150_000,
      });
      expect(`${stdout}${code === 0 ? '' : stderr}`).toContain('\n$ ');
      expect([code, stderr.slice(-2000)]).toEqual([0, expect.anything()]);
    },
    180_000,
  );

  it('are all run', () => {
    const there = readdirSync('examples').filter((name) => /^\d.*\.sh$/.test(name));
    expect(there.sort()).toEqual(Object.keys(scripts).sort());
  });
});
