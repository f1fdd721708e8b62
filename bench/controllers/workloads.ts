import { join } from 'node:path';
import { deployments, pods } from '../../api/resources.ts';
import type { Deployment } from '../../api/types/apps-v1.ts';
import type { RestClient } from '../../client/rest.ts';
import { clientOf, folder, rows } from '../suite.ts';
import { type BenchCluster, startWherry } from '../wherry.ts';

/** Asked this often, the question itself costs the cluster little. */
const POLL_MS = 20;
export const namespace = 'default';

export const rest = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

export async function until(holds: () => Promise<boolean>, pollMs = POLL_MS): Promise<void> {
  while (!(await holds())) await rest(pollMs);
}

/** Seconds since `started`, a moment of performance.now(). */
export const since = (started: number): number => (performance.now() - started) / 1000;

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

export interface Bench {
  readonly cluster: BenchCluster;
  readonly client: RestClient;
}

/** A cluster of its own for `work`; `what` names its folder. */
export async function withCluster(
  what: string,
  nodes: number,
  work: (bench: Bench) => Promise<void>,
): Promise<void> {
  const cluster = await startWherry(join(folder, what), ['--nodes', String(nodes)]);
  const { client, close } = await clientOf(cluster);
  try {
    await work({ cluster, client });
  } finally {
    await close();
    await cluster.stop();
  }
}

/** Times `work` and what the cluster's process computes meanwhile. */
export async function timed(
  { cluster }: Bench,
  work: () => Promise<void>,
): Promise<{ readonly seconds: number; readonly cpuSeconds: number }> {
  const cpuBefore = cluster.cpuSeconds();
  const started = performance.now();
  await work();
  return { seconds: since(started), cpuSeconds: cluster.cpuSeconds() - cpuBefore };
}

export function rowsOf(
  work: string,
  times: readonly { readonly seconds: number; readonly cpuSeconds: number }[],
  goal?: string,
): void {
  const ours = times.map(({ seconds }) => seconds);
  rows.push({ work, unit: 's', ours, ...(goal === undefined ? {} : { goal }) });
  const cpu = times.map(({ cpuSeconds }) => cpuSeconds);
  rows.push({ work: 'the same, CPU of the cluster', unit: 's', ours: cpu });
}
