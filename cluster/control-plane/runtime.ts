import { uidOf } from '../../api/meta.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import {
  ContainerStreamError,
  type ContainerIo,
  type ContainerUse,
  type LogEntry,
  type LogQuery,
} from '../../kubelet/container-streams.ts';
import type {
  ContainerExit,
  ContainerRequest,
  PodRuntime,
  SimulatedAct,
} from '../../kubelet/runtime.ts';
import type { ByteStream } from '../../platform/bytes/byte-stream.ts';
import { realClock } from '../../platform/node/clock.ts';
import { realLocalNetwork } from '../../platform/node/net/local-network.ts';
import { HOST } from '../options.ts';
import { componentLog } from './component-log.ts';
import { execEtcdctl } from './etcdctl-exec.ts';
import type { ControlPlanePart, PartStates } from './parts.ts';

/** Times in a pod's status are whole seconds. */
const SECOND_MS = 1000;

interface Stand {
  readonly request: ContainerRequest;
  readonly part: ControlPlanePart;
  /** Of the run of the component that this container is; undefined until it runs. */
  startedAt: number | undefined;
  /** Set once that is over. */
  endedAt: number | undefined;
}

export interface ControlPlaneOptions {
  readonly parts: readonly ControlPlanePart[];
  readonly states: PartStates;
  /** True for the static pods of the parts, which nobody else can make. */
  readonly isPart: (pod: Pod) => boolean;
  /** Runs every other pod of the node. */
  readonly others: PodRuntime;
}

/**
 * Containers that stand for components of the control plane: each runs while its component does
 * and ends when that dies. They are never stopped by a pod's end: components have a supervisor.
 */
export class ControlPlaneRuntime implements PodRuntime {
  readonly version: string;
  readonly #options: ControlPlaneOptions;
  readonly #stands = new Map<string, Stand>();
  readonly #end: () => void;

  constructor(options: ControlPlaneOptions) {
    this.#options = options;
    this.version = options.others.version;
    this.#end = options.states.follow(() => this.#look());
  }

  begin(podUids: ReadonlySet<string>): void {
    this.#options.others.begin(podUids);
  }

  start(request: ContainerRequest): void {
    const part = this.#partOf(request);
    if (part === undefined) return this.#options.others.start(request);
    const stand: Stand = { request, part, startedAt: undefined, endedAt: undefined };
    this.#stands.set(request.id, stand);
    this.#rise(stand);
  }

  /** A component that was started meanwhile is another container than the one there was. */
  adopt(request: ContainerRequest, startedAtMs: number): void {
    const part = this.#partOf(request);
    if (part === undefined) return this.#options.others.adopt(request, startedAtMs);
    const startedAt = this.#options.states.of(part.component)?.startedAt;
    const same = startedAt !== undefined && startedAt < startedAtMs + SECOND_MS;
    const stand: Stand = {
      request,
      part,
      endedAt: undefined,
      startedAt: same ? startedAt : startedAtMs,
    };
    this.#stands.set(request.id, stand);
    if (same) request.listener.ready(true);
    else this.#fall(stand, { exitCode: 255, reason: 'Unknown', outage: true });
  }

  stop(id: string, graceSeconds: number): void {
    const stand = this.#stands.get(id);
    if (stand === undefined) this.#options.others.stop(id, graceSeconds);
    else this.#fall(stand, { exitCode: 0, reason: 'Completed' });
  }

  /** Components are real. */
  simulate(id: string, act: SimulatedAct): boolean {
    return !this.#stands.has(id) && this.#options.others.simulate?.(id, act) === true;
  }

  remove(id: string): void {
    if (!this.#stands.delete(id)) this.#options.others.remove(id);
  }

  leave(id: string): void {
    if (!this.#stands.delete(id)) this.#options.others.leave(id);
  }

  sharesHost(pod: Pod): boolean {
    return this.#options.others.sharesHost(pod);
  }

  podGone(podUid: string): void {
    this.#options.others.podGone(podUid);
  }

  async close(): Promise<void> {
    this.#end();
    await this.#options.others.close();
  }

  logs(id: string, query: LogQuery): AsyncIterable<LogEntry> {
    const stand = this.#stands.get(id);
    if (stand === undefined) return this.#options.others.logs(id, query);
    const { part, startedAt, endedAt } = stand;
    if (startedAt === undefined)
      throw new ContainerStreamError(`component ${part.component} is not running`);
    return componentLog(part, { startedAt, endedAt }, query);
  }

  usage(id: string): ContainerUse | 'pending' | undefined {
    return this.#stands.has(id) ? undefined : this.#options.others.usage?.(id);
  }

  async exec(id: string, command: readonly string[], io: ContainerIo): Promise<number> {
    const stand = this.#stands.get(id);
    if (stand === undefined) return this.#options.others.exec(id, command, io);
    const { part } = stand;
    const address = this.#options.states.of(part.component)?.address;
    const [program = '', ...args] = command;
    const isStore = part.name.startsWith('etcd') && address !== undefined;
    if (isStore && /^(.*\/)?etcdctl$/.test(program)) return execEtcdctl(address, args, io);
    const known = isStore ? 'only etcdctl can be run in it' : 'nothing can be run in it';
    throw new ContainerStreamError(
      `exec: ${JSON.stringify(program)}: executable file not found in $PATH: this container ` +
        `stands for a component of the control plane, and ${known}`,
    );
  }

  async attach(id: string, io: ContainerIo): Promise<void> {
    if (!this.#stands.has(id)) return this.#options.others.attach(id, io);
    const query = { tailLines: 0, follow: true, signal: io.signal };
    for await (const { line } of this.logs(id, query)) {
      await io.stdout?.write(Buffer.concat([line, Buffer.from(io.tty ? '\r\n' : '\n')]));
    }
  }

  async dial(podUid: string, port: number, signal: AbortSignal): Promise<ByteStream> {
    const stand = [...this.#stands.values()].find(({ request }) => uidOf(request.pod) === podUid);
    if (stand === undefined) return this.#options.others.dial(podUid, port, signal);
    const address = this.#options.states.of(stand.part.component)?.address;
    if (address === undefined || Number(new URL(address).port) !== port)
      throw new ContainerStreamError(`${stand.part.name} does not listen on port ${port}`);
    return realLocalNetwork.dial({ host: HOST, port }, signal);
  }

  #partOf({ pod, container }: ContainerRequest): ControlPlanePart | undefined {
    if (!this.#options.isPart(pod)) return undefined;
    return this.#options.parts.find(({ name }) => name === container.name);
  }

  #rise(stand: Stand): void {
    const { part, request } = stand;
    const startedAt = this.#options.states.of(part.component)?.startedAt;
    if (startedAt === undefined) return;
    stand.startedAt = startedAt;
    request.listener.running();
    request.listener.ready(true);
  }

  /** Something changed with the components. */
  #look(): void {
    for (const stand of [...this.#stands.values()]) {
      if (stand.endedAt !== undefined) continue;
      const startedAt = this.#options.states.of(stand.part.component)?.startedAt;
      if (stand.startedAt === undefined) this.#rise(stand);
      else if (stand.startedAt !== startedAt) this.#fall(stand, { exitCode: 137, reason: 'Error' });
    }
  }

  #fall(stand: Stand, exit: ContainerExit): void {
    stand.endedAt = realClock.now();
    stand.request.listener.exited(exit);
  }
}
