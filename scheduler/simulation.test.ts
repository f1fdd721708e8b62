/**
 * Whole lives of small clusters, seeded: pods and nodes come and go, requests are refused, answers
 * get lost, watches break, and schedulers are killed and replaced. At every binding: no node holds
 * more than it has, no pod stands beside one that may not be near, no pod moves. When the faults
 * end: every pod that fits somewhere, by eviction if need be, gets a node.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nodes, pods, priorityClasses } from '../api/resources.ts';
import { isStatus } from '../api/status.ts';
import type { Node, Pod } from '../api/types/core-v1.ts';
import type { RestClient } from '../client/rest.ts';
import { Lifecycle } from '../platform/lifecycle.ts';
import { silentLogger as logger } from '../platform/logger.ts';
import { startEmbeddedApi } from '../test/support/embedded-api.ts';
import { FakeClock } from '../test/support/fake-clock.ts';
import { SeededRandom } from '../test/support/seeded-random.ts';
import { Cache } from './cache/cache.ts';
import { Filtering } from './framework/filtering.ts';
import { DomainCounter } from './framework/topology/domain-counter.ts';
import { SchedulingQueue } from './queue/scheduling-queue.ts';
import { startScheduler, type RunningScheduler } from './scheduler.ts';

const cores = fc.integer({ min: 1, max: 3 });
const anyPod = fc.record({
  cpu: cores,
  app: fc.constantFrom('x', 'y'),
  apart: fc.option(fc.constantFrom('zone', 'host'), { nil: undefined }),
  priority: fc.constantFrom(0, 0, 10),
});
const anyStep = fc.oneof(
  { weight: 8, arbitrary: fc.record({ what: fc.constant('pod' as const), pod: anyPod }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('delete' as const), nth: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('drop node' as const), nth: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('cordon' as const), nth: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('kill' as const) }) },
  { weight: 3, arbitrary: fc.record({ what: fc.constant('wait' as const) }) },
);
type AnyPod = typeof anyPod extends fc.Arbitrary<infer T> ? T : never;
type Step = typeof anyStep extends fc.Arbitrary<infer T> ? T : never;

interface History {
  readonly seed: number;
  readonly sizes: readonly number[];
  readonly steps: readonly Step[];
}
const anyHistory: fc.Arbitrary<History> = fc.record({
  seed: fc.integer({ min: 1 }),
  sizes: fc.array(fc.integer({ min: 2, max: 4 }), { minLength: 2, maxLength: 4 }),
  steps: fc.array(anyStep, { minLength: 5, maxLength: 25 }),
});

const label = (node: Node | undefined, key: string) => node?.metadata.labels?.[key];
const cpuOf = (pod: Pod) => Number(pod.spec.containers[0]!.resources!.requests!['cpu']);
const priorityOf = (pod: Pod) => pod.spec.priority ?? 0;
const keyApart = ({ spec }: Pod): string | undefined =>
  spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.[0]?.topologyKey;

/** True if one of the two does not want the other in its domain. */
function repel(a: { pod: Pod; node: Node }, b: { pod: Pod; node: Node }): boolean {
  if (a.pod.metadata.labels!['app'] !== b.pod.metadata.labels!['app']) return false;
  return [keyApart(a.pod), keyApart(b.pod)].some(
    (key) => key !== undefined && label(a.node, key) === label(b.node, key),
  );
}

/** What is wrong with where the pods are; empty if nothing is. */
function violations(all: readonly Pod[], byName: ReadonlyMap<string, Node>): string[] {
  const placed = all.flatMap((pod) => {
    const node = byName.get(pod.spec.nodeName ?? '');
    return node === undefined ? [] : [{ pod, node }];
  });
  const found: string[] = [];
  for (const [name, node] of byName) {
    const used = placed.reduce((sum, each) => sum + (each.node === node ? cpuOf(each.pod) : 0), 0);
    if (used > Number(node.status!.allocatable!['cpu'])) found.push(`${name} holds ${used}`);
  }
  for (const [i, a] of placed.entries())
    for (const b of placed.slice(i + 1))
      if (repel(a, b)) found.push(`${a.pod.metadata.name} beside ${b.pod.metadata.name}`);
  return found;
}

