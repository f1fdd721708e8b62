import { deployments } from '../../api/resources.ts';
import { runs, say } from '../suite.ts';
import {
  allBound,
  deploy,
  namespace,
  rowsOf,
  settled,
  template,
  timed,
  until,
  withCluster,
} from './workloads.ts';

/** A Deployment of 1,000 from nothing, then all its pods replaced by another version. */
export async function benchThousand(): Promise<void> {
  const bound: Awaited<ReturnType<typeof timed>>[] = [];
  const running: typeof bound = [];
  const rolled: typeof bound = [];
  for (let run = 0; run < runs; run++) {
    say(`Deployment of 1,000 on 50 nodes, run ${run + 1}`);
    await withCluster(`deployment-${run}`, 50, async (bench) => {
      const { client } = bench;
      const all = await timed(bench, async () => {
        const binding = await timed(bench, async () => {
          await deploy(client, 'many', 1000);
          const made = async (): Promise<boolean> =>
            (await client.get(deployments, { namespace, name: 'many' })).status?.replicas === 1000;
          await until(made);
          await until(() => allBound(client));
        });
        bound.push(binding);
        await until(() => settled(client, 'many'));
      });
      running.push(all);
      const rolling = await timed(bench, async () => {
        const body = { spec: { template: template('many', '2') } };
        const patch = { type: 'application/merge-patch+json', body } as const;
        await client.patch(deployments, { namespace, name: 'many' }, patch);
        await until(() => settled(client, 'many'));
      });
      rolled.push(rolling);
    });
  }
  rowsOf('Deployment of 1,000 on 50 nodes → all bound', bound, '≤ 1 s');
  rowsOf('Deployment of 1,000 on 50 nodes → all ready', running, '≤ 2 s');
  rowsOf('rolling update of that Deployment, surge and unavailable 25 %', rolled);
}

export async function benchTenThousand(): Promise<void> {
  say('Deployment of 10,000 on 100 nodes');
  await withCluster('deployment-10000', 100, async (bench) => {
    const took = await timed(bench, async () => {
      await deploy(bench.client, 'many', 10_000);
      await until(() => settled(bench.client, 'many'), 100);
    });
    rowsOf('Deployment of 10,000 on 100 nodes → all ready', [took]);
  });
}

export async function benchManyDeployments(): Promise<void> {
  say('1,000 Deployments');
  await withCluster('deployments', 50, async (bench) => {
    const { client } = bench;
    const names = Array.from({ length: 1000 }, (_, n) => `d-${n}`);
    const took = await timed(bench, async () => {
      const left = [...names];
      const create = async (): Promise<void> => {
        for (let name = left.pop(); name !== undefined; name = left.pop())
          await deploy(client, name, 1);
      };
      await Promise.all(Array.from({ length: 16 }, create));
      await until(async () => {
        const { items } = await client.list(deployments, { namespace });
        return items.every(({ status }) => status?.readyReplicas === 1);
      }, 250);
    });
    rowsOf('1,000 Deployments of 1 on 50 nodes → all ready', [took]);
  });
}
