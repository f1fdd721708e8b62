import type { ByteStream } from '../platform/bytes/byte-stream.ts';
import type { Pod } from '../api/types/core-v1.ts';
import { uidOf } from '../api/meta.ts';
import {
  ContainerStreamError,
  type ContainerIo,
  type ContainerUse,
  type LogEntry,
  type LogQuery,
  type PodStorage,
} from './container-streams.ts';
import type { ContainerRequest, PodRuntime, SimulatedAct } from './runtime.ts';

/** The runtimes of this project, as `spec.runtimeClassName` may name them. */
export const runtimeNames = ['hollow', 'process'] as const;
export type RuntimeName = (typeof runtimeNames)[number];

export interface RuntimesByClassOptions {
  /** Of pods without a class, or with one that names none of ours. */
  readonly standard: RuntimeName;
  readonly runtimes: Readonly<Partial<Record<RuntimeName, PodRuntime>>>;
}

/**
 * Pods of several runtimes on one node. A pod of a runtime that the node does not have stays
 * where it is and is told so: real processes run only where somebody asked for them.
 */
export class RuntimesByClass implements PodRuntime {
  readonly version: string;
  readonly #standard: RuntimeName;
  readonly #runtimes: RuntimesByClassOptions['runtimes'];
  readonly #byContainer = new Map<string, PodRuntime>();
  readonly #byPod = new Map<string, PodRuntime>();
  /** Containers that no runtime here runs. */
  readonly #refused = new Map<string, ContainerRequest>();

  constructor({ standard, runtimes }: RuntimesByClassOptions) {
    this.#standard = standard;
    this.#runtimes = runtimes;
    this.version = runtimes[standard]!.version;
  }

  begin(podUids: ReadonlySet<string>): void {
    for (const runtime of this.#all()) runtime.begin(podUids);
  }

  start(request: ContainerRequest): void {
    const runtime = this.#of(request.pod);
    if (runtime === undefined) this.#refuse(request);
    else this.#note(request, runtime).start(request);
  }

  adopt(request: ContainerRequest, startedAtMs: number): void {
    const runtime = this.#of(request.pod);
    if (runtime === undefined) this.#refuse(request);
    else this.#note(request, runtime).adopt(request, startedAtMs);
  }

  stop(id: string, graceSeconds: number): void {
    this.#byContainer.get(id)?.stop(id, graceSeconds);
    const refused = this.#refused.get(id);
    this.#refused.delete(id);
    refused?.listener.exited({ exitCode: 137, reason: 'ContainerStatusUnknown' });
  }

  simulate(id: string, act: SimulatedAct): boolean {
    return this.#byContainer.get(id)?.simulate?.(id, act) === true;
  }

  remove(id: string): void {
    // An older run may be one that this agent never heard of.
    for (const runtime of this.#owners(id)) runtime.remove(id);
    this.#byContainer.delete(id);
    this.#refused.delete(id);
  }

  leave(id: string): void {
    this.#byContainer.get(id)?.leave(id);
  }

  sharesHost(pod: Pod): boolean {
    return this.#of(pod)?.sharesHost(pod) === true;
  }

  podGone(podUid: string): void {
    for (const runtime of this.#all()) runtime.podGone(podUid);
    this.#byPod.delete(podUid);
  }

  async close(): Promise<void> {
    await Promise.all(this.#all().map((runtime) => runtime.close()));
  }

  async *logs(id: string, query: LogQuery): AsyncGenerator<LogEntry> {
    for (const runtime of this.#owners(id)) {
      try {
        yield* runtime.logs(id, query);
        return;
      } catch (error) {
        if (!(error instanceof ContainerStreamError)) throw error;
      }
    }
    throw new ContainerStreamError(`unable to retrieve container logs for ${id}`);
  }

  exec(id: string, command: readonly string[], io: ContainerIo): Promise<number> {
    return this.#running(id).exec(id, command, io);
  }

  attach(id: string, io: ContainerIo): Promise<void> {
    return this.#running(id).attach(id, io);
  }

  async dial(podUid: string, port: number, signal: AbortSignal): Promise<ByteStream> {
    const runtime = this.#byPod.get(podUid);
    if (runtime === undefined) throw new ContainerStreamError('the pod is not running');
    return runtime.dial(podUid, port, signal);
  }

  usage(id: string): ContainerUse | 'pending' | undefined {
    return this.#byContainer.get(id)?.usage?.(id);
  }

  async storage(podUid: string): Promise<PodStorage | undefined> {
    return this.#byPod.get(podUid)?.storage?.(podUid);
  }

  #all(): PodRuntime[] {
    return Object.values(this.#runtimes);
  }

  #of({ spec }: Pod): PodRuntime | undefined {
    const named = runtimeNames.find((name) => name === spec.runtimeClassName);
    return this.#runtimes[named ?? this.#standard];
  }

  #owners(id: string): PodRuntime[] {
    const known = this.#byContainer.get(id);
    return known === undefined ? this.#all() : [known];
  }

  #running(id: string): PodRuntime {
    const runtime = this.#byContainer.get(id);
    if (runtime === undefined) throw new ContainerStreamError(`container ${id} is not running`);
    return runtime;
  }

  #note({ id, pod }: ContainerRequest, runtime: PodRuntime): PodRuntime {
    this.#byContainer.set(id, runtime);
    this.#byPod.set(uidOf(pod), runtime);
    return runtime;
  }

  #refuse(request: ContainerRequest): void {
    this.#refused.set(request.id, request);
    request.listener.event({
      type: 'Warning',
      reason: 'FailedCreatePodSandBox',
      message:
        'Failed to create pod sandbox: failed to get sandbox runtime: ' +
        `no runtime for ${JSON.stringify(request.pod.spec.runtimeClassName)} is configured`,
      about: 'pod',
    });
  }
}
