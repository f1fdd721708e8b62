/**
 * Kubernetes' own API server and etcd, found on the PATH, with our controllers, scheduler and
 * nodes as its clients.
 */
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Lifecycle } from '../../../platform/lifecycle.ts';
import { eventually, run, temporaryFolder, tool, wherryMain } from '../../e2e/harness.ts';
import { clientCertificate, newCa } from '../../support/https-server.ts';
import {
  kubeconfigOf,
  Program,
  startTestApi,
  startTestStore,
} from '../../support/test-environment.ts';
import type { Stage, StageOptions } from './side-by-side.ts';

const programs = {
  etcd: tool('etcd'),
  'kube-apiserver': tool('kube-apiserver'),
};

/** False where one of the two programs is missing; that was said loudly. */
export const hasKubeApiserver = Object.values(programs).every((path) => path !== undefined);

export async function startKubeApiserver({ nodes, runtime }: StageOptions): Promise<Stage> {
  const parts = new Lifecycle();
  const { path: folder, remove } = await temporaryFolder();
  const stop = async (): Promise<void> => {
    await parts.stop();
    await remove();
  };
  try {
    const assets = join(folder, 'assets');
    await mkdir(assets);
    for (const [name, path] of Object.entries(programs)) await symlink(path!, join(assets, name));
    const store = await startTestStore(parts, { assets, folder });
    const more = {
      ...(await kubeletClient(folder)),
      'disable-admission-plugins': '',
      // Names of nodes are no names of hosts here.
      'kubelet-preferred-address-types': 'InternalIP',
      // Flags of today's envtest, but not of today's kube-apiserver.
      'insecure-port': undefined,
    };
    const environment = await startTestApi(parts, { assets, folder, store, more });
    const kubeconfig = kubeconfigOf(environment);
    const file = join(folder, 'kubeconfig');
    await writeFile(file, kubeconfig);
    const part = (name: string, ...args: string[]): Promise<unknown> =>
      parts.start(
        () => new Program(process.execPath, [wherryMain, name, '--kubeconfig', file, ...args]),
      );
    await part('controllers', '--secure-port', '0');
    await part('scheduler', '--secure-port', '0');
    for (let node = 1; node <= nodes; node++) {
      const place = ['--root-dir', join(folder, 'kubelet'), '--runtime', runtime];
      // kube-apiserver asks at the node's address, which is this machine's.
      const asked = ['--address', '0.0.0.0', '--client-ca-file', join(folder, 'kubelet-ca.crt')];
      await part('kubelet', '--node-name', `node${node}`, ...place, ...asked);
    }
    await settled(file, nodes);
    return { kubeconfig, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** As whom the API server asks nodes for logs. */
async function kubeletClient(folder: string): Promise<Record<string, string>> {
  const ca = newCa();
  await writeFile(join(folder, 'kubelet-ca.crt'), ca.certificate);
  const { certificate, privateKey } = clientCertificate(ca, 'kube-apiserver', ['system:masters']);
  const [cert, key] = [join(folder, 'kubelet-client.crt'), join(folder, 'kubelet-client.key')];
  await writeFile(cert, certificate);
  await writeFile(key, privateKey);
  return { 'kubelet-client-certificate': cert, 'kubelet-client-key': key };
}

/** Pods can be made: the controllers are at work, and the nodes are there. */
async function settled(kubeconfig: string, nodes: number): Promise<void> {
  const kubectl = (...args: string[]) => run('kubectl', ['--kubeconfig', kubeconfig, ...args]);
  await eventually('the default service account', async () => {
    const { code } = await kubectl('get', 'serviceaccount', 'default');
    return code === 0;
  });
  for (let node = 1; node <= nodes; node++) {
    await eventually(`node${node}`, async () => {
      const line = ['--for=condition=Ready', `node/node${node}`, '--timeout=30s'];
      return (await kubectl('wait', ...line)).code === 0;
    });
  }
}
