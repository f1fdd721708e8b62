/**
 * `wherry scheduler` as processes that are killed and stopped for real, in the middle of a stream
 * of pods that fill the cluster to the last place: a pod that were bound twice, or counted where
 * it is not, would leave another without a node.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { leases, nodes, pods } from '../../api/resources.ts';
import { connectionOf, loadKubeconfig } from '../../client/kubeconfig-connection.ts';
import { createClient, type RestClient } from '../../client/rest.ts';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { realClock as clock } from '../../platform/node/clock.ts';
import { realDisk } from '../../platform/node/files/disk.ts';
import { connectHttp } from '../../platform/node/net/http-client.ts';
import { type SecureApi, startSecureApi } from '../support/secure-api.ts';
import { eventually, wherryMain } from './harness.ts';

const podCount = 2000;
const nodeCount = 20;
const podsPerNode = podCount / nodeCount;
const namespace = 'default';
/** Requests under way while pods are created. */
const creators = 16;

let parts: Lifecycle;
let api: SecureApi;
let client: RestClient;
/** All that were started in a test. */
const processes: SchedulerProcess[] = [];
let over: boolean;

beforeEach(async () => {
  over = false;
  parts = new Lifecycle();
  api = await parts.start(startSecureApi);
  const config = await loadKubeconfig(realDisk, [api.kubeconfig]);
  const connection = connectHttp(await connectionOf(realDisk, config));
  await parts.start(() => ({ stop: () => connection.close() }));
  client = createClient({ handler: connection.handler, userAgent: 'test', clock });
  const allocatable = { cpu: '100', memory: '100Gi', pods: String(podsPerNode) };
  for (let i = 0; i < nodeCount; i++)
    await client.create(nodes, {
      metadata: { name: `n${i}` },
      spec: {},
      status: { allocatable, capacity: allocatable },
    });
});
afterEach(async () => {
  over = true;
  for (const { child } of processes) child.kill('SIGKILL');
  await Promise.all(processes.splice(0).map(({ ended }) => ended));
  await parts.stop();
});

/** The process and its end, with what it wrote. */
interface SchedulerProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly code: number | null; readonly output: string }>;
}

function startSchedulerProcess(leaderElection: object): SchedulerProcess {
  const config = join(api.folder, 'scheduler.json');
  const head = { apiVersion: 'kubescheduler.config.k8s.io/v1', kind: 'KubeSchedulerConfiguration' };
  writeFileSync(config, JSON.stringify({ ...head, leaderElection }));
  const args = ['scheduler', '--kubeconfig', api.kubeconfig, '--config', config];
  const child = spawn(process.execPath, [wherryMain, ...args, '--secure-port', '0'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const ended = new Promise<{ code: number | null; output: string }>((resolve) =>
    child.once('close', (code) => resolve({ code, output })),
  );
  const started = { child, ended };
  processes.push(started);
  return started;
}

/** As its supervisor would, starts another whenever one ends: on a slow machine leases are lost. */
function superviseScheduler(leaderElection: object): SchedulerProcess {
  const started = startSchedulerProcess(leaderElection);
  void started.ended.then(() => over || superviseScheduler(leaderElection));
  return started;
}

/** Nodes of pods as the watch tells them, and who moved. */
class Bound {
  readonly nodeOf = new Map<string, string>();
  readonly moved: string[] = [];

  async follow(signal: AbortSignal): Promise<void> {
    for await (const { object } of await client.watch(pods, { signal, resourceVersion: '0' })) {
      const { uid } = object.metadata;
      const { nodeName } = object.spec;
      const before = this.nodeOf.get(uid!);
      if (before !== undefined && before !== nodeName) this.moved.push(object.metadata.name!);
      if (nodeName) this.nodeOf.set(uid!, nodeName);
    }
  }

  reach(count: number): Promise<boolean> {
    const reached = async () => this.nodeOf.size >= count;
    return eventually(`${count} pods with a node`, reached, 90_000);
  }
}

async function followed(): Promise<Bound> {
  const bound = new Bound();
  const over = new AbortController();
  const following = bound.follow(over.signal).catch(() => {});
  await parts.start(() => ({
    stop() {
      over.abort();
      return following;
    },
  }));
  return bound;
}

async function createPods(): Promise<void> {
  let next = 0;
  const containers = [{ name: 'c', image: 'i', resources: { requests: { cpu: '100m' } } }];
  const worker = async (): Promise<void> => {
    while (next < podCount) {
      const name = `p${next++}`;
      await client.create(pods, { metadata: { namespace, name }, spec: { containers } });
    }
  };
  await Promise.all(Array.from({ length: creators }, worker));
}

/** Every pod has a node, no node a pod too many, and no pod was ever moved. */
async function expectFull(bound: Bound): Promise<void> {
  await bound.reach(podCount);
  const { items } = await client.list(pods);
  const perNode = new Map<string, number>();
  for (const { spec } of items) perNode.set(spec.nodeName!, (perNode.get(spec.nodeName!) ?? 0) + 1);
  expect([...perNode.values()]).toEqual(Array.from({ length: nodeCount }, () => podsPerNode));
  expect(bound.moved).toEqual([]);
}

describe('2,000 pods for as many places', () => {
  it('all get one while the scheduler is killed again and again', async () => {
    const alone = { leaderElect: false };
    const bound = await followed();
    const created = createPods();
    for (const reached of [1, 400, 401, 1000, 1900]) {
      const { child, ended } = startSchedulerProcess(alone);
      await bound.reach(reached);
      child.kill('SIGKILL');
      await ended;
    }
    // One that is killed while it starts.
    const { child, ended } = startSchedulerProcess(alone);
    child.kill('SIGKILL');
    await ended;
    await created;
    startSchedulerProcess(alone);
    await expectFull(bound);
  }, 240_000);

  it('all get one while the holder of the lease is stopped, and goes on when another leads', async () => {
    const election = { leaseDuration: '5s', renewDeadline: '4s', retryPeriod: '500ms' };
    const leaderElection = { leaderElect: true, ...election };
    const holder = async (): Promise<string | undefined> => {
      const lease = { namespace: 'kube-system', name: 'kube-scheduler' };
      return (await client.get(leases, lease)).spec.holderIdentity || undefined;
    };
    const first = superviseScheduler(leaderElection);
    const before = await eventually('a leader', holder, 60_000);
    const bound = await followed();
    superviseScheduler(leaderElection);
    const created = createPods();
    await bound.reach(300);
    first.child.kill('SIGSTOP');
    try {
      const taken = async () => {
        const now = await holder();
        return now !== undefined && now !== before;
      };
      await eventually('another leader', taken, 60_000);
      await bound.reach(Math.min(podCount, bound.nodeOf.size + 100));
    } finally {
      first.child.kill('SIGCONT');
    }
    const { code, output } = await first.ended;
    expect(output).toContain('leader election lost');
    expect(code).toBe(1);
    await created;
    await expectFull(bound);
  }, 240_000);
});
