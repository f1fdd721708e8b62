/**
 * A cluster that is saved, lost and restored: the same one, whose controllers go on and make no pod
 * twice. First into our own store, then the same file into a real etcd.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  eventually,
  kubectlLiteMain,
  run,
  succeed,
  temporaryFolder,
  tool,
  wherryMain,
} from './harness.ts';
import { freePorts } from './store-cluster.ts';

const etcd = tool('etcd');
const etcdctl = tool('etcdctl');

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let saved: string;
const own = (): string => join(folder.path, 'own');
const onEtcd = (): string => join(folder.path, 'on-etcd');
const wherry = (dataDir: string, ...args: string[]): Promise<string> =>
  succeed(process.execPath, [wherryMain, ...args, '--data-dir', dataDir], { timeoutMs: 120_000 });
const up = (dataDir: string, ...args: string[]): Promise<string> =>
  wherry(dataDir, 'up', '-d', '--port', '0', '--store-port', '0', '--nodes', '2', ...args);
const lite = (dataDir: string, ...args: string[]): Promise<string> =>
  succeed(process.execPath, [kubectlLiteMain, ...args, '--kubeconfig', `${dataDir}/kubeconfig`]);

interface Listed {
  readonly items: readonly {
    readonly metadata: {
      readonly name: string;
      readonly uid: string;
      readonly annotations?: Readonly<Record<string, string>>;
    };
  }[];
}

/** Of a node's own pods, which are made anew with it. */
const MIRROR = 'kubernetes.io/config.mirror';

async function uids(dataDir: string, what: string): Promise<string[]> {
  const { items } = JSON.parse(await lite(dataDir, 'get', what, '-A', '-o', 'json')) as Listed;
  return items
    .filter(({ metadata }) => metadata.annotations?.[MIRROR] === undefined)
    .map(({ metadata }) => `${metadata.name} ${metadata.uid}`)
    .sort();
}

const rolledOut = (dataDir: string): Promise<string> =>
  lite(dataDir, 'rollout', 'status', 'deployment/web', '--timeout=60s');

/** What runs is what was saved, and the loops go on from there. */
async function expectTheSame(dataDir: string): Promise<void> {
  await rolledOut(dataDir);
  for (const kind of Object.keys(before) as (keyof typeof before)[])
    expect(await uids(dataDir, kind)).toEqual(before[kind]);
  await lite(dataDir, 'scale', 'deployment/web', '--replicas=4');
  await rolledOut(dataDir);
  const pods = await uids(dataDir, 'pods');
  expect(pods).toHaveLength(before.pods.length + 1);
  expect(pods).toEqual(expect.arrayContaining(before.pods));
  // Deleted objects stay deleted, and owners are still obeyed.
  await lite(dataDir, 'delete', 'deployment/web');
  await eventually('its pods to go', async () => (await uids(dataDir, 'pods')).length === 0);
}

const before = {
  pods: [] as string[],
  replicasets: [] as string[],
  namespaces: [] as string[],
  customresourcedefinitions: [] as string[],
  'boats.harbour.example.com': [] as string[],
};

beforeAll(async () => {
  folder = await temporaryFolder();
  saved = join(folder.path, 'saved.db');
  await up(own(), '--separate');
  await lite(own(), 'create', 'deployment', 'web', '--image=nginx', '--replicas=3');
  await lite(own(), 'create', 'namespace', 'harbour');
  await lite(own(), 'apply', '-f', 'examples/boats/crd.yaml');
  await lite(own(), 'wait', '--for=condition=Established', 'crd/boats.harbour.example.com');
  await lite(own(), 'apply', '-f', 'examples/boats/boat.yaml');
  await rolledOut(own());
  for (const kind of Object.keys(before) as (keyof typeof before)[])
    before[kind] = await uids(own(), kind);
  await wherry(own(), 'snapshot', 'save', saved);
  // Later than what was saved: gone with the reset.
  await lite(own(), 'create', 'configmap', 'later');
  await wherry(own(), 'down');
  await wherry(own(), 'reset', '--yes');
}, 180_000);
afterAll(async () => {
  for (const dataDir of [own(), onEtcd()])
    if (existsSync(join(dataDir, 'run.json'))) await wherry(dataDir, 'down');
  await folder.remove();
});

describe('a saved cluster', () => {
  it('goes on in a store of our own', async () => {
    expect(readdirSync(own())).toEqual(['snapshots']);
    await wherry(own(), 'snapshot', 'restore', saved);
    await up(own());
    const { stderr } = await run(process.execPath, [
      ...[kubectlLiteMain, 'get', 'configmap', 'later', '--kubeconfig', `${own()}/kubeconfig`],
    ]);
    expect(stderr).toContain('not found');
    await expectTheSame(own());
  }, 180_000);

  describe.skipIf(etcd === undefined || etcdctl === undefined)('and in a real etcd', () => {
    let server: ChildProcess | undefined;
    afterAll(async () => {
      if (existsSync(join(onEtcd(), 'run.json'))) await wherry(onEtcd(), 'down');
      if (server === undefined) return;
      const exited = new Promise((resolve) => server!.once('exit', resolve));
      server.kill('SIGTERM');
      await exited;
    });

    it('which serves our API server', async () => {
      const data = join(folder.path, 'etcd-data');
      const env = { ETCDCTL_API: '3' };
      await succeed(etcdctl!, ['snapshot', 'restore', saved, '--data-dir', data], { env });
      const [client, peer] = (await freePorts(2)).map((port) => `http://127.0.0.1:${port}`);
      const urls = ['--listen-client-urls', client!, '--advertise-client-urls', client!];
      const args = [...urls, '--listen-peer-urls', peer!, '--data-dir', data];
      server = spawn(etcd!, args, { stdio: 'ignore' });
      await eventually('etcd', () =>
        succeed(etcdctl!, ['--endpoints', client!, 'endpoint', 'health'], { env }),
      );
      await up(onEtcd(), '--etcd-servers', client!);
      await expectTheSame(onEtcd());
    }, 180_000);
  });
});
