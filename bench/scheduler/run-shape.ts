import type { Draft } from '../../api/meta.ts';
import { namespaces, nodes, pods } from '../../api/resources.ts';
import { isStatus } from '../../api/status.ts';
import type { Node, Pod } from '../../api/types/core-v1.ts';
import type { Client } from '../../client/interface.ts';
import { silentLogger as logger } from '../../platform/logger.ts';
import { sleep } from '../../platform/clock.ts';
import { realClock as clock } from '../../platform/node/clock.ts';
import { realRandom as random } from '../../platform/node/random.ts';
import { startScheduler } from '../../scheduler/scheduler.ts';
import type { RunningProgram } from '../kubernetes.ts';
import { cpuSecondsOf, residentMiBOf } from '../wherry.ts';
import {
  anyOther,
  besideLabel,
  type Churn,
  plainNode,
  schedulerName,
  type Shape,
} from './shapes.ts';

export interface Measured {
  readonly podsPerSecond: number;
  /** Processor time of the scheduler's process per measured pod, in microseconds. */
  readonly cpuMicrosPerPod: number;
  /** The same for each tenth of them, in the order in which they got their nodes. */
  readonly cpuMicrosByDecile: readonly number[];
  /** Resident memory of that process at the end. */
  readonly residentMiB: number;
}

/** A scheduler, and what its process has used so far. */
export interface MeasuredScheduler {
  cpuMicros(): number;
  residentMiB(): number;
  stop(): Promise<void>;
}

export type SchedulerStart = (client: Client) => Promise<MeasuredScheduler>;

/** In this process, which measures itself with it. */
export const schedulerHere: SchedulerStart = async (client) => {
  const scheduler = await startScheduler({ client, clock, random, logger, schedulerName });
  await scheduler.ready();
  return {
    cpuMicros() {
      const { user, system } = process.cpuUsage();
      return user + system;
    },
    residentMiB: () => process.memoryUsage().rss / 2 ** 20,
    stop: () => scheduler.stop(),
  };
};

export function measuredProgram(program: RunningProgram): MeasuredScheduler {
  const pid = program.process.pid!;
  return {
    cpuMicros: () => cpuSecondsOf(pid) * 1e6,
    residentMiB: () => residentMiBOf(pid),
    stop: () => program.stop(),
  };
}

/** Requests under way while pods are created. */
const creators = 32;

/** Follows how many pods have a node. */
class BoundPods {
  readonly #bound = new Set<string>();
  /** Called after each that got one. */
  onBound: (count: number) => void = () => {};
  #waiting: { readonly count: number; readonly resolve: () => void } | undefined;

