import { resourcesOf } from '../api/scheduling/requests.ts';
import { wholeValue } from '../api/quantity.ts';
import { uidOf } from '../api/meta.ts';
import type { Node, Pod } from '../api/types/core-v1.ts';
import type { EventRecorder } from '../client/event-recorder.ts';
import type { Client } from '../client/interface.ts';
import { assert } from '../platform/assert.ts';
import type { Clock } from '../platform/clock.ts';
import type { Effects } from '../platform/effects.ts';
import type { Running } from '../platform/lifecycle.ts';
import type { Logger } from '../platform/logger.ts';
import type { Random } from '../platform/random.ts';
import type { SpareTime } from '../platform/spare-time.ts';
import { AddressPool, parseRange } from './addresses.ts';
import { admit, type Capacity, type Demand, type Refusal } from './admission.ts';
import type { NodePressure, PressedPods } from './eviction/node-pressure.ts';
import type { Limiter } from './limiter.ts';
import type { NodeImages } from './node-images.ts';
import type { NodeSpecification } from './node-object.ts';
import type { PodHost } from './pod-host.ts';
import { type PodApi, serverPods } from './pod-api.ts';
import { isTerminalPhase } from './pod-status.ts';
import { PodWorker } from './pod-worker.ts';
import type { PodRuntime, SimulatedAct } from './runtime.ts';
import type { StatusOverlay } from './stages/overlay.ts';
import type { ContainerAct } from './stages/stage.ts';
import { isMirror } from './static/static-pod.ts';
import { noStaticPods, StaticPods, type StaticSource } from './static/static-pods.ts';

export interface NodeAgentOptions extends Effects {
  readonly client: Client;
  readonly recorder: EventRecorder;
  readonly runtime: PodRuntime;
  readonly limiter: Limiter;
  readonly specification: NodeSpecification;
  readonly pressure: NodePressure;
  readonly images: NodeImages;
  /** The node as last seen by watch. */
  readonly latest: () => Node | undefined;
  /** What the node runs by itself. */
  readonly staticPods?: StaticSource | undefined;
  /** When pods that are new to the node are begun. */
  readonly spare: SpareTime;
}

/** The pods of one node: a worker each, addresses from the node's range, admission. */
export class NodeAgent implements PodHost, PressedPods, Running {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly recorder: EventRecorder;
  readonly runtime: PodRuntime;
  readonly limiter: Limiter;
  readonly images: NodeImages;
  readonly hostIp: string;
  readonly #api: PodApi;
  readonly #statics: StaticPods;
  readonly #latest: () => Node | undefined;
  readonly #pressure: NodePressure;
  readonly #capacity: Capacity;
  readonly #addresses: AddressPool;
  readonly #workers = new Map<string, PodWorker>();
  readonly #spare: SpareTime;
  /** Not begun yet, as last seen, by uid. */
  readonly #arriving = new Map<string, Pod>();
  #started = false;
  #stopping: Promise<void> | undefined;

