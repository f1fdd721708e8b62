/** One run of a container, from its preparation to its end: a process and what belongs to it. */
import { rounded } from '../../api/long-integer.ts';
import { AssertionError } from '../../platform/assert.ts';
import { sleep, type Timer } from '../../platform/clock.ts';
import type { EndingSignal, ProcessId, SupervisedProcess } from '../../platform/processes.ts';
import { statusOf } from '../container-record.ts';
import { ContainerStreamError, type ContainerIo } from '../container-streams.ts';
import { ContainerProbes } from '../probes/container-probes.ts';
import { ProbeChecker, type ProbeActions } from '../probes/probe-check.ts';
import type { ContainerExit, ContainerListener, ContainerRequest } from '../runtime.ts';
import { Attachments } from './attachments.ts';
import { troubleOf } from './config-error.ts';
import { ContainerLog } from './container-log.ts';
import type { ContainerProcesses, MemoryLimit } from './container-processes.ts';
import { capture, execute, feed, type ExecPlace } from './exec.ts';
import { exitOf, KILLED_CODE, notLocated, outOfMemory, startError } from './exits.ts';
import { Hooks } from './hooks.ts';
import { memoryLimit } from './memory-limit.ts';
import type { PodKeep } from './pod-keep.ts';
import type { PortBook, Ports } from './port-book.ts';
import { ignoredFields, prepare, refuse, type PreparedContainer } from './preparation.ts';
import type { ProcessHost } from './process-host.ts';
import { readRecord, writeRecord, type RunRecord } from './run-record.ts';
import { terminationMessage } from './termination-message.ts';
import { followSizes, inTerminal, NO_TERMINAL_NOTE } from './terminal.ts';

/** How often what is missing is looked for again: first, and at most. */
const FIRST_RETRY_MS = 1000;
const MAX_RETRY_MS = 10_000;
/** How long a container may take to end when its agent does. */
const SHUTDOWN_GRACE_SECONDS = 3;
/** How long output is waited for once nothing of the container runs any more. */
const DRAIN_MS = 1000;

export interface RunOptions {
  readonly host: ProcessHost;
  readonly request: ContainerRequest;
  readonly pod: PodKeep;
  readonly ports: PortBook;
  readonly found: ContainerProcesses;
  /** What an earlier agent left is out of the way. */
  readonly begun: Promise<void>;
  readonly folder: string;
}

export class ContainerRun {
  readonly folder: string;
  readonly log: ContainerLog;
  /** Resolves when nothing of it runs any more and its log is closed. */
  readonly over: Promise<void>;
  readonly #options: RunOptions;
  readonly #abort = new AbortController();
  readonly #attachments = new Attachments();
  readonly #hooks: Hooks;
  #listener: ContainerListener | undefined;
  #process: SupervisedProcess | undefined;
  #record: RunRecord | undefined;
  #probes: ContainerProbes | undefined;
  #kill: { readonly timer: Timer; readonly atMs: number } | undefined;
  #ports: Ports = new Map();
  #told = '';
  #tookTooMuch = false;
  readonly #memory: MemoryLimit = {
    bytes: () => memoryLimit(this.#options.request),
    exceeded: () => {
      this.#tookTooMuch = true;
      this.#end('SIGKILL');
    },
  };
  #settle: () => void = () => {};
  #beginning: Promise<void> = Promise.resolve();

