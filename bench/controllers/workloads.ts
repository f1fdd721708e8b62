import { join } from 'node:path';
import { deployments, pods, serviceAccounts } from '../../api/resources.ts';
import type { Deployment } from '../../api/types/apps-v1.ts';
import type { RestClient } from '../../client/rest.ts';
import { startControllerManager, versionOf } from '../kubernetes.ts';
import { clientOf, folder, rows } from '../suite.ts';
import { type BenchCluster, cpuSecondsOf, startWherry } from '../wherry.ts';

/** Asked this often, the question itself costs the cluster little. */
const POLL_MS = 20;
export const namespace = 'default';

export const rest = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

export async function until(holds: () => Promise<boolean>, pollMs = POLL_MS): Promise<void> {
  while (!(await holds())) await rest(pollMs);
}

/** Seconds since `started`, a moment of performance.now(). */
const since = (started: number): number => (performance.now() - started) / 1000;

/** Names its pods' version, so that another one rolls. */
export function template(app: string, version = '1'): Deployment['spec']['template'] {
  const container = { name: 'c', image: 'nginx', resources: { requests: { cpu: '10m' } } };
  return {
    metadata: { labels: { app }, annotations: { version } },
    spec: { containers: [container] },
  };
}

export async function deploy(client: RestClient, name: string, replicas: number): Promise<void> {
  await client.create(deployments, {
    metadata: { name, namespace },
    spec: { replicas, selector: { matchLabels: { app: name } }, template: template(name) },
  });
}

/** All its replicas are of its newest template and ready, and no other is left. */
export async function settled(client: RestClient, name: string): Promise<boolean> {
  const { metadata, spec, status } = await client.get(deployments, { namespace, name });
  return (
    status?.observedGeneration === metadata.generation &&
    status?.updatedReplicas === spec.replicas &&
    status?.readyReplicas === spec.replicas &&
    status?.replicas === spec.replicas
  );
}

/** Every pod there is has a node. */
export async function allBound(client: RestClient): Promise<boolean> {
  const unbound = { namespace, fieldSelector: 'spec.nodeName=', limit: 1 };
  return (await client.list(pods, unbound)).items.length === 0;
}

/** Whose controllers work: ours, or kube-controller-manager in an otherwise equal cluster. */
export type Side = 'ours' | 'peer';

const PEER = 'kube-controller-manager';
const peerVersion = versionOf(PEER);
export const sides: readonly Side[] = peerVersion === undefined ? ['ours'] : ['ours', 'peer'];

export interface Timing {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** One figure per run. */
export type Timings = Record<Side, Timing[]>;
export const timings = (): Timings => ({ ours: [], peer: [] });

export interface Bench {
  readonly cluster: BenchCluster;
  readonly client: RestClient;
}

export interface Wanted {
  readonly nodes: number;
  /** Default: ours. */
  readonly side?: Side;
}

/** A cluster of its own for `work`; `what` names its folder. */
export async function withCluster(
  what: string,
  { nodes, side = 'ours' }: Wanted,
  work: (bench: Bench) => Promise<void>,
): Promise<void> {
  const dataDir = join(folder, `${what}-${side}`);
  const without = side === 'ours' ? [] : ['--without', 'controllers'];
  const cluster = await startWherry(dataDir, ['--nodes', String(nodes), ...without]);
  const manager = side === 'ours' ? undefined : await startControllerManager(dataDir);
  const { client, close } = await clientOf(cluster);
  try {
    const cpuSeconds = (): number =>
      cluster.cpuSeconds() + (manager === undefined ? 0 : cpuSecondsOf(manager.process.pid!));
    await controlled(client);
    await work({ cluster: { ...cluster, cpuSeconds }, client });
  } finally {
    await close();
    await manager?.stop();
    await cluster.stop();
  }
}

/** Resolves once the controllers work: what they do first in every namespace is done. */
async function controlled(client: RestClient): Promise<void> {
  await until(async () => {
    const { items } = await client.list(serviceAccounts, { namespace });
    return items.length > 0;
  });
}

/** Times `work` and what the cluster's process computes meanwhile. */
export async function timed({ cluster }: Bench, work: () => Promise<void>): Promise<Timing> {
  const cpuBefore = cluster.cpuSeconds();
  const started = performance.now();
  await work();
  return { seconds: since(started), cpuSeconds: cluster.cpuSeconds() - cpuBefore };
}

export function rowsOf(work: string, times: Timings, goal?: string): void {
  const row = (of: (timing: Timing) => number) => ({
    unit: 's' as const,
    ours: times.ours.map(of),
    ...(times.peer.length === 0
      ? {}
      : { peer: times.peer.map(of), peerName: `${PEER} ${peerVersion}` }),
  });
  rows.push({ work, ...row(({ seconds }) => seconds), ...(goal === undefined ? {} : { goal }) });
  rows.push({ work: 'the same, CPU of the cluster', ...row(({ cpuSeconds }) => cpuSeconds) });
}
