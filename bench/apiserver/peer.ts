/**
 * kube-apiserver on an etcd of its own, both found on the PATH, under the certificates of a
 * cluster of ours: whoever may talk to that one may talk to this one, in the same way.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withBench } from '../children.ts';
import { openHttp } from '../http-load.ts';
import { etcd, freePorts, Members } from '../store/members.ts';
import { folder, say } from '../suite.ts';

const ASK_AGAIN_MS = 100;
const GIVE_UP_MS = 120_000;

/** What the load needs of a server. */
export interface ApiSide {
  readonly kubeconfig: string;
  readonly residentMiB: () => number;
  stop(): Promise<unknown>;
}

export interface ApiPeer extends ApiSide {
  /** "kube-apiserver 1.34.1" */
  readonly name: string;
}

/** Undefined if either program is missing. */
export async function startPeer(ours: {
  readonly dataDir: string;
  readonly server: string;
  readonly kubeconfig: string;
}): Promise<ApiPeer | undefined> {
  const store = etcd();
  const version = versionOf('kube-apiserver');
  if (store === undefined || version === undefined) return undefined;
  say(`starting kube-apiserver ${version}`);
  const members = await Members.start(store, 1, join(folder, 'peer-etcd'));
  const [port] = await freePorts(1);
  const kubeconfig = join(folder, 'peer-kubeconfig');
  const text = readFileSync(ours.kubeconfig, 'utf8');
  writeFileSync(kubeconfig, text.replaceAll(ours.server, `https://127.0.0.1:${port}`));
  const pki = (name: string): string => join(ours.dataDir, 'pki', name);
  const args = [
    ...[`--etcd-servers=${members.endpoints[0]}`, `--secure-port=${port}`],
    ...['--bind-address=127.0.0.1', '--service-cluster-ip-range=10.96.0.0/16'],
    ...['--authorization-mode=Node,RBAC', `--client-ca-file=${pki('ca.crt')}`],
    `--tls-cert-file=${pki('apiserver.crt')}`,
    `--tls-private-key-file=${pki('apiserver.key')}`,
    `--service-account-key-file=${pki('sa.pub')}`,
    `--service-account-signing-key-file=${pki('sa.key')}`,
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
  ];
  const log = openSync(join(folder, 'kube-apiserver.log'), 'w');
  const child = withBench(spawn('kube-apiserver', args, { stdio: ['ignore', log, log] }));
  await serves(child, kubeconfig);
  return {
    name: `kube-apiserver ${version}`,
    kubeconfig,
    residentMiB: () => residentMiBOf(child) + members.residentMiB(),
    async stop() {
      const exited = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await exited;
      await members.stop();
    },
  };
}

function versionOf(program: string): string | undefined {
  try {
    return /v(\S+)/.exec(execFileSync(program, ['--version']).toString())?.[1];
  } catch {
    return undefined;
  }
}

function residentMiBOf({ pid }: ChildProcess): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024;
}

/** Resolves once it is ready and has made the namespace that the load writes to. */
async function serves(child: ChildProcess, kubeconfig: string): Promise<void> {
  const began = performance.now();
  for (;;) {
    if (child.exitCode !== null) throw new Error(`kube-apiserver ended with ${child.exitCode}`);
    if (performance.now() - began > GIVE_UP_MS) throw new Error('kube-apiserver does not start');
    try {
      const client = await openHttp(kubeconfig);
      await client.request('GET', '/readyz');
      await client.request('GET', '/api/v1/namespaces/default');
      client.close();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    }
  }
}
