import { resourcesOf } from '../api/scheduling/requests.ts';
import { wholeValue } from '../api/quantity.ts';
import { uidOf } from '../api/meta.ts';
import type { Node, Pod } from '../api/types/core-v1.ts';
import type { EventRecorder } from '../client/event-recorder.ts';
import type { Client } from '../client/interface.ts';
import { assert } from '../platform/assert.ts';
import type { Clock } from '../platform/clock.ts';
import type { Running } from '../platform/lifecycle.ts';
import type { Logger } from '../platform/logger.ts';
import type { Random } from '../platform/random.ts';
import { AddressPool, parseRange } from './addresses.ts';
import { admit, type Capacity, type Demand, type Refusal } from './admission.ts';
import type { Limiter } from './limiter.ts';
import type { NodeSpecification } from './node-object.ts';
import type { PodHost } from './pod-host.ts';
import { isTerminalPhase } from './pod-status.ts';
import { PodWorker } from './pod-worker.ts';
import type { PodRuntime } from './runtime.ts';

export interface NodeAgentOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly recorder: EventRecorder;
  readonly runtime: PodRuntime;
  readonly limiter: Limiter;
  readonly specification: NodeSpecification;
  /** The node as last seen by watch. */
  readonly latest: () => Node | undefined;
}

/** The pods of one node: a worker each, addresses from the node's range, admission. */
export class NodeAgent implements PodHost, Running {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly recorder: EventRecorder;
  readonly runtime: PodRuntime;
  readonly limiter: Limiter;
  readonly hostIp: string;
  readonly #latest: () => Node | undefined;
  readonly #capacity: Capacity;
  readonly #addresses: AddressPool;
  readonly #workers = new Map<string, PodWorker>();
  #started = false;

  constructor(options: NodeAgentOptions) {
    this.client = options.client;
    this.clock = options.clock;
    this.random = options.random;
    this.logger = options.logger;
    this.recorder = options.recorder;
    this.runtime = options.runtime;
    this.limiter = options.limiter;
    const { internalIp, capacity, podCidr, name } = options.specification;
    this.hostIp = internalIp;
    this.#latest = options.latest;
    this.#capacity = {
      allocatable: resourcesOf(capacity),
      pods: wholeValue(capacity['pods'] ?? 0),
    };
    const range = parseRange(podCidr);
    assert(range !== undefined, `node ${name} has no IPv4 range for pods: ${podCidr}`);
    this.#addresses = new AddressPool(range);
  }

  /** Begins with the pods the node has. Before that, news of pods is ignored. */
  start(pods: readonly Pod[]): void {
    this.#started = true;
    this.runtime.begin(new Set(pods.map(uidOf)));
    // All addresses in use first: a new pod must not get one that an older pod has.
    const running = pods.filter(({ status }) => !isTerminalPhase(status?.phase));
    for (const pod of running)
      if (pod.status?.podIP !== undefined) this.reserveAddress(pod, pod.status.podIP);
    // Pods that hold their share already come before those that ask for one.
    for (const pod of pods) if (pod.status?.startTime !== undefined) this.seen(pod);
    for (const pod of pods) if (pod.status?.startTime === undefined) this.seen(pod);
  }

  seen(pod: Pod): void {
    if (!this.#started) return;
    const worker = this.#workers.get(uidOf(pod));
    if (worker !== undefined) {
      worker.update(pod);
      return;
    }
    // A pod that ended needs its agent again only to be deleted.
    if (isTerminalPhase(pod.status?.phase) && pod.metadata.deletionTimestamp === undefined) return;
    const created = new PodWorker(pod, this);
    this.#workers.set(created.uid, created);
    created.start();
  }

  /** As its worker knows it; undefined for a pod that has none. */
  current(uid: string): Pod | undefined {
    return this.#workers.get(uid)?.current;
  }

  gone(pod: Pod): void {
    const worker = this.#workers.get(uidOf(pod));
    if (worker !== undefined) worker.removed();
    // One that had ended for good before this agent began.
    else this.runtime.podGone(uidOf(pod));
  }

  async stop(): Promise<void> {
    this.#started = false;
    await Promise.all([...this.#workers.values()].map((worker) => worker.stop()));
    await this.runtime.close();
  }

  admit(pod: Pod, demand: Demand): Refusal | undefined {
    const others = [...this.#workers.values()]
      .filter((worker) => worker.holdsNode && worker.uid !== pod.metadata.uid)
      .map((worker) => worker.demand);
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
