/**
 * Hollow node agents: each registers a Node, keeps its Lease, and runs the pods bound to it on a
 * simulated runtime. One process may be many nodes, at the cost of one watch on pods and one on
 * nodes for all of them.
 *
 * They keep nothing. Started again, an agent takes its pods over as their statuses describe
 * them: containers keep their ids, pods their addresses, and a deletion that was under way goes
 * on.
 */
import { nodes, pods } from '../api/resources.ts';
import { isStatus } from '../api/status.ts';
import type { Node, Pod, Taint } from '../api/types/core-v1.ts';
import { EventPace } from '../client/event-pace.ts';
import { createEventRecorder } from '../client/event-recorder.ts';
import { createInformer } from '../client/informer.ts';
import type { Informer } from '../client/informer-interface.ts';
import type { Client } from '../client/interface.ts';
import { sleep } from '../platform/clock.ts';
import type { Effects } from '../platform/effects.ts';
import { Lifecycle, type Running } from '../platform/lifecycle.ts';
import type { Machine } from '../platform/machine.ts';
import type { Counter, Metrics } from '../platform/metrics/metrics.ts';
import { atAnyTime, type SpareTime } from '../platform/spare-time.ts';
import { parseRange } from './addresses.ts';
import { LocalStorage } from './eviction/local-storage.ts';
import { NodePressure, type NodePressureOptions } from './eviction/node-pressure.ts';
import { defaultThresholds, type Threshold } from './eviction/thresholds.ts';
import { HollowRuntime } from './hollow/runtime.ts';
import { kubeletMetrics } from './kubelet-metrics.ts';
import { Limiter } from './limiter.ts';
import { NodeImages } from './node-images.ts';
import { NodeAgent } from './node-agent.ts';
import { internalIpOf, pickNumber, podCidrOf } from './node-network.ts';
import { hollowMachine } from './node-info.ts';
import { defaultCapacity, type NodeSpecification } from './node-object.ts';
import { NodeRegistration } from './node-registration.ts';
import type { PodRuntime } from './runtime.ts';
import type { HostedPods } from './server/hosted-pods.ts';
import { BY_NODE, hostedPods } from './agent-pods.ts';
import type { Stage } from './stages/stage.ts';
import { VolumesInUse } from './volumes-in-use.ts';
import { followStages } from './stages/follow-stages.ts';
import type { StaticSource } from './static/static-pods.ts';

/** Calls about pods of all nodes of a process under way at once; and as many about the nodes. */
const MAX_WRITES_IN_FLIGHT = 64;
const REGISTER_RETRY_MS = 500;

export interface KubeletNode {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Default: cpu 4, memory 8Gi, ephemeral-storage 100Gi, pods 110. */
  readonly capacity?: Readonly<Record<string, string>>;
  /** What pods may have of it. Default: all. */
  readonly allocatable?: Readonly<Record<string, string>>;
  /** What has to stay available. Default: the kubelet's. */
  readonly evictionHard?: readonly Threshold[];
  /** IPv4. Default: 10.244.<number in the name>.0/24, or the next that no node has. */
  readonly podCidr?: string;
  /** Default: derived from the same number. */
  readonly internalIp?: string;
  /** Those it registers with. */
  readonly taints?: readonly Taint[];
  /** What it runs by itself. */
  readonly staticPods?: StaticSource;
}

export interface KubeletsOptions extends Effects {
  readonly client: Client;
  readonly nodes: readonly KubeletNode[];
  /** Default: the hollow runtime, shared by all nodes. */
  readonly runtimeOf?: (node: NodeSpecification) => PodRuntime;
  /** What the nodes say they are. Default: a made-up one. */
  readonly machine?: Machine;
  /** What /metrics shows. Default: kept where nobody sees them. */
  readonly metrics?: Metrics;
  /** Serves logs, exec and the like of all the nodes. Default: nobody does. */
  readonly server?: StartNodeServer;
  /** What becomes of simulated pods and nodes. */
  readonly stages?: readonly Stage[];
  /** By which stages change and delete objects, which nodes may not. Default: `client`. */
  readonly stageClient?: Client;
  /** When new pods are begun. Default: as soon as they are seen. */
  readonly spare?: SpareTime;
  /** Freezes cached objects: for tests. */
  readonly freeze?: boolean;
}

