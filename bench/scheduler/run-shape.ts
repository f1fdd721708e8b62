import type { Draft } from '../../api/meta.ts';
import { namespaces, nodes, pods } from '../../api/resources.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import type { Client } from '../../client/interface.ts';
import { silentLogger as logger } from '../../platform/logger.ts';
import { realClock as clock } from '../../platform/node/clock.ts';
import { realRandom as random } from '../../platform/node/random.ts';
import { startScheduler } from '../../scheduler/scheduler.ts';
import { plainNode, type PodGroup, schedulerName, type Shape } from './shapes.ts';

export interface Measured {
  readonly podsPerSecond: number;
  /** Processor time of this process per measured pod, in microseconds. */
  readonly cpuMicrosPerPod: number;
  /** The same for each tenth of them, in the order in which they got their nodes. */
  readonly cpuMicrosByDecile: readonly number[];
  /** Resident memory of this process at the end. */
  readonly residentMiB: number;
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
  #last = process.cpuUsage();
  #lastCount: number;

  constructor(before: number, count: number) {
    this.#first = before;
    this.#lastCount = before;
    this.#count = count;
  }

  note(bound: number): void {
    const next = this.#first + ((this.cpuMicros.length + 1) * this.#count) / 10;
    if (bound < next) return;
    const { user, system } = process.cpuUsage(this.#last);
    this.cpuMicros.push((user + system) / (bound - this.#lastCount));
    this.#last = process.cpuUsage();
    this.#lastCount = bound;
  }
}

async function createAll(client: Client, count: number, draft: (i: number) => Draft<Pod>) {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await client.create(pods, draft(next++));
  };
  await Promise.all(Array.from({ length: creators }, worker));
}

/** A pod and a node that come and go, until `signal` aborts. */
async function churn(client: Client, draft: PodGroup['pod'], signal: AbortSignal): Promise<void> {
  for (let i = 0; !signal.aborted; i++) {
    const podDraft = draft(1_000_000 + i);
    const node = plainNode()(1_000_000 + i);
    await client.create(nodes, node);
    await client.create(pods, podDraft);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const { namespace, name } = podDraft.metadata;
    await client.delete(pods, { namespace: namespace!, name: name! }, { gracePeriodSeconds: 0 });
    await client.delete(nodes, { name: node.metadata.name! });
  }
}

/** Runs one shape on an empty cluster that `client` reaches. */
export async function runShape(client: Client, shape: Shape, nodeCount: number): Promise<Measured> {
  const scale = Math.min(1, nodeCount / 5000);
  const scaled = (count: number): number => Math.max(1, Math.floor(count * scale));
  for (const name of ['sched-0', 'sched-1'])
    await client.create(namespaces, { metadata: { name }, spec: {} });
  for (let i = 0; i < nodeCount; i++) await client.create(nodes, (shape.node ?? plainNode())(i));
  const over = new AbortController();
  const bound = new BoundPods();
  const following = bound.follow(client, over.signal).catch(() => {});
  const scheduler = await startScheduler({ client, clock, random, logger, schedulerName });
  await scheduler.ready();
  for (const { count, pod, schedulable = true } of shape.before) {
    const target = bound.count + (schedulable ? scaled(count) : 0);
    await createAll(client, scaled(count), pod);
    await bound.reach(target);
  }
  const churning = shape.churn === true && churn(client, shape.measured.pod, over.signal);
  const count = scaled(shape.measured.count);
  const target = bound.count + count;
  const cpu = process.cpuUsage();
  const deciles = new Deciles(bound.count, count);
  bound.onBound = (reached) => deciles.note(reached);
  const started = performance.now();
  await createAll(client, count, shape.measured.pod);
  await bound.reach(target);
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  over.abort();
  await churning;
  const residentMiB = process.memoryUsage().rss / 2 ** 20;
  await scheduler.stop();
  await following;
  return {
    podsPerSecond: count / seconds,
    cpuMicrosPerPod: (user + system) / count,
    cpuMicrosByDecile: deciles.cpuMicros,
    residentMiB,
  };
}
