import { deployments } from '../../api/resources.ts';
import { runs, say } from '../suite.ts';
import {
  allBound,
  type Bench,
  deploy,
  namespace,
  rowsOf,
  settled,
  type Side,
  sides,
  template,
  timed,
  timings,
  until,
  withCluster,
} from './workloads.ts';

/** A Deployment of 1,000 from nothing, then all its pods replaced by another version. */
export async function benchThousand(): Promise<void> {
  const [bound, running, rolled] = [timings(), timings(), timings()];
  const measure = async (bench: Bench, side: Side): Promise<void> => {
    const { client } = bench;
    const all = await timed(bench, async () => {
      const binding = await timed(bench, async () => {
        await deploy(client, 'many', 1000);
        const made = async (): Promise<boolean> =>
          (await client.get(deployments, { namespace, name: 'many' })).status?.replicas === 1000;
        await until(made);
        await until(() => allBound(client));
      });
      bound[side].push(binding);
      await until(() => settled(client, 'many'));
    });
    running[side].push(all);
    const rolling = await timed(bench, async () => {
      const body = { spec: { template: template('many', '2') } };
      const patch = { type: 'application/merge-patch+json', body } as const;
      await client.patch(deployments, { namespace, name: 'many' }, patch);
      await until(() => settled(client, 'many'));
    });
    rolled[side].push(rolling);
  };
  for (let run = 0; run < runs; run++)
    for (const side of sides) {
      say(`Deployment of 1,000 on 50 nodes, run ${run + 1}, ${side}`);
      await withCluster(`deployment-${run}`, { nodes: 50, side }, (bench) => measure(bench, side));
    }
  rowsOf('Deployment of 1,000 on 50 nodes → all bound', bound, '≤ 1 s');
  rowsOf('Deployment of 1,000 on 50 nodes → all ready', running, '≤ 2 s');
  rowsOf('rolling update of that Deployment, surge and unavailable 25 %', rolled);
}

export async function benchTenThousand(): Promise<void> {
  const times = timings();
  const measure = async (bench: Bench, side: Side): Promise<void> => {
    const took = await timed(bench, async () => {
      await deploy(bench.client, 'many', 10_000);
      await until(() => settled(bench.client, 'many'), 100);
    });
    times[side].push(took);
  };
  for (const side of sides) {
    say(`Deployment of 10,000 on 100 nodes, ${side}`);
    await withCluster('deployment-10000', { nodes: 100, side }, (bench) => measure(bench, side));
  }
  rowsOf('Deployment of 10,000 on 100 nodes → all ready', times);
}

export async function benchManyDeployments(): Promise<void> {
  const times = timings();
  const measure = async (bench: Bench, side: Side): Promise<void> => {
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
    times[side].push(took);
  };
  for (const side of sides) {
    say(`1,000 Deployments, ${side}`);
    await withCluster('deployments', { nodes: 50, side }, (bench) => measure(bench, side));
  }
  rowsOf('1,000 Deployments of 1 on 50 nodes → all ready', times);
}