/** Starts to answer for the nodes' pods and tells where, without a path. */
export type StartNodeServer = (pods: HostedPods) => Promise<Running & { readonly url: string }>;

export interface RunningKubelets extends Running {
  /** Resolves when every Node is registered and its pods are looked after. */
  ready(): Promise<void>;
}

/** Wrong options: nothing was started. */
export class KubeletOptionsError extends Error {
  override readonly name = 'KubeletOptionsError';
}

/** One node. */
export function startKubelet(
  options: Omit<KubeletsOptions, 'nodes'> & { readonly node: KubeletNode },
): Promise<RunningKubelets> {
  const { node, ...others } = options;
  return startKubelets({ ...others, nodes: [node] });
}

/** Resolves once the agents are built; `ready` tells when they work. */
export async function startKubelets(options: KubeletsOptions): Promise<RunningKubelets> {
  check(options.nodes);
  const parts = new Lifecycle();
  const { client, clock, random, logger, freeze = false } = options;
  const effects = { client, clock, random, logger, freeze };
  const [only] = options.nodes.length === 1 ? options.nodes : [];
  const podSelector = only === undefined ? 'spec.nodeName!=' : `spec.nodeName=${only.name}`;
  const podInformer = createInformer(pods, { ...effects, fieldSelector: podSelector });
  const nodeInformer = createInformer(
    nodes,
    only === undefined ? effects : { ...effects, fieldSelector: `metadata.name=${only.name}` },
  );
  podInformer.addIndex(BY_NODE, (pod) => (pod.spec.nodeName ? [pod.spec.nodeName] : []));
  await parts.start(() => podInformer);
  const { metrics } = options;
  const names = options.nodes.map(({ name }) => name);
  if (metrics !== undefined) {
    const end = kubeletMetrics({ metrics, clock, pods: podInformer, nodes: names });
    await parts.start(() => ({ stop: () => Promise.resolve(end()) }));
  }
  await parts.start(() => nodeInformer);
  podInformer.start();
  nodeInformer.start();
  const stopping = new AbortController();
  const pace = new EventPace(clock);
  const { signal } = stopping;
  const ready = bringUp(options, { parts, podInformer, nodeInformer, pace, signal });
  ready.catch(() => {});
  return {
    ready: () => ready,
    async stop() {
      stopping.abort();
      pace.end();
      // Ends the wait for their sync, so that what is being started is in `parts` or not at all.
      await Promise.all([podInformer.stop(), nodeInformer.stop()]);
      await ready.catch(() => {});
      await parts.stop();
      pace.tellDropped(logger);
    },
  };
}

function check(asked: readonly KubeletNode[]): void {
  const names = new Set<string>();
  for (const { name, podCidr } of asked) {
    if (names.has(name)) throw new KubeletOptionsError(`node ${name} is named twice`);
    names.add(name);
    if (podCidr !== undefined && parseRange(podCidr) === undefined)
      throw new KubeletOptionsError(`${podCidr} is no IPv4 range of /8 to /30 for pods`);
  }
  if (names.size === 0) throw new KubeletOptionsError('no node to run');
}

interface Surroundings {
  readonly parts: Lifecycle;
  readonly podInformer: Informer<Pod>;
  readonly nodeInformer: Informer<Node>;
  /** Of the events of all nodes. */
  readonly pace: EventPace;
  readonly signal: AbortSignal;
}

