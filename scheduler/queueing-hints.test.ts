/**
 * A queueing hint that is wrong leaves a pod pending: whatever changes in the cluster, in whatever
 * order, a rejected pod that now fits somewhere has been woken by one of the events since.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyOf } from '../api/meta.ts';
import { BIND_COMPLETED } from '../api/scheduling/volumes.ts';
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod } from '../api/types/core-v1.ts';
import type { CSINode } from '../api/types/storage-v1.ts';
import { silentLogger as logger } from '../platform/logger.ts';
import { FakeClock } from '../test/support/fake-clock.ts';
import { aNode, aPod, aStorage, inertParts, type PodSketch } from '../test/support/scheduling.ts';
import { Cache } from './cache/cache.ts';
import type { ClusterEvent } from './framework/events.ts';
import { Framework } from './framework/framework.ts';
import { podInfo } from './framework/pod-info.ts';
import { observeNamespaces, observeNodes, observePods } from './observer.ts';
import { SchedulingQueue } from './queue/scheduling-queue.ts';
import { defaultProfile } from './registry.ts';
import { NodeSelection } from './select-node.ts';
import type { Selection } from './selection.ts';

const app = fc.constantFrom('x', 'y');
const key = fc.constantFrom('zone', 'host');
const maybe = <T>(of: fc.Arbitrary<T>, weight = 1) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight, arbitrary: of });
const rarely = fc.nat(4).map((n) => n === 0);

const constraints = {
  cpu: fc.nat(3),
  port: maybe(fc.constantFrom(80, 81), 6),
  zone: maybe(fc.constantFrom('a', 'b'), 6),
  claim: maybe(fc.constantFrom('in-a', 'in-b', 'once', 'limited'), 9),
  near: maybe(fc.record({ app, key }), 6),
  apart: maybe(fc.record({ app, key }), 6),
  spread: maybe(fc.record({ app, key, honor: fc.boolean() }), 9),
};
type Constraint = keyof typeof constraints;
const none = fc.constant(undefined);
/** Pods that want one thing, so that little else is in its way; or anything. */
const anyPodWith = (only?: Constraint) => {
  const of = <K extends Constraint>(each: K) =>
    only === undefined || only === each ? constraints[each] : none;
  return fc.record({
    ...{ app, tolerant: fc.boolean(), anyNamespace: fc.boolean() },
    ...{ cpu: of('cpu'), port: of('port'), zone: of('zone'), claim: of('claim') },
    ...{ near: of('near'), apart: of('apart'), spread: of('spread') },
  });
};
type AnyPod = ReturnType<typeof anyPodWith> extends fc.Arbitrary<infer T> ? T : never;
const anyNode = fc.record({
  cpu: fc.integer({ min: 1, max: 3 }),
  pods: fc.integer({ min: 1, max: 4 }),
  zone: maybe(fc.constantFrom('a', 'b'), 9),
  cordoned: rarely,
  tainted: rarely,
});
type AnyNode = typeof anyNode extends fc.Arbitrary<infer T> ? T : never;

const what = <T extends string>(value: T) => fc.constant(value);
const on = fc.nat(2);
const nth = fc.nat(3);
const anyStepWith = (anyPod: fc.Arbitrary<AnyPod>) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ what: what('node'), on, node: anyNode }) },
    { weight: 1, arbitrary: fc.record({ what: what('drop'), on }) },
    { weight: 6, arbitrary: fc.record({ what: what('pod'), on, pod: anyPod, elsewhere: rarely }) },
    { weight: 5, arbitrary: fc.record({ what: what('delete'), nth }) },
    { weight: 2, arbitrary: fc.record({ what: what('terminate'), nth }) },
    { weight: 2, arbitrary: fc.record({ what: what('shrink'), nth }) },
    { weight: 2, arbitrary: fc.record({ what: what('relabel'), nth, app }) },
    { weight: 1, arbitrary: fc.record({ what: what('namespace'), team: maybe(what('a'), 3) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        what: what('claim'),
        name: fc.constantFrom('in-a', 'in-b', 'once', 'limited'),
      }),
    },
    { weight: 3, arbitrary: fc.record({ what: what('limit'), on, count: fc.nat(1) }) },
  );
