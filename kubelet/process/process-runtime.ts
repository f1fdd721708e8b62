/**
 * The process runtime: a container is a process of this machine, started by the node agent.
 *
 * In: pods and what they name. Out: processes, their logs, commands beside them, connections to
 * their ports. It isolates nothing: containers see the machine's files, network and processes with
 * the rights of the agent. What a container leaves running is ended with it, and measured with it
 * (`container-processes.ts`). An agent that is killed leaves its containers running;
 * the next one of the same folder takes them over. An agent that stops ends them.
 */
import { uidOf } from '../../api/meta.ts';
import type { ByteStream } from '../../platform/bytes/byte-stream.ts';
import { assert } from '../../platform/assert.ts';
import {
  ContainerStreamError,
  type ContainerIo,
  type ContainerUse,
  type LogEntry,
  type LogQuery,
  type PodStorage,
} from '../container-streams.ts';
import type { ContainerRequest, PodRuntime } from '../runtime.ts';
import { ContainerLog } from './container-log.ts';
import { ContainerProcesses } from './container-processes.ts';
import { ContainerRun } from './container-run.ts';
import { keepPod, type PodKeep } from './pod-keep.ts';
import { PortBook } from './port-book.ts';
import { CONTAINER_VARIABLE, podFolder, type ProcessHost, runFolder } from './process-host.ts';

export class ProcessRuntime implements PodRuntime {
  readonly version = 'process://0.1.0';
  readonly #host: ProcessHost;
  readonly #ports: PortBook;
  readonly #found: ContainerProcesses;
  readonly #runs = new Map<string, { readonly podUid: string; readonly run: ContainerRun }>();
  readonly #pods = new Map<string, PodKeep>();
  #begun: Promise<void> = Promise.resolve();
  /** Removals under way. */
  readonly #working = new Set<Promise<void>>();

  constructor(host: ProcessHost) {
    this.#host = host;
    this.#ports = new PortBook(host.network);
    this.#found = new ContainerProcesses(host);
  }