/** Whether `pod` could be placed if all pods of lower priority went away. */
function hasAPlace(pod: Pod, all: readonly Pod[], live: readonly Node[]): boolean {
  const stay = all.filter((each) => each.spec.nodeName && priorityOf(each) >= priorityOf(pod));
  return live.some((node) => {
    if (node.spec.unschedulable) return false;
    const name = node.metadata.name!;
    const there = { ...pod, spec: { ...pod.spec, nodeName: name } };
    const byName = new Map(live.map((each) => [each.metadata.name!, each]));
    const before = new Set(violations(stay, byName));
    return violations([...stay, there], byName).every((problem) => before.has(problem));
  });
}

class World {
  readonly #client: RestClient;
  readonly #flaky: RestClient;
  readonly #clock = new FakeClock();
  readonly #random: SeededRandom;
  readonly #nodes = new Map<string, Node>();
  readonly #watching = new AbortController();
  readonly #pods = new Map<string, Pod>();
  readonly problems: string[] = [];
  #scheduler: RunningScheduler | undefined;
  #count = 0;

  constructor(client: RestClient, flaky: RestClient, seed: number) {
    this.#client = client;
    this.#flaky = flaky;
    this.#random = new SeededRandom(seed);
  }

  async start(sizes: readonly number[]): Promise<void> {
    await this.#client.create(priorityClasses, { metadata: { name: 'urgent' }, value: 10 });
    for (const [i, cpu] of sizes.entries()) {
      const allocatable = { cpu: `${cpu}`, memory: '8Gi', pods: '110' };
      const node = await this.#client.create(nodes, {
        metadata: { name: `n${i}`, labels: { host: `n${i}`, zone: i % 2 === 0 ? 'a' : 'b' } },
        spec: {},
        status: { allocatable, capacity: allocatable },
      });
      this.#nodes.set(`n${i}`, node);
    }
    void this.#observe();
    await this.#restart(this.#flaky);
  }

  /** Judges every binding as the API server orders them; ends pods that are being deleted. */
  async #observe(): Promise<void> {
    const { signal } = this.#watching;
    try {
      for await (const { type, object: pod } of await this.#client.watch(pods, { signal })) {
        const { uid, name, deletionTimestamp } = pod.metadata;
        const before = this.#pods.get(uid!);
        if (type === 'DELETED') {
          this.#pods.delete(uid!);
          continue;
        }
        this.#pods.set(uid!, pod);
        if (before?.spec.nodeName && before.spec.nodeName !== pod.spec.nodeName)
          this.problems.push(`${name} moved`);
        if (!before?.spec.nodeName && pod.spec.nodeName)
          this.problems.push(...violations([...this.#pods.values()], this.#nodes));
        if (deletionTimestamp !== undefined) void this.#end(name!);
      }
    } catch {
      // The watch ends with the world.
    }
  }

  async #end(name: string): Promise<void> {
    try {
      await this.#client.delete(pods, { namespace: 'default', name }, { gracePeriodSeconds: 0 });
    } catch (error) {
      if (!isStatus(error, 'NotFound')) throw error;
    }
  }

  async #restart(client: RestClient): Promise<void> {
    await this.#scheduler?.stop();
    this.#scheduler = await startScheduler({
      ...{ client, clock: this.#clock, random: this.#random, logger, freeze: true },
    });
  }

  async do(step: Step): Promise<void> {
    switch (step.what) {
      case 'pod':
        return this.#create(step.pod);
      case 'delete': {
        const pod = [...this.#pods.values()][step.nth];
        return pod === undefined ? undefined : this.#end(pod.metadata.name!);
      }
      case 'drop node':
        if (this.#nodes.size < 2 || !this.#nodes.delete(`n${step.nth}`)) return;
        return void (await this.#client.delete(nodes, { name: `n${step.nth}` }));
      case 'cordon': {
        const name = `n${step.nth}`;
        if (!this.#nodes.has(name)) return;
        const type = 'application/merge-patch+json';
        const body = { spec: { unschedulable: true } };
        this.#nodes.set(name, await this.#client.patch(nodes, { name }, { type, body }));
        return;
      }
      case 'kill':
        return this.#restart(this.#flaky);
      case 'wait':
        return this.#clock.advance(1500);
    }
  }

  async #create({ cpu, app, apart, priority }: AnyPod): Promise<void> {
    const terms = [{ topologyKey: apart!, labelSelector: { matchLabels: { app } } }];
    const affinity =
      apart === undefined
        ? {}
        : {
            affinity: {
              podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms },
            },
          };
    const name = `p${this.#count++}`;
    const resources = { requests: { cpu: `${cpu}` } };
    await this.#client.create(pods, {
      metadata: { namespace: 'default', name, labels: { app } },
      spec: {
        containers: [{ name: 'c', image: 'i', resources }],
        ...(priority === 0 ? {} : { priorityClassName: 'urgent' }),
        ...affinity,
      },
    });
  }

  /** Faults over: time passes until nothing is left to place. */
  async settle(): Promise<readonly string[]> {
    await this.#restart(this.#client);
    let stranded: string[] = [];
    for (let round = 0; round < 60; round++) {
      await this.#clock.advance(11_000);
      const all = (await this.#client.list(pods)).items;
      const live = [...this.#nodes.values()];
      stranded = all
        .filter((pod) => !pod.spec.nodeName && hasAPlace(pod, all, live))
        .map((pod) => pod.metadata.name!);
      if (stranded.length === 0) break;
    }
    return stranded;
  }

  async stop(): Promise<void> {
    this.#watching.abort();
    await this.#scheduler?.stop();
  }
}

interface Judgement {
  readonly stranded: readonly string[];
  readonly problems: readonly string[];
}

async function live({ seed, sizes, steps }: History): Promise<Judgement> {
  const parts = new Lifecycle();
  const random = new SeededRandom(seed);
  const { client, flaky } = await startEmbeddedApi(parts);
  const draw = () => random.below(1000, 'fault') / 1000;
  const faults = { draw, refusalRate: 0.1, lostAnswerRate: 0.15, brokenWatchRate: 0.02 };
  const world = await parts.start(() => new World(client, flaky(faults), seed));
  try {
    await world.start(sizes);
    for (const step of steps) await world.do(step);
    return { stranded: await world.settle(), problems: world.problems };
  } finally {
    await parts.stop();
  }
}

it('places what can be placed, and never wrongly, through faults and restarts', async () => {
  const property = fc.asyncProperty(anyHistory, async (history) => {
    expect(await live(history)).toEqual({ stranded: [], problems: [] });
  });
  await fc.assert(property, { numRuns: 12, seed: 20_261_121 });
});

const of = (cpu: number, more: Partial<AnyPod> = {}): Step => ({
  what: 'pod',
  pod: { cpu, app: 'x', apart: undefined, priority: 0, ...more },
});
const wait: Step = { what: 'wait' };
const apart = of(1, { apart: 'host' });

function swap<T extends object, K extends keyof T>(target: T, name: K, bug: T[K]): () => void {
  const sound = target[name];
  target[name] = bug;
  return () => (target[name] = sound);
}

describe('a planted bug is found:', () => {
  it.each<[string, () => () => void, readonly Step[], keyof Judgement, RegExp]>([
    [
      'what was placed a moment ago is forgotten: a node is overcommitted',
      () => swap(Cache.prototype, 'assume', () => {}),
      Array.from({ length: 9 }, () => of(2)),
      'problems',
      /n\d holds \d/,
    ],
    [
      'a hard constraint is not looked at: pods stand where they must not',
      () => swap(DomainCounter.prototype, 'countAt', () => 0),
      [apart, apart, apart, apart].flatMap((step) => [step, wait]),
      'problems',
      /p\d beside p\d/,
    ],
    [
      'nobody is evicted: the pod of highest priority starves',
      () => swap(Filtering.prototype, 'remove', () => {}),
      [of(2), of(2), wait, wait, of(2, { priority: 10 })],
      'stranded',
      /p\d/,
    ],
    [
      'a pod is tried once only: it never gets the room that was made for it',
      () => swap(SchedulingQueue.prototype, 'putBack', () => {}),
      [of(2), of(2), wait, wait, of(2, { priority: 10 })],
      'stranded',
      /p\d/,
    ],
  ])('%s', async (_what, ...[plant, steps, where, told]) => {
    const takeOut = plant();
    try {
      const found: string[] = [];
      for (let seed = 1; seed <= 8 && found.length === 0; seed++)
        found.push(...(await live({ seed, sizes: [2, 2], steps }))[where]);
      expect(found.join()).toMatch(told);
    } finally {
      takeOut();
    }
  });
});