  async follow(client: Client, signal: AbortSignal): Promise<void> {
    for await (const { object } of await client.watch(pods, { signal, resourceVersion: '0' })) {
      if (!object.spec.nodeName || object.spec.schedulerName !== schedulerName) continue;
      if (object.metadata.labels?.[besideLabel] !== undefined) continue;
      if (this.#bound.has(object.metadata.uid!)) continue;
      this.#bound.add(object.metadata.uid!);
      this.onBound(this.#bound.size);
      if (this.#waiting !== undefined && this.#bound.size >= this.#waiting.count)
        this.#waiting.resolve();
    }
  }

  get count(): number {
    return this.#bound.size;
  }

  async reach(count: number): Promise<void> {
    if (this.#bound.size >= count) return;
    await new Promise<void>((resolve) => (this.#waiting = { count, resolve }));
  }
}

/** Processor time per tenth of the pods: whether a pod costs more the more there are before it. */
class Deciles {
  readonly #first: number;
  readonly #count: number;
  readonly cpuMicros: number[] = [];
  readonly #used: () => number;
  #last: number;
  #lastCount: number;

  constructor(used: () => number, before: number, count: number) {
    this.#used = used;
    this.#last = used();
    this.#first = before;
    this.#lastCount = before;
    this.#count = count;
  }

  note(bound: number): void {
    const next = this.#first + ((this.cpuMicros.length + 1) * this.#count) / 10;
    if (bound < next) return;
    const used = this.#used();
    this.cpuMicros.push((used - this.#last) / (bound - this.#lastCount));
    this.#last = used;
    this.#lastCount = bound;
  }
}

/** A store on a busy machine may answer late: whether it has the pod is asked by trying again. */
async function createPatiently(client: Client, draft: Draft<Pod>): Promise<void> {
  for (let late = false; ; late = true)
    try {
      await client.create(pods, draft);
      return;
    } catch (error) {
      if (late && isStatus(error, 'AlreadyExists')) return;
      if (!isStatus(error, 'Timeout')) throw error;
    }
}

async function createAll(client: Client, count: number, draft: (i: number) => Draft<Pod>) {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await createPatiently(client, draft(next++));
  };
  await Promise.all(Array.from({ length: creators }, worker));
}

/** Goes on until `signal` aborts. */
async function churn(
  { client, createNode }: BenchedCluster,
  { everyMs, pod, node }: Churn,
  signal: AbortSignal,
): Promise<void> {
  for (let i = 1_000_000; !signal.aborted; i++) {
    const come = pod(i);
    const at = node?.(i);
    if (at !== undefined) await createNode(at);
    await client.create(pods, come);
    await sleep(clock, everyMs, signal);
    if (at === undefined) continue;
    const { namespace, name } = come.metadata;
    await client.delete(pods, { namespace: namespace!, name: name! }, { gracePeriodSeconds: 0 });
    await client.delete(nodes, { name: at.metadata.name! });
  }
}

/** Where pods find namespaces and nodes fit for them, with or without controllers. */
export interface BenchedCluster {
  readonly client: Client;
  readonly createNamespace: (name: string) => Promise<unknown>;
  readonly createNode: (node: Draft<Node>) => Promise<unknown>;
}

/** An API that takes every object as it is. */
export const plainCluster = (client: Client): BenchedCluster => ({
  client,
  createNamespace: (name) => client.create(namespaces, { metadata: { name }, spec: {} }),
  createNode: (node) => client.create(nodes, node),
});

export interface ShapeRun {
  readonly nodeCount: number;
  /** Of the measured pods that scheduler_perf has per node: 1 for all of them. */
  readonly podShare: number;
  /** So many more pods stand on the nodes before. */
  readonly others: number;
  /** Default: ours, in this process. */
  readonly start?: SchedulerStart;
}

/** How many there are of the `count` pods that 5,000 nodes get. */
export function scaledTo(
  count: number,
  { nodeCount, podShare }: Pick<ShapeRun, 'nodeCount' | 'podShare'>,
): number {
  return Math.max(1, Math.floor(count * podShare * Math.min(1, nodeCount / 5000)));
}

/** Runs one shape on an empty cluster. */
export async function runShape(
  cluster: BenchedCluster,
  shape: Shape,
  { nodeCount, podShare, others, start = schedulerHere }: ShapeRun,
): Promise<Measured> {
  const { client } = cluster;
  // What stands before makes the shape: all of it.
  const scaled = (count: number): number => scaledTo(count, { nodeCount, podShare: 1 });
  for (const name of ['sched-0', 'sched-1']) await cluster.createNamespace(name);
  for (let i = 0; i < nodeCount; i++) await cluster.createNode((shape.node ?? plainNode())(i));
  const over = new AbortController();
  const bound = new BoundPods();
  const following = bound.follow(client, over.signal).catch(() => {});
  const scheduler = await start(client);
  for (const { count, pod, schedulable = true } of shape.before) {
    const target = bound.count + (schedulable ? scaled(count) : 0);
    await createAll(client, scaled(count), pod);
    await bound.reach(target);
  }
  const targetWithOthers = bound.count + others;
  await createAll(client, others, shape.others ?? anyOther);
  await bound.reach(targetWithOthers);
  const churning = shape.churn && churn(cluster, shape.churn, over.signal);
  const count = scaledTo(shape.measured.count, { nodeCount, podShare });
  const target = bound.count + count;
  const cpu = scheduler.cpuMicros();
  const deciles = new Deciles(() => scheduler.cpuMicros(), bound.count, count);
  bound.onBound = (reached) => deciles.note(reached);
  const started = performance.now();
  await createAll(client, count, shape.measured.pod);
  await bound.reach(target);
  const seconds = (performance.now() - started) / 1000;
  const used = scheduler.cpuMicros() - cpu;
  over.abort();
  await churning;
  const residentMiB = scheduler.residentMiB();
  await scheduler.stop();
  await following;
  return {
    podsPerSecond: count / seconds,
    cpuMicrosPerPod: used / count,
    cpuMicrosByDecile: deciles.cpuMicros,
    residentMiB,
  };
}