async function bringUp(options: KubeletsOptions, surroundings: Surroundings): Promise<void> {
  const { parts, podInformer, nodeInformer, pace, signal } = surroundings;
  const existing = await existingNodes(options, signal);
  if (signal.aborted) return;
  const hollow = new HollowRuntime(options.clock, options.client);
  const runtimeOf = options.runtimeOf ?? (() => hollow);
  const agents = new Map<string, NodeAgent>();
  const listers = { pods: podInformer.lister, nodes: nodeInformer.lister };
  const server = await startServer(options, parts, hostedPods(listers, agents));
  const limiter = new Limiter(MAX_WRITES_IN_FLIGHT);
  // A heartbeat waits behind no pods, however many report at once: a silent node loses them all.
  const heartbeats = new Limiter(MAX_WRITES_IN_FLIGHT);
  const registrations = new Map<string, NodeRegistration>();
  for (const sketch of specify(options, existing)) {
    const { name } = sketch;
    const runtime = runtimeOf(sketch);
    const serverUrl = server && `${server.url}/nodes/${name}`;
    const specification = { ...sketch, serverUrl, runtimeVersion: runtime.version };
    const { client, clock, random, logger } = options;
    const effects = { client, clock, random, logger: logger.child({ node: name }) };
    const recorder = await parts.start(() =>
      createEventRecorder({ ...effects, pace, component: 'kubelet', host: name }),
    );
    const latest = (): Node | undefined => nodeInformer.lister.get(name);
    const { spare = atAnyTime } = options;
    const common = { ...effects, specification, limiter, latest };
    const { staticPods } = sketch;
    const evictions = evictionsOf(options);
    const pressure = pressureOf({ sketch, clock, recorder, latest, evictions });
    const storage = await parts.start(
      () => new LocalStorage({ runtime, recorder, logger: effects.logger, evictions }),
    );
    const holding = (): readonly Pod[] => agents.get(name)?.holding() ?? [];
    const images = new NodeImages();
    const volumes = new VolumesInUse({ client, latest, pods: holding });
    const looks = { pressure, storage, volumes };
    const registration = await parts.start(
      () => new NodeRegistration({ ...common, ...looks, images, limiter: heartbeats }),
    );
    const agent = await parts.start(
      () => new NodeAgent({ ...common, recorder, runtime, staticPods, pressure, images, spare }),
    );
    registrations.set(name, registration);
    agents.set(name, agent);
    storage.of(agent);
    recorder.record(
      { kind: 'Node', apiVersion: 'v1', name, uid: name },
      { type: 'Normal', reason: 'Starting', message: 'Starting kubelet.' },
    );
  }
  // All at once: while one is waited for, the others begin nothing.
  const all = (): readonly Running[] => [...agents.values(), ...registrations.values()];
  signal.addEventListener('abort', () => void Promise.allSettled(all().map((each) => each.stop())));
  await Promise.all([...registrations.values()].map((each) => each.register()));
  await Promise.all([...agents.values()].map((agent) => agent.prepare()));
  await Promise.all([podInformer.whenSynced(), nodeInformer.whenSynced()]);
  if (signal.aborted) return;
  follow(podInformer, agents);
  if (options.stages !== undefined && options.stages.length > 0) {
    const { stages, client, stageClient = client } = options;
    const seen = { podInformer, nodeInformer, agents, registrations };
    await parts.start(() =>
      followStages({ ...options, client: stageClient, stages, limiter }, seen),
    );
  }
  options.logger.info({ nodes: [...agents.keys()] }, 'kubelet started');
}

function evictionsOf({ metrics }: KubeletsOptions): Counter | undefined {
  const help = 'Pods ended for pressure, or for what they took of the disk.';
  return metrics?.counter('kubelet_evictions', help, ['eviction_signal']);
}

interface PressureParts extends Omit<NodePressureOptions, 'nodeName' | 'capacity' | 'thresholds'> {
  readonly sketch: Sketch;
}

