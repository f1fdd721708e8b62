import { rows, say } from '../suite.ts';
import { deploy, rest, rowsOf, settled, timed, until, withCluster } from './workloads.ts';

const NODES = 1000;
const PODS = 10_000;
const DEPLOYMENTS = 10;
/** Events and statuses of the start are over by then. */
const QUIET_MS = 30_000;

/** 1,000 nodes and 10,000 pods in one process. */
export async function benchFleet(): Promise<void> {
  say('1,000 nodes with 10,000 pods');
  await withCluster('fleet', { nodes: NODES }, async (bench) => {
    const { client, cluster } = bench;
    const fleet = '1,000 nodes';
    const full = `${fleet} with 10,000 pods`;
    rows.push({ work: `${fleet} → all ready`, unit: 's', ours: [cluster.readyMs / 1000] });
    await restingCost(fleet);
    const took = await timed(bench, async () => {
      const names = Array.from({ length: DEPLOYMENTS }, (_, n) => `fleet-${n}`);
      for (const name of names) await deploy(client, name, PODS / DEPLOYMENTS);
      for (const name of names) await until(() => settled(client, name), 250);
    });
    rowsOf('10 Deployments of 1,000 on 1,000 nodes → all ready', { ours: [took], peer: [] });
    await restingCost(full);
    const stopping = await cluster.stop();
    rows.push({ work: `${full} → stopped, CPU`, unit: 's', ours: [stopping] });

    async function restingCost(what: string): Promise<void> {
      await rest(QUIET_MS);
      const { cpuSeconds, seconds } = await timed(bench, () => rest(QUIET_MS));
      rows.push({ work: `${what}, memory`, unit: 'MiB', ours: [cluster.residentMiB()] });
      const ours = `${((cpuSeconds / seconds) * 100).toFixed(1)} % of a core`;
      rows.push({ work: `${what}, CPU at rest`, ours });
    }
  });
}