  constructor(options: NodeAgentOptions) {
    this.clock = options.clock;
    this.random = options.random;
    this.logger = options.logger;
    this.recorder = options.recorder;
    this.runtime = options.runtime;
    this.limiter = options.limiter;
    this.images = options.images;
    this.#spare = options.spare;
    const { internalIp, capacity, podCidr, name } = options.specification;
    const { allocatable = capacity } = options.specification;
    this.#pressure = options.pressure;
    this.#pressure.of(this);
    this.hostIp = internalIp;
    this.#latest = options.latest;
    this.#capacity = {
      allocatable: resourcesOf(allocatable),
      pods: wholeValue(allocatable['pods'] ?? 0),
    };
    const { client, clock, logger, limiter, latest: node } = options;
    this.#api = serverPods(client);
    this.#statics = new StaticPods({
      client,
      clock,
      logger,
      limiter,
      node,
      nodeName: name,
      source: options.staticPods ?? noStaticPods,
      run: (pod, api) => this.#run(pod, api),
    });
    const range = parseRange(podCidr);
    assert(range !== undefined, `node ${name} has no IPv4 range for pods: ${podCidr}`);
    this.#addresses = new AddressPool(range);
  }

  /** Comes before `start`: what the node runs by itself is read. */
  prepare(): Promise<void> {
    return this.#statics.prepare();
  }

  /** Begins with the pods the node has. Before that, news of pods is ignored. */
  start(there: readonly Pod[]): void {
    this.#started = true;
    const pods = there.filter((pod) => !isMirror(pod));
    const mirrors = there.filter(isMirror);
    this.runtime.begin(new Set([...pods.map(uidOf), ...this.#statics.uids]));
    // All addresses in use first: a new pod must not get one that an older pod has.
    const running = pods.filter(({ status }) => !isTerminalPhase(status?.phase));
    for (const pod of running)
      if (pod.status?.podIP !== undefined) this.reserveAddress(pod, pod.status.podIP);
    // Pods that hold their share already come before those that ask for one.
    for (const pod of pods) if (pod.status?.startTime !== undefined) this.seen(pod);
    this.#statics.start(mirrors);
    for (const pod of pods) if (pod.status?.startTime === undefined) this.seen(pod);
  }

  seen(pod: Pod): void {
    if (!this.#started) return;
    if (isMirror(pod)) {
      this.#statics.seen(pod);
      return;
    }
    const worker = this.#workers.get(uidOf(pod));
    if (worker !== undefined) {
      worker.update(pod);
      return;
    }
    // A pod that ended needs its agent again only to be deleted.
    if (isTerminalPhase(pod.status?.phase) && pod.metadata.deletionTimestamp === undefined) return;
    const { status, metadata } = pod;
    const isNew = status?.startTime === undefined && metadata.deletionTimestamp === undefined;
    if (isNew) return this.#arrive(pod);
    this.#arriving.delete(uidOf(pod));
    this.#run(pod, this.#api);
  }

  /** Begun when the thread has time: who waits for the pod's node waits for no container. */
  #arrive(pod: Pod): void {
    const uid = uidOf(pod);
    const isKnown = this.#arriving.has(uid);
    this.#arriving.set(uid, pod);
    if (isKnown) return;
    this.#spare.run(() => {
      const newest = this.#arriving.get(uid);
      if (newest === undefined || !this.#started) return;
      this.#arriving.delete(uid);
      this.#run(newest, this.#api);
    });
  }

  #run(pod: Pod, api: PodApi): PodWorker {
    const created = new PodWorker(pod, this, api);
    this.#workers.set(created.uid, created);
    created.start();
    return created;
  }

  /**
   * As its worker knows it; undefined for a pod that has none. Of a mirror, the static pod, whose
   * uid and containers are the runtime's.
   */
  current(pod: Pod): Pod | undefined {
    return isMirror(pod) ? this.#statics.current(pod) : this.#workers.get(uidOf(pod))?.current;
  }

  act(pod: Pod, { name, ...what }: ContainerAct): boolean {
    const act = simulatedAct(what);
    const ids = this.#workers.get(uidOf(pod))?.runningIds(name) ?? [];
    // All of them, whatever the first says.
    return ids.map((id) => this.runtime.simulate?.(id, act) === true).some(Boolean);
  }

  overlayPod(pod: Pod, overlay: StatusOverlay): void {
    this.#workers.get(uidOf(pod))?.lay(overlay);
  }

  /** Those that have not let go of the node, be they told to or not. */
  holding(): readonly Pod[] {
    return [...this.#workers.values()]
      .filter((worker) => worker.holdsNode)
      .map((worker) => worker.known);
  }

  running(): readonly Pod[] {
    return [...this.#workers.values()]
      .filter((worker) => worker.holdsNode && !worker.ending)
      .map((worker) => worker.known);
  }

  evict(pod: Pod, verdict: Refusal, graceSeconds: number): void {
    if (this.#started) this.#workers.get(uidOf(pod))?.evict(verdict, graceSeconds);
  }

  gone(pod: Pod): void {
    if (isMirror(pod)) {
      this.#statics.gone(pod);
      return;
    }
    const worker = this.#workers.get(uidOf(pod));
    this.#arriving.delete(uidOf(pod));
    if (worker !== undefined) worker.removed();
    // One that had ended for good before this agent began.
    else this.runtime.podGone(uidOf(pod));
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #stopAll(): Promise<void> {
    this.#started = false;
    await this.#statics.stop();
    await Promise.all([...this.#workers.values()].map((worker) => worker.stop()));
    await this.runtime.close();
  }

  admit(pod: Pod, demand: Demand): Refusal | undefined {
    const refusal = this.#pressure.refusal(pod);
    if (refusal !== undefined) return refusal;
    const others: Demand[] = [];
    for (const worker of this.#workers.values())
      if (worker.holdsNode && worker.uid !== pod.metadata.uid) others.push(worker.demand);
    return admit({ pod, demand }, { node: this.#latest(), capacity: this.#capacity }, others);
  }

  allocateAddress(pod: Pod): string | undefined {
    if (pod.spec.hostNetwork || this.runtime.sharesHost(pod)) return this.hostIp;
    const address = this.#addresses.allocate(uidOf(pod));
    if (address === undefined)
      this.recorder.record(pod, {
        type: 'Warning',
        reason: 'FailedCreatePodSandBox',
        message:
          'Failed to create pod sandbox: ' +
          `no IP addresses available in range set: ${this.#addresses.text}`,
      });
    return address;
  }

  reserveAddress(pod: Pod, address: string): boolean {
    return address === this.hostIp || this.#addresses.reserve(address, uidOf(pod));
  }

  releaseAddress(pod: Pod, address: string): void {
    this.#addresses.release(address, uidOf(pod));
  }

  forget(uid: string): void {
    this.#workers.delete(uid);
  }
}

function simulatedAct({ exit, ready = false }: Omit<ContainerAct, 'name'>): SimulatedAct {
  if (exit === undefined) return { ready };
  const { code: exitCode, reason = exitCode === 0 ? 'Completed' : 'Error', message } = exit;
  return { exit: { exitCode, reason, ...(message === undefined ? {} : { message }) } };
}
