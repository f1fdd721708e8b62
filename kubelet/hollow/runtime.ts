import { HOLLOW_RUNTIME } from '../../api/hollow-usage.ts';
import { assert } from '../../platform/assert.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Client } from '../../client/interface.ts';
import type { ByteStream } from '../../platform/bytes/byte-stream.ts';
import {
  ContainerStreamError,
  type ContainerIo,
  type LogEntry,
  type LogQuery,
} from '../container-streams.ts';
import { HollowContainer, type HollowHost } from './container.ts';
import { exitOf, KILLED_CODE } from '../process/exits.ts';
import type { ContainerRequest, PodRuntime, SimulatedAct } from '../runtime.ts';
import type { HollowShell } from '../shell/hollow-shell.ts';

/** Runs no containers: it simulates them ({@link HollowContainer}). */
export class HollowRuntime implements PodRuntime {
  readonly version = `${HOLLOW_RUNTIME}0.1.0`;
  readonly #host: HollowHost;
  readonly #containers = new Map<string, HollowContainer>();
  /** Loaded when somebody runs a command. */
  #shell: Promise<HollowShell> | undefined;

  /** `client`: tells commands what is in a pod. Without one there are no commands. */
  constructor(clock: Clock, client?: Client) {
    const load = (client: Client) => () =>
      (this.#shell ??= import('../shell/hollow-shell.ts').then(
        ({ HollowShell }) => new HollowShell(client, clock),
      ));
    this.#host = { clock, loadShell: client === undefined ? undefined : load(client) };
  }

  /** Nothing of an earlier agent's is kept. */
  begin(): void {}

  start(request: ContainerRequest): void {
    this.#add(request).start();
  }

  adopt(request: ContainerRequest, startedAtMs: number): void {
    this.#add(request).adopt(startedAtMs);
  }

  stop(id: string, graceSeconds: number): void {
    this.#containers.get(id)?.stop(graceSeconds);
  }

  simulate(id: string, act: SimulatedAct): boolean {
    const container = this.#containers.get(id);
    if (container?.isRunning !== true) return false;
    return 'exit' in act ? container.end(act.exit) : container.makeReady(act.ready);
  }

  remove(id: string): void {
    this.#containers.get(id)?.finish();
    if (!this.#containers.delete(id)) return;
    void this.#shell?.then((shell) => shell.containerGone(id));
  }

  leave(id: string): void {
    this.remove(id);
  }

  podGone(podUid: string): void {
    void this.#shell?.then((shell) => shell.podGone(podUid));
  }

  sharesHost(): boolean {
    return false;
  }

  async close(): Promise<void> {}

  async *logs(id: string, query: LogQuery): AsyncGenerator<LogEntry> {
    const container = this.#containers.get(id);
    if (container === undefined || !(await container.hasLog()))
      throw new ContainerStreamError(
        `unable to retrieve container logs for ${this.version.split('://')[0]}://${id}`,
      );
    yield* container.logs(query);
  }

  /** Answered by a small shell; a command ends with its container. */
  async exec(id: string, command: readonly string[], io: ContainerIo): Promise<number> {
    const container = this.#running(id);
    const { loadShell } = this.#host;
    if (loadShell === undefined) throw new ContainerStreamError('nothing tells what is in the pod');
    const shell = await loadShell();
    const over = new AbortController();
    const signal = AbortSignal.any([io.signal, over.signal]);
    const ended = container.wait({}, signal).then(() => KILLED_CODE);
    try {
      const work = shell.exec(container.shown, command, { ...io, signal });
      return await Promise.race([work, ended]);
    } finally {
      over.abort();
    }
  }

  /**
   * Shows what is written from now on; what is typed goes nowhere, unless the container is a shell
   * that reads its input: then it is talked to, and ends as that shell does.
   */
  async attach(id: string, io: ContainerIo): Promise<void> {
    const container = this.#running(id);
    const shell = io.stdin === undefined ? undefined : container.shell;
    if (shell !== undefined && this.#host.loadShell !== undefined) {
      const code = await this.exec(id, shell, io);
      if (!io.signal.aborted) container.end(exitOf(code));
      return;
    }
    const query = { tailLines: 0, follow: true, signal: io.signal };
    for await (const { line, partial = false } of this.logs(id, query)) {
      const newline = io.tty ? '\r\n' : '\n';
      await io.stdout?.write(Buffer.concat([line, Buffer.from(partial ? '' : newline)]));
    }
  }

  async dial(_podUid: string, port: number): Promise<ByteStream> {
    throw new ContainerStreamError(`the pod is hollow: nothing listens on port ${port} in it`);
  }

  #add(request: ContainerRequest): HollowContainer {
    assert(!this.#containers.has(request.id), `container ${request.id} runs already`);
    const container = new HollowContainer(this.#host, request);
    this.#containers.set(request.id, container);
    return container;
  }

  #running(id: string): HollowContainer {
    const container = this.#containers.get(id);
    if (container?.isRunning !== true)
      throw new ContainerStreamError(`container ${id} is not running`);
    return container;
  }
}
