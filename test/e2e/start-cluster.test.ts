import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { configMaps, deployments, nodes, replicaSets } from '../../api/resources.ts';
import { connectionOf, loadKubeconfig } from '../../client/kubeconfig-connection.ts';
import { createClient } from '../../client/rest.ts';
import { startCluster } from '../../index.ts';
import { realClock } from '../../platform/node/clock.ts';
import { realDisk } from '../../platform/node/files/disk.ts';
import { connectHttp } from '../../platform/node/net/http-client.ts';

it('starts clusters side by side that know nothing of each other, and stops them', async () => {
  const [one, two] = await Promise.all([startCluster({ nodes: 1 }), startCluster({ nodes: 2 })]);
  try {
    expect(one.server).not.toBe(two.server);
    await one.client.create(configMaps, { metadata: { name: 'mine', namespace: 'default' } });
    const found = await two.client.list(configMaps, { fieldSelector: 'metadata.name=mine' });
    expect(found.items).toEqual([]);
    expect((await one.client.list(nodes)).items).toHaveLength(1);
    expect((await two.client.list(nodes)).items).toHaveLength(2);
    expect(one.kubeconfig).toContain(one.server);
  } finally {
    await Promise.all([one.stop(), two.stop()]);
  }
});

it('leaves out what somebody else runs, and lets them in', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'wherry-without-'));
  const without = ['controllers', 'scheduler'] as const;
  const cluster = await startCluster({ dataDir, nodes: 1, without });
  try {
    const metadata = { name: 'web', namespace: 'default' };
    const template = {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'main', image: 'x' }] },
    };
    const spec = { selector: { matchLabels: { app: 'web' } }, template };
    await cluster.client.create(deployments, { metadata, spec });
    const config = await loadKubeconfig(realDisk, [join(dataDir, 'kubeconfigs', 'controllers')]);
    const connection = connectHttp(await connectionOf(realDisk, config));
    const { handler } = connection;
    const client = createClient({ handler, userAgent: 'test', clock: realClock });
    // Whoever comes may do what Kubernetes lets its controllers do, and finds everything undone.
    expect((await client.list(replicaSets)).items).toEqual([]);
    const [web] = (await client.list(deployments)).items;
    const status = { ...web!.status, observedGeneration: 1 };
    await client.update(deployments, { ...web!, status }, { subresource: 'status' });
    expect((await client.list(replicaSets)).items).toEqual([]);
    await connection.close();
  } finally {
    await cluster.stop();
    await rm(dataDir, { recursive: true });
  }
});
