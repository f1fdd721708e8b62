/**
 * Must show of the store: the API server cannot tell what it runs on. The same walk on one member
 * of ours, on three of which one is killed for good, and on a real etcd.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { startEtcd } from '../conformance/store/servers.ts';
import { deploymentWalk, kubectlOf, type Kubectl } from './deployment-walk.ts';
import { eventually, kubectls, temporaryFolder, TestCluster, tool } from './harness.ts';
import { StoreCluster } from './store-cluster.ts';

const etcd = tool('etcd');
const etcdctl = tool('etcdctl');
const kubectl = kubectls().at(-1);

interface Below {
  readonly endpoints: readonly string[];
  /** What happens to it while the API server runs. */
  disturb(): Promise<void>;
  stop(): Promise<void>;
}

async function members(count: number, disturb: Below['disturb'] | undefined): Promise<Below> {
  const cluster = await StoreCluster.plan(['a', 'b', 'c'].slice(0, count));
  await cluster.start();
  return {
    endpoints: cluster.members.map(({ address }) => `http://${address}`),
    disturb: disturb ?? (async () => (await cluster.leader(etcdctl!)).end('SIGKILL')),
    stop: () => cluster.stop(),
  };
}

const undisturbed = (): Promise<void> => Promise.resolve();
const stores: readonly (readonly [name: string, start: () => Promise<Below>])[] = [
  ['one member', () => members(1, undisturbed)],
  ['three members, the leader of which is killed', () => members(3, undefined)],
  [
    'a real etcd',
    async () => {
      const server = await startEtcd();
      const endpoints = [`http://${server.address}`];
      return { endpoints, disturb: undisturbed, stop: () => server.stop() };
    },
  ],
];

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

describe.skipIf(etcd === undefined || etcdctl === undefined || kubectl === undefined)(
  'the API server',
  () => {
    it.each(stores)(
      'runs on %s',
      async (_, start) => {
        const below = await start();
        ends.push(() => below.stop());
        const folder = await temporaryFolder();
        ends.push(() => folder.remove());
        const args = ['--etcd-servers', below.endpoints.join()];
        const cluster = await TestCluster.up(`${folder.path}/data`, args);
        ends.push(() => cluster.stop());
        const client: Kubectl = kubectlOf(kubectl!.path, cluster.kubeconfig, folder.path);
        await client('create', 'configmap', 'before', '--from-literal=a=1');
        await below.disturb();
        await eventually('a write after it', async () =>
          (await client('create', 'configmap', `after-${Date.now()}`)).includes('created'),
        );
        await deploymentWalk(client);
        const before = await client('get', 'configmap', 'before', '-o', 'jsonpath={.data.a}');
        expect(before).toBe('1');
      },
      180_000,
    );
  },
);