function pressureOf({ sketch, ...others }: PressureParts): NodePressure {
  const { name: nodeName, capacity, evictionHard: thresholds = defaultThresholds } = sketch;
  return new NodePressure({ ...others, nodeName, capacity, thresholds });
}

async function startServer({ server }: KubeletsOptions, parts: Lifecycle, pods: HostedPods) {
  return server === undefined ? undefined : parts.start(() => server(pods));
}

/**
 * The nodes there are: they keep their ranges, and new ones must not get the same. Who is one node
 * may see no other, and has to take its numbers on trust.
 */
async function existingNodes(
  { client, clock, logger, nodes: own }: KubeletsOptions,
  signal: AbortSignal,
): Promise<readonly Node[]> {
  while (!signal.aborted) {
    try {
      return (await client.list(nodes)).items;
    } catch (error) {
      if (isStatus(error, 'Forbidden') && own.length === 1) {
        const fieldSelector = `metadata.name=${own[0]!.name}`;
        return (await client.list(nodes, { fieldSelector })).items;
      }
      logger.warn({ err: error }, 'cannot list nodes; trying again');
      await sleep(clock, REGISTER_RETRY_MS, signal);
    }
  }
  return [];
}

/** The node's own value, or one derived from the first number whose value nobody has. */
function claim(
  own: string | undefined,
  derived: { readonly name: string; of(number: number): string; readonly taken: Set<string> },
): string {
  const { name, taken } = derived;
  const number = own === undefined ? pickNumber(name, (n) => taken.has(derived.of(n))) : 0;
  if (number === undefined) throw new KubeletOptionsError('no address is left for another node');
  const value = own ?? derived.of(number);
  taken.add(value);
  return value;
}

type Sketch = NodeSpecification & Pick<KubeletNode, 'staticPods' | 'evictionHard'>;

function specify(
  { nodes: asked, machine = hollowMachine }: KubeletsOptions,
  existing: readonly Node[],
): Sketch[] {
  const addressOf = (node: Node | undefined): string | undefined =>
    node?.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address;
  const isText = (text: string | undefined): text is string => text !== undefined && text !== '';
  const known = new Map(existing.map((node) => [node.metadata.name, node]));
  const ranges = new Set(
    [...existing.map(({ spec }) => spec.podCIDR), ...asked.map((a) => a.podCidr)].filter(isText),
  );
  const addresses = new Set(
    [...existing.map(addressOf), ...asked.map((node) => node.internalIp)].filter(isText),
  );
  return asked.map((node) => {
    const { name } = node;
    const before = known.get(name);
    const range = before?.spec.podCIDR || node.podCidr;
    const address = node.internalIp ?? addressOf(before);
    return {
      name,
      labels: node.labels ?? {},
      taints: node.taints ?? [],
      ...(node.staticPods && { staticPods: node.staticPods }),
      ...(node.evictionHard && { evictionHard: node.evictionHard }),
      allocatable: node.allocatable,
      capacity: { ...defaultCapacity, ...node.capacity },
      podCidr: claim(range, { name, of: podCidrOf, taken: ranges }),
      internalIp: claim(address, { name, of: internalIpOf, taken: addresses }),
      runtimeVersion: '',
      machine,
    };
  });
}

/** From here on each agent hears of its pods, beginning with those there are. */
function follow(informer: Informer<Pod>, agents: ReadonlyMap<string, NodeAgent>): void {
  const agentOf = (pod: Pod): NodeAgent | undefined => agents.get(pod.spec.nodeName ?? '');
  for (const [name, agent] of agents) agent.start(informer.lister.byIndex(BY_NODE, name));
  informer.addHandler({
    added: (pod) => agentOf(pod)?.seen(pod),
    updated(old, pod) {
      if (old.metadata.uid !== pod.metadata.uid) agentOf(old)?.gone(old);
      agentOf(pod)?.seen(pod);
    },
    deleted: (pod) => agentOf(pod)?.gone(pod),
  });
}