type Step = ReturnType<typeof anyStepWith> extends fc.Arbitrary<infer T> ? T : never;

const required = 'requiredDuringSchedulingIgnoredDuringExecution';

function sketchOf(any: AnyPod): PodSketch {
  const { cpu, port, zone, claim, tolerant, near, apart, spread, anyNamespace } = any;
  const labelled = (of: { app: string; key: string }) => ({
    ...{ topologyKey: of.key, labelSelector: { matchLabels: { app: of.app } } },
  });
  const team = { namespaceSelector: { matchLabels: { team: 'a' } } };
  const term = (of: { app: string; key: string }) => ({
    ...{ ...labelled(of), ...(anyNamespace ? team : {}) },
  });
  const always = { maxSkew: 1, whenUnsatisfiable: 'DoNotSchedule' };
  return {
    ...{ labels: { app: any.app }, requests: { cpu: `${cpu ?? 0}` } },
    ...(port === undefined ? {} : { hostPort: port }),
    ...(zone === undefined ? {} : { nodeSelector: { zone } }),
    ...(tolerant ? { tolerations: [{ operator: 'Exists' }] } : {}),
    ...(claim === undefined
      ? {}
      : { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: claim } }] }),
    affinity: {
      ...(near === undefined ? {} : { podAffinity: { [required]: [term(near)] } }),
      ...(apart === undefined ? {} : { podAntiAffinity: { [required]: [term(apart)] } }),
    },
    ...(spread === undefined
      ? {}
      : {
          topologySpreadConstraints: [
            {
              ...{ ...labelled(spread), ...always },
              ...(spread.honor ? { nodeTaintsPolicy: 'Honor' } : {}),
            },
          ],
        }),
  };
}

const toNode = (i: number, { cpu, pods, zone, cordoned, tainted }: AnyNode): Node =>
  aNode({
    name: `n${i}`,
    labels: { host: `n${i}`, ...(zone === undefined ? {} : { zone }) },
    allocatable: { cpu: `${cpu}`, pods: `${pods}` },
    ...(cordoned ? { unschedulable: true } : {}),
    ...(tainted ? { taints: [{ key: 'k', effect: 'NoSchedule' }] } : {}),
  });

const claimOf = (name: string): PersistentVolumeClaim => ({
  ...{ apiVersion: 'v1', kind: 'PersistentVolumeClaim' },
  metadata: { namespace: 'default', name, annotations: { [BIND_COMPLETED]: 'yes' } },
  spec: {
    accessModes: [name === 'once' ? 'ReadWriteOncePod' : 'ReadWriteOnce'],
    volumeName: name,
  },
  status: { phase: 'Bound' },
});
const csi = { driver: 'd', volumeHandle: 'h' };
const volumes = ['in-a', 'in-b', 'once', 'limited'].map((name): PersistentVolume => {
  const values = [name.slice(3)];
  const nodeSelectorTerms = [{ matchExpressions: [{ key: 'zone', operator: 'In', values }] }];
  return {
    ...{ apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name } },
    spec: {
      ...(name.startsWith('in-') ? { nodeAffinity: { required: { nodeSelectorTerms } } } : {}),
      ...(name === 'limited' ? { csi } : {}),
    },
  };
});
const csiNodeOf = (i: number, count: number): CSINode => ({
  ...{ apiVersion: 'storage.k8s.io/v1', kind: 'CSINode', metadata: { name: `n${i}` } },
  spec: { drivers: [{ name: 'd', nodeID: `n${i}`, allocatable: { count } }] },
});

/** Of pods that were not rejected when they were asked about last. */
const fits: ReadonlySet<string> = new Set();