  begin(podUids: ReadonlySet<string>): void {
    this.#begun = this.#clear(podUids).catch((error: unknown) =>
      this.#host.logger.warn({ err: error }, 'what an earlier agent left is not cleared'),
    );
  }

  start(request: ContainerRequest): void {
    const run = this.#add(request);
    run.start();
  }

  adopt(request: ContainerRequest, startedAtMs: number): void {
    const run = this.#add(request);
    run.adopt(startedAtMs);
  }

  stop(id: string, graceSeconds: number): void {
    this.#runs.get(id)?.run.stop(graceSeconds);
  }

  remove(id: string): void {
    const known = this.#runs.get(id);
    known?.run.remove();
    this.#work(async () => {
      await known?.run.gone;
      this.#runs.delete(id);
      const folder = known?.run.folder ?? (await this.#locate(id));
      if (folder !== undefined) await this.#host.disk.remove(folder);
    });
  }

  sharesHost(): boolean {
    return true;
  }

  leave(id: string): void {
    this.#runs.get(id)?.run.leave();
  }

  podGone(podUid: string): void {
    const runs = [...this.#runs].filter(([, known]) => known.podUid === podUid);
    for (const [, { run }] of runs) run.remove();
    this.#pods.get(podUid)?.volumes.stop();
    this.#pods.delete(podUid);
    this.#work(async () => {
      await Promise.all(runs.map(([, { run }]) => run.gone));
      for (const [id] of runs) this.#runs.delete(id);
      await this.#host.disk.remove(podFolder(this.#host.root, podUid));
    });
  }

  async *logs(id: string, query: LogQuery): AsyncGenerator<LogEntry> {
    const log = this.#runs.get(id)?.run.log ?? (await this.#oldLog(id));
    if (log === undefined)
      throw new ContainerStreamError(`unable to retrieve container logs for process://${id}`);
    yield* log.read(query);
  }

  exec(id: string, command: readonly string[], io: ContainerIo): Promise<number> {
    return this.#running(id).exec(command, io);
  }

  attach(id: string, io: ContainerIo): Promise<void> {
    return this.#running(id).attach(io);
  }

  async dial(podUid: string, port: number, signal: AbortSignal): Promise<ByteStream> {
    const runs = [...this.#runs.values()].filter((known) => known.podUid === podUid);
    const real = runs.map(({ run }) => run.realPort(port)).find((each) => each !== undefined);
    const { network } = this.#host;
    const at = (host: string) => network.dial({ host, port: real ?? port }, signal);
    // A server that listens on "localhost" may have got either family.
    return at('127.0.0.1').catch((error: Error) =>
      at('::1').catch(() => {
        throw new ContainerStreamError(
          `failed to connect to localhost:${real ?? port} of the pod: ${error.message}`,
        );
      }),
    );
  }

  usage(id: string): ContainerUse | 'pending' | undefined {
    const run = this.#runs.get(id)?.run;
    return run && (this.#found.use(run.folder) ?? 'pending');
  }

  /** Files that come and go meanwhile may be counted or not. */
  async storage(podUid: string): Promise<PodStorage> {
    const { files } = this.#host;
    const containers = new Map<string, number>();
    for (const { podUid: uid, run } of [...this.#runs.values()]) {
      if (uid !== podUid) continue;
      const bytes = await files.bytesBelow(run.folder);
      containers.set(run.name, (containers.get(run.name) ?? 0) + bytes);
    }
    const volumes = new Map<string, number>();
    for (const [name, path] of this.#pods.get(podUid)?.volumes.emptyDirs ?? [])
      volumes.set(name, await files.bytesBelow(path));
    return { containers, volumes };
  }

  /** Ends every container: what runs without its agent is nobody's. */
  async close(): Promise<void> {
    for (const { volumes } of this.#pods.values()) volumes.stop();
    await this.#begun;
    await Promise.all([...this.#runs.values()].map(({ run }) => run.shutDown()));
    await Promise.all([...this.#working]);
    await this.#host.http.close();
  }

  #add(request: ContainerRequest): ContainerRun {
    const { id, pod } = request;
    assert(!this.#runs.has(id), `container ${id} runs already`);
    const podUid = uidOf(pod);
    const keep = this.#pods.get(podUid) ?? keepPod(this.#host, pod);
    this.#pods.set(podUid, keep);
    const run = new ContainerRun({
      host: this.#host,
      request,
      pod: keep,
      ports: this.#ports,
      found: this.#found,
      begun: this.#begun,
      folder: runFolder(this.#host.root, podUid, id),
    });
    this.#runs.set(id, { podUid, run });
    return run;
  }

  #work(task: () => Promise<void>): void {
    const done: Promise<void> = task()
      .catch((error: unknown) => this.#host.logger.warn({ err: error }, 'not removed'))
      .finally(() => this.#working.delete(done));
    this.#working.add(done);
  }

  #running(id: string): ContainerRun {
    const run = this.#runs.get(id)?.run;
    if (run?.isRunning !== true) throw new ContainerStreamError(`container ${id} is not running`);
    return run;
  }

  /** The folder of a run that an earlier agent saw. */
  async #locate(id: string): Promise<string | undefined> {
    const { disk, files, root } = this.#host;
    if (!/^[0-9a-f]+$/.test(id)) return undefined;
    for (const uid of await disk.list(`${root}/pods`)) {
      const folder = runFolder(root, uid, id);
      if ((await files.kindOf(folder)) === 'folder') return folder;
    }
    return undefined;
  }

  async #oldLog(id: string): Promise<ContainerLog | undefined> {
    const folder = await this.#locate(id);
    if (folder === undefined) return undefined;
    return new ContainerLog({ ...this.#host, path: `${folder}/log` }).endedBefore();
  }

  /** Ends what an earlier agent left running and nobody took over; forgets pods that are gone. */
  async #clear(podUids: ReadonlySet<string>): Promise<void> {
    const { processes, disk, root } = this.#host;
    // The pods that go on are taken over in this same turn.
    await Promise.resolve();
    const kept = new Set([...this.#runs.values()].map(({ run }) => run.folder));
    for (const { id, value } of processes.withVariable(CONTAINER_VARIABLE))
      if (value.startsWith(`${root}/`) && !kept.has(value)) processes.signal(id, 'SIGKILL');
    for (const uid of await disk.list(`${root}/pods`))
      if (!podUids.has(uid)) await disk.remove(podFolder(root, uid));
  }
}
