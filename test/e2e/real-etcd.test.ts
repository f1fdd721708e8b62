import { type ChildProcess, spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deploymentWalk, kubectlOf } from './deployment-walk.ts';
import { eventually, kubectls, succeed, temporaryFolder, TestCluster, tool } from './harness.ts';
import { freePorts } from './store-cluster.ts';

const etcd = tool('etcd');
const etcdctl = tool('etcdctl');

describe.skipIf(etcd === undefined || etcdctl === undefined)('on a real etcd', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let process: ChildProcess;
  let cluster: TestCluster;
  let endpoint: string;

  beforeAll(async () => {
    folder = await temporaryFolder();
    const [client, peerPort] = await freePorts(2);
    endpoint = `http://127.0.0.1:${client}`;
    const peer = `http://127.0.0.1:${peerPort}`;
    const urls = ['--listen-client-urls', endpoint, '--advertise-client-urls', endpoint];
    const peers = ['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer];
    const name = [
      '--name',
      'one',
      '--initial-cluster',
      `one=${peer}`,
      '--data-dir',
      `${folder.path}/etcd`,
    ];
    process = spawn(etcd!, [...urls, ...peers, ...name], { stdio: 'ignore' });
    await eventually('etcd', () =>
      succeed(etcdctl!, ['--endpoints', endpoint, 'endpoint', 'health'], {
        env: { ETCDCTL_API: '3' },
      }),
    );
    cluster = await TestCluster.up(`${folder.path}/data`, ['--etcd-servers', endpoint]);
  }, 60_000);
  afterAll(async () => {
    await cluster.stop();
    const exited = new Promise((resolve) => process.once('exit', resolve));
    process.kill('SIGTERM');
    await exited;
    await folder.remove();
  });

  it('passes the same walk', async () => {
    const { path } = kubectls().at(-1)!;
    await deploymentWalk(kubectlOf(path, cluster.kubeconfig, folder.path));
  }, 120_000);

  it("keeps its objects under Kubernetes' keys", async () => {
    const keys = await succeed(
      etcdctl!,
      ['--endpoints', endpoint, 'get', '/registry', '--prefix', '--keys-only'],
      { env: { ETCDCTL_API: '3' } },
    );
    for (const key of [
      '/registry/minions/node1',
      '/registry/namespaces/default',
      '/registry/services/specs/default/kubernetes',
    ]) {
      expect(keys.split('\n')).toContain(key);
    }
  });
});