class World {
  readonly #cache = new Cache();
  readonly #events: ClusterEvent[] = [];
  readonly #claims: PersistentVolumeClaim[] = [];
  readonly #csiNodes: CSINode[] = [];
  readonly #framework: Framework;
  readonly #selection: NodeSelection;
  readonly #nodes = new Map<string, Node>();
  readonly #pods: Pod[] = [];
  readonly #waiting = new Map<Pod, ReadonlySet<string>>();
  readonly #toNodes;
  readonly #toPods;
  readonly #toNamespaces;
  readonly seen: Set<string>;

  constructor(waiting: readonly AnyPod[], seen: Set<string>) {
    this.seen = seen;
    const sources = { claims: this.#claims, csiNodes: this.#csiNodes, volumes };
    const profile = defaultProfile({ ...inertParts, storage: aStorage(sources) });
    this.#framework = new Framework(profile, this.#cache.cluster);
    this.#selection = new NodeSelection({ random: inertParts.preemption.random, logger });
    const queue = new SchedulingQueue({
      ...{ clock: new FakeClock(), onActive() {} },
      policy: {
        ...{ preEnqueue: () => undefined, goesFirst: () => true, heeds: () => false },
        wakes: () => false,
      },
    });
    queue.notify = (event) => void this.#events.push(event);
    const observed = { cache: this.#cache, queue, schedulerNames: new Set<string>() };
    this.#toNodes = observeNodes(observed);
    this.#toPods = observePods(observed);
    this.#toNamespaces = observeNamespaces(observed);
    for (const [i, any] of waiting.entries())
      this.#waiting.set(aPod({ ...sketchOf(any), name: `w${i}` }), new Set());
  }

  do(step: Step, i: number): void {
    this.#events.length = 0;
    this.#change(step, i);
    for (const [pod, rejectedBy] of this.#waiting) this.#judge(pod, rejectedBy);
  }

  #change(step: Step, i: number): void {
    switch (step.what) {
      case 'node': {
        const node = toNode(step.on, step.node);
        const old = this.#nodes.get(`n${step.on}`);
        this.#nodes.set(`n${step.on}`, node);
        return old === undefined ? this.#toNodes.added?.(node) : this.#toNodes.updated?.(old, node);
      }
      case 'drop': {
        const old = this.#nodes.get(`n${step.on}`);
        this.#nodes.delete(`n${step.on}`);
        return old && this.#toNodes.deleted?.(old, old);
      }
      case 'pod': {
        // Two pods on one ReadWriteOncePod claim would not have come about.
        const taken = this.#pods.some(({ spec }) =>
          spec.volumes?.some((each) => each.persistentVolumeClaim?.claimName === 'once'),
        );
        const any = taken ? { ...step.pod, claim: undefined } : step.pod;
        const namespace = step.elsewhere ? 'elsewhere' : 'default';
        const placed = { name: `p${i}`, namespace, nodeName: `n${step.on}` };
        const pod = aPod({ ...sketchOf(any), ...placed });
        this.#pods.push(pod);
        return this.#toPods.added?.(pod);
      }
      case 'namespace': {
        const labels = step.team === undefined ? {} : { team: step.team };
        const metadata = { name: 'elsewhere', labels };
        const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata, spec: {} };
        return this.#toNamespaces.added?.(namespace);
      }
      case 'claim': {
        if (this.#claims.some(({ metadata }) => metadata.name === step.name)) return;
        const claim = claimOf(step.name);
        this.#claims.push(claim);
        return void this.#events.push({ kind: 'Claim', key: keyOf(claim), object: claim });
      }
      case 'limit': {
        const at = this.#csiNodes.findIndex(({ metadata }) => metadata.name === `n${step.on}`);
        const object = csiNodeOf(step.on, step.count);
        const [old] = this.#csiNodes.splice(at < 0 ? this.#csiNodes.length : at, 1, object);
        const change = old === undefined ? { object } : { object, old };
        return void this.#events.push({ kind: 'CSINode', ...change });
      }
      default:
        return this.#changePod(step);
    }
  }

  #changePod(step: Step & { what: 'delete' | 'terminate' | 'shrink' | 'relabel' }): void {
    const old = this.#pods[step.nth];
    if (old === undefined) return;
    if (step.what === 'delete') {
      this.#pods.splice(step.nth, 1);
      return this.#toPods.deleted?.(old, old);
    }
    const pod = structuredClone(old) as { -readonly [K in keyof Pod]: Pod[K] };
    const metadata = { ...pod.metadata };
    if (step.what === 'terminate') metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
    if (step.what === 'relabel') metadata.labels = { app: step.app };
    pod.metadata = metadata;
    if (step.what === 'shrink') {
      const containers = pod.spec.containers.map((each) => ({ ...each, resources: {} }));
      pod.spec = { ...pod.spec, containers };
    }
    this.#pods[step.nth] = pod;
    this.#toPods.updated?.(old, pod);
  }

