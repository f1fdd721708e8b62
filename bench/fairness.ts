/**
 * What a client feels of another that floods: its own times beside 128 connections of somebody
 * else that write and list as fast as they are answered, from a process of their own.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { type HttpClient, openHttp } from './http-load.ts';
import { closedLoop } from './load.ts';
import { durationMs, folder, rows, runs, say } from './suite.ts';
import { startWherry } from './wherry.ts';

const FLOOD = 128;
const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const BINDINGS = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings';
const as = (user: string): Record<string, string> => ({
  'Impersonate-User': user,
  'Impersonate-Group': 'bench',
});
const configMap = (name: string): string =>
  JSON.stringify({ metadata: { name }, data: { payload: 'x'.repeat(512) } });

/** Runs in the process of its own, until that is killed. */
export async function flood(kubeconfig: string): Promise<void> {
  let made = 0;
  const loop = async (client: HttpClient): Promise<void> => {
    for (;;) {
      const n = made++;
      const list = n % 10 === 0 ? `${CONFIG_MAPS}?limit=100` : undefined;
      // What is turned away is what is meant to happen.
      await (
        list === undefined
          ? client.request('POST', CONFIG_MAPS, configMap(`flood-${process.pid}-${n}`))
          : client.request('GET', list)
      ).catch(() => undefined);
    }
  };
  const clients = await Promise.all(
    Array.from({ length: FLOOD }, () => openHttp(kubeconfig, as('flood'))),
  );
  process.send!('flooding');
  await Promise.all(clients.map(loop));
}

async function startFlood(kubeconfig: string): Promise<ChildProcess> {
  const child = fork(process.argv[1]!, ['flood', kubeconfig]);
  await new Promise((resolve, reject) => child.once('message', resolve).once('exit', reject));
  return child;
}

export async function benchFairness(): Promise<void> {
  const cluster = await startWherry(join(folder, 'fairness'));
  const admin = await openHttp(cluster.kubeconfig);
  const binding = {
    metadata: { name: 'bench' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'bench' }],
  };
  await admin.request('POST', BINDINGS, JSON.stringify(binding));
  const victim = await openHttp(cluster.kubeconfig, as('victim'));
  await victim.request('POST', CONFIG_MAPS, configMap('victim'));
  let made = 0;
  const sorts = [
    { work: 'get', call: () => victim.request('GET', `${CONFIG_MAPS}/victim`) },
    { work: 'create', call: () => victim.request('POST', CONFIG_MAPS, configMap(`v-${made++}`)) },
  ];
  for (const { work, call } of sorts) {
    say(`${work} beside a flood`);
    const alone: number[] = [];
    const beside: number[] = [];
    for (let run = 0; run < runs; run++) {
      alone.push((await closedLoop({ clients: 1, durationMs, call })).p99Ms);
      const child = await startFlood(cluster.kubeconfig);
      beside.push((await closedLoop({ clients: 1, durationMs, call })).p99Ms);
      const exited = new Promise((resolve) => child.once('exit', resolve));
      child.kill();
      await exited;
    }
    rows.push({ work: `${work} alone, p99`, unit: 'ms', ours: alone });
    const flooded = `the same beside ${FLOOD} connections of a user that floods`;
    rows.push({ work: flooded, unit: 'ms', ours: beside, goal: '≤ 2 × alone' });
  }
  admin.close();
  victim.close();
  await cluster.stop();
}