  constructor(options: RunOptions) {
    const { host, request, folder } = options;
    this.#options = options;
    this.#listener = request.listener;
    this.folder = folder;
    this.log = new ContainerLog({ ...host, path: `${folder}/log` });
    this.over = new Promise((settle) => (this.#settle = settle));
    this.#hooks = new Hooks(host, request, { actions: this.#actions() });
  }

  /** Of its container. */
  get name(): string {
    return this.#options.request.container.name;
  }

  get isRunning(): boolean {
    return this.#process !== undefined && !this.#abort.signal.aborted;
  }

  /** Where a port of the container really is; undefined if it declares no such port. */
  realPort(port: number): number | undefined {
    return this.#ports.get(port);
  }

  /** Resolves when nothing of it is left to be done, a start under way included. */
  get gone(): Promise<void> {
    return this.over.then(() => this.#beginning);
  }

  start(): void {
    this.#beginning = this.#logged(this.#start());
  }

  adopt(startedAtMs: number): void {
    this.#beginning = this.#logged(this.#adopt(startedAtMs));
  }

  #logged(work: Promise<void>): Promise<void> {
    const { host, request } = this.#options;
    return work.catch((error: unknown) =>
      host.logger.error({ err: error, container: request.id }, 'a container could not be run'),
    );
  }

  async #start(): Promise<void> {
    const { clock } = this.#options.host;
    const { signal } = this.#abort;
    await this.#options.begun;
    for (let retryMs = FIRST_RETRY_MS; !signal.aborted;) {
      try {
        const prepared = await this.#prepare();
        if (!signal.aborted) await this.#spawn(prepared);
        return;
      } catch (error) {
        if (!this.#tellWhyNot(error as Error)) return;
      }
      await sleep(clock, retryMs, signal);
      retryMs = Math.min(retryMs * 2, MAX_RETRY_MS);
    }
  }

  async #adopt(startedAtMs: number): Promise<void> {
    const { host, folder, found, ports, request } = this.#options;
    const record = await readRecord(host.disk, folder);
    const program = record && host.processes.takeOver(record.process, folder);
    if (this.#abort.signal.aborted) return;
    if (record === undefined || program === undefined) {
      const exitCode = host.processes.exitCode(folder);
      this.#sweep(record?.process);
      await this.log.end();
      const known = exitCode === undefined ? undefined : exitOf(exitCode);
      this.#finish(record?.exit ?? known ?? notLocated('the agent started again'));
      return;
    }
    this.#record = record;
    this.#process = program;
    found.follow(folder, program.id, { isNew: false, memory: this.#memory });
    this.#ports = new Map(record.ports);
    ports.reserve(this.#ports);
    void this.#follow(program);
    const { pod, container } = request;
    const started = statusOf(pod, container.name)?.started === true;
    this.#listener?.running();
    this.#probe(startedAtMs, started);
  }

  /** Called again, it may only shorten the grace. */
  stop(graceSeconds: number): void {
    const { clock } = this.#options.host;
    if (this.#process === undefined) {
      if (this.#abort.signal.aborted) return;
      void this.log.end();
      this.#finish(notLocated('the pod was terminated'));
      return;
    }
    const atMs = clock.monotonic() + rounded(graceSeconds) * 1000;
    const first = this.#kill === undefined;
    if (this.#kill !== undefined && this.#kill.atMs <= atMs) return;
    this.#kill?.timer.cancel();
    this.#kill = {
      atMs,
      timer: clock.after(rounded(graceSeconds) * 1000, () => this.#end('SIGKILL')),
    };
    if (!first) return;
    this.#probes?.terminating();
    void this.#hooks.preStop(this.#abort.signal).then(() => this.#end('SIGTERM'));
  }

  /** At once and without a word. */
  remove(): void {
    this.leave();
    if (this.#process === undefined) this.stop(0);
    else this.#end('SIGKILL');
  }

  /** Nobody listens any more. */
  leave(): void {
    this.#listener = undefined;
    this.#probes?.stop();
  }

  /** The agent ends, and with it the container. */
  shutDown(): Promise<void> {
    this.leave();
    if (this.#process === undefined) this.stop(0);
    else {
      const { clock } = this.#options.host;
      const timer = clock.after(SHUTDOWN_GRACE_SECONDS * 1000, () => this.#end('SIGKILL'));
      void this.over.then(() => timer.cancel());
      this.#end('SIGTERM');
    }
    return this.gone;
  }

  exec(command: readonly string[], io: ContainerIo): Promise<number> {
    return execute(this.#options.host, this.#place(), { command, io });
  }

  async attach(io: ContainerIo): Promise<void> {
    const { host, request } = this.#options;
    const { container } = request;
    this.#place();
    const program = this.#process!;
    const left = new AbortController();
    const signal = AbortSignal.any([io.signal, left.signal]);
    if (program.stdin !== undefined)
      void feed(io.stdin, program.stdin, { last: container.stdinOnce === true && !!io.stdin });
    if (container.tty === true)
      followSizes({ ...host, signal }, program.id, io.resizes).catch(() => {});
    try {
      await this.#attachments.join(io);
    } finally {
      left.abort();
    }
  }

  async #prepare(): Promise<PreparedContainer> {
    const { host, request, pod, ports, folder } = this.#options;
    const { container } = request;
    refuse(container);
    if (this.#ports.size === 0) this.#ports = await ports.allocate(request.pod, container);
    const { objects, volumes } = pod;
    const own = { ports: this.#ports, folder, pod: request.pod, container };
    return prepare({ host, objects, volumes, ...own });
  }

  /** Why it does not run; false if nothing will ever change that. */
  #tellWhyNot(error: Error): boolean {
    if (error instanceof AssertionError) throw error;
    const { event, waiting, isLasting } = troubleOf(error);
    const isNews = error.message !== this.#told;
    this.#told = error.message;
    if (isNews && event !== undefined) this.#listener?.event(event);
    if (isNews && waiting !== undefined) this.#listener?.waiting(waiting);
    return !isLasting;
  }

  async #spawn(prepared: PreparedContainer): Promise<void> {
    const { host, request, folder, found } = this.#options;
    const { processes, clock } = host;
    const { container, pod } = request;
    const { command, env, cwd } = prepared;
    const [name = '', ...args] = command;
    const path = processes.find(name, { path: env['PATH'] ?? '', cwd });
    if (path === undefined)
      return this.#notStarted(
        `exec: ${JSON.stringify(name)}: ` +
          (name.includes('/') ? 'no such file or directory' : 'executable file not found in $PATH'),
      );
    const words = [path, ...args];
    const inside = container.tty === true ? inTerminal(processes, words, { env }) : undefined;
    let program: SupervisedProcess;
    try {
      const once = container.stdinOnce === true;
      const stdin = container.stdin !== true ? 'none' : once ? 'once' : 'kept';
      program = await processes.supervise({ command: inside ?? words, env, cwd, folder, stdin });
    } catch (error) {
      return this.#notStarted((error as Error).message);
    }
    // It was stopped or removed meanwhile.
    if (this.#abort.signal.aborted) {
      this.#sweep(program.id);
      await program.exited;
      program.close();
      return;
    }
    this.#process = program;
    found.follow(folder, program.id, { isNew: true, memory: this.#memory });
    const ports = [...this.#ports];
    this.#record = { container: container.name, process: program.id, env, cwd, ports };
    await writeRecord(host.files, folder, this.#record);
    void this.#follow(program);
    if (container.tty === true && inside === undefined)
      await this.log.write('stderr', Buffer.from(NO_TERMINAL_NOTE));
    const ignored = ignoredFields(pod, container);
    if (ignored.length > 0)
      this.#listener?.event({
        type: 'Warning',
        reason: 'NotIsolated',
        message: `the process runtime has no effect for: ${ignored.join(', ')}`,
      });
    this.#listener?.running();
    const failure = await this.#hooks.postStart(this.#abort.signal);
    if (failure !== undefined) return this.stop(pod.spec.terminationGracePeriodSeconds ?? 30);
    this.#probe(clock.now(), false);
  }

  async #notStarted(why: string): Promise<void> {
    const message = `failed to create containerd task: ${why}`;
    const event = { type: 'Warning', reason: 'Failed', message: `Error: ${why}` } as const;
    this.#listener?.event(event);
    await this.log.end();
    this.#finish({ ...startError, message });
  }

  #probe(startedAtMs: number, started: boolean): void {
    if (this.#listener === undefined || !this.isRunning) return;
    const { host, request } = this.#options;
    const { container } = request;
    const { check } = new ProbeChecker(container, host.clock, this.#actions());
    const own = { container, check, startedAtMs, started, listener: this.#listener };
    this.#probes = new ContainerProbes({ ...own, clock: host.clock });
    this.#probes.start();
    if (this.#kill !== undefined) this.#probes.terminating();
  }

  #actions(): ProbeActions {
    const { host } = this.#options;
    const { network, http } = host;
    return {
      exec: (command, signal) => capture(host, this.#place(), { command, signal }),
      http,
      // Containers share the host's network.
      host: '127.0.0.1',
      connect: async (at, signal) => (await network.dial(at, signal)).destroy(),
      grpcHealth: (at, signal) => network.grpcHealth(at, signal),
      hostPort: (port) => this.#ports.get(port) ?? port,
    };
  }

  #place(): ExecPlace {
    if (!this.isRunning || this.#record === undefined)
      throw new ContainerStreamError(
        `container ${this.#options.request.container.name} is not running`,
      );
    return this.#record;
  }

  #end(signal: EndingSignal): void {
    if (this.#process === undefined || this.#abort.signal.aborted) return;
    this.#options.found.signal(this.folder, this.#process.id, signal);
  }

  #sweep(id: ProcessId | undefined): void {
    this.#options.found.signal(this.folder, id, 'SIGKILL');
  }

  async #follow(program: SupervisedProcess): Promise<void> {
    const { clock } = this.#options.host;
    const outputs = Promise.all(
      (['stdout', 'stderr'] as const).map(async (stream) => {
        for await (const bytes of program[stream]) {
          this.#attachments.push({ stream, bytes });
          await this.log.write(stream, bytes);
        }
      }),
    ).catch((error: unknown) =>
      this.#options.host.logger.warn({ err: error }, 'output of a container was lost'),
    );
    const code = (await program.exited) ?? KILLED_CODE;
    // As when a container's first process ends: nothing of the container goes on.
    this.#sweep(program.id);
    this.#options.found.forget(this.folder);
    const drained = new AbortController();
    await Promise.race([outputs, sleep(clock, DRAIN_MS, drained.signal)]);
    drained.abort();
    program.close();
    await outputs;
    await this.log.end();
    const { host, folder, request } = this.#options;
    const told = await terminationMessage({
      files: host.files,
      container: request.container,
      log: this.log,
      exitCode: code,
      root: `${folder}/root`,
    });
    const isOver = this.#tookTooMuch && code === KILLED_CODE;
    const exit = { ...(isOver ? outOfMemory : exitOf(code)), ...told };
    if (this.#record !== undefined)
      await writeRecord(host.files, folder, { ...this.#record, exit }).catch(() => {});
    this.#finish(exit);
  }

  #finish(exit: ContainerExit): void {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort();
    this.#kill?.timer.cancel();
    this.#probes?.stop();
    this.#attachments.end();
    this.#options.ports.release(this.#ports);
    this.#settle();
    this.#listener?.exited(exit);
  }
}