  #judge(pod: Pod, rejectedBy: ReadonlySet<string>): void {
    const info = podInfo(pod);
    const woken = this.#events.some((event) => this.#framework.wakes(info, rejectedBy, event));
    const cycle = this.#framework.newCycle(info, this.#cache.cluster);
    const selected = this.#selection.select(this.#framework, cycle) as Selection;
    if (rejectedBy === fits || woken) {
      if (selected.kind === 'rejected') this.#waiting.set(pod, selected.rejectedBy);
      else this.#waiting.set(pod, fits);
      // It is not placed: later changes may take the room away, and give it back.
      if (selected.kind === 'node') for (const name of rejectedBy) this.seen.add(name);
    } else if (selected.kind === 'node') {
      expect(`${pod.metadata.name}, rejected by ${[...rejectedBy].join()}, was woken`).toBe('');
    }
  }
}

const refusals: readonly (readonly [Constraint, readonly string[]])[] = [
  ['cpu', ['NodeResourcesFit', 'NodeUnschedulable', 'TaintToleration']],
  ['port', ['NodePorts']],
  ['zone', ['NodeAffinity']],
  ['claim', ['NodeVolumeLimits', 'VolumeBinding', 'VolumeRestrictions']],
  ['near', ['InterPodAffinity']],
  ['apart', ['InterPodAffinity']],
  ['spread', ['PodTopologySpread']],
];

const plain: AnyNode = { cpu: 3, pods: 4, zone: 'a', cordoned: false, tainted: false };

function live(only: Constraint | undefined, numRuns: number): ReadonlySet<string> {
  const seen = new Set<string>();
  const anyPod = anyPodWith(only);
  const histories = fc.record({
    waiting: fc.array(anyPod, { minLength: 2, maxLength: 4 }),
    steps: fc.array(anyStepWith(anyPod), { minLength: 10, maxLength: 30 }),
  });
  const property = fc.property(histories, ({ waiting, steps }) => {
    const world = new World(waiting, seen);
    // Some room to begin with: not every pod waits for a node.
    for (const name of ['once', 'limited'] as const) world.do({ what: 'claim', name }, 0);
    for (const on of [0, 1].slice(0, waiting.length - 2))
      world.do({ what: 'node', on, node: plain }, 0);
    for (const [i, step] of steps.entries()) world.do(step, i);
  });
  fc.assert(property, { numRuns, seed: 20_261_121 });
  return seen;
}

describe('a rejected pod that fits after a change was woken by an event', () => {
  it.each(refusals)('where pods have a %s', (only, plugins) => {
    const seen = live(only, 80);
    // Pods that each of them had rejected were woken, and fitted then.
    for (const plugin of plugins) expect(seen).toContain(plugin);
  });

  it('where pods have anything', () => {
    live(undefined, 80);
  });
});
