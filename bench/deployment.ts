import { join } from 'node:path';
import { deployments, pods } from '../api/resources.ts';
import { clientOf, folder, rows, runs, say } from './suite.ts';
import { startWherry } from './wherry.ts';

export async function benchDeployment(): Promise<void> {
  say('Deployment of 1,000 replicas on 50 nodes');
  const bound: number[] = [];
  for (let run = 0; run < runs; run++) {
    const cluster = await startWherry(join(folder, `deployment-${run}`), ['--nodes', '50']);
    const { client, close } = await clientOf(cluster);
    const labels = { app: 'many' };
    const container = { name: 'c', image: 'nginx', resources: { requests: { cpu: '10m' } } };
    const template = { metadata: { labels }, spec: { containers: [container] } };
    const started = performance.now();
    await client.create(deployments, {
      metadata: { name: 'many', namespace: 'default' },
      spec: { replicas: 1000, selector: { matchLabels: labels }, template },
    });
    for (;;) {
      const fieldSelector = 'spec.nodeName!=';
      const { items } = await client.list(pods, { namespace: 'default', fieldSelector });
      if (items.length === 1000) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    bound.push((performance.now() - started) / 1000);
    await close();
    await cluster.stop();
  }
  rows.push({
    work: 'Deployment of 1,000 on 50 nodes → all bound',
    unit: 's',
    ours: bound,
    goal: '≤ 1 s',
  });
}
