import type { Container } from '../api/types/core-v1.ts';
import { assert } from '../platform/assert.ts';
import type { Clock, Timer } from '../platform/clock.ts';
import type { Client } from '../client/interface.ts';
import type { ByteStream } from '../platform/byte-stream.ts';
import {
  ContainerStreamError,
  type ContainerIo,
  type LogEntry,
  type LogQuery,
} from './container-streams.ts';
import { behaviourOf, type Behaviour } from './hollow-behaviour.ts';
import { AdvancedClock } from './advanced-clock.ts';
import { HollowLog, type SimulatedLog } from './hollow-log.ts';
import type { SimulatedContainer } from './shell/container-view.ts';
import type { HollowShell, MainCommand } from './shell/hollow-shell.ts';
import { WrittenLog } from './written-log.ts';
import type { ContainerExit, ContainerRequest, PodRuntime, SimulatedAct } from './runtime.ts';

/** SIGKILL, as shells count it. */
const killedCode = 137;

function exitWith(exitCode: number): ContainerExit {
  return { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error' };
}

/** What a kubelet tells of a container whose liveness probe fails for good. */
function declineOf({ container, listener }: ContainerRequest): void {
  const message = 'Liveness probe failed: wherry.io/unhealthy-after-seconds have passed';
  const grace = container.livenessProbe?.terminationGracePeriodSeconds;
  listener.event({ type: 'Warning', reason: 'Unhealthy', message });
  listener.unhealthy({
    probe: 'liveness',
    ...(grace === undefined ? {} : { graceSeconds: grace }),
  });
}

/** Without a command, an image that wants a terminal is taken for one that begins a shell. */
function shellOf({ stdin, tty, command, args = [] }: Container): readonly string[] | undefined {
  if (stdin !== true) return undefined;
  const words = [...(command ?? []), ...args];
  if (words.length === 0) return tty === true ? ['sh'] : undefined;
  return words.length === 1 && /^(\/bin\/)?(ba|a|da)?sh$/.test(words[0]!) ? words : undefined;
}

/** A command, or an image's arguments, that nobody is to talk to. */
function mayBeKnown({ request: { container }, behaviour }: Simulated): boolean {
  if (behaviour.isTold || shellOf(container) !== undefined) return false;
  return (container.command?.length ?? 0) + (container.args?.length ?? 0) > 0;
}

interface Simulated {
  readonly request: ContainerRequest;
  readonly behaviour: Behaviour;
  /** The one thing it waits for to happen by itself; readiness has a timer of its own. */
  next: Timer | undefined;
  readiness: Timer | undefined;
  /** Until its liveness probe fails. */
  decline: Timer | undefined;
  /** Set while it is being stopped: when its end is due, by the monotonic clock. */
  stopAtMs: number | undefined;
  /** Set once it runs. */
  log: SimulatedLog | undefined;
  /** Settled when it is known whether its command can be carried out. */
  considering: Promise<void> | undefined;
  /** Ends its command; set once that runs. */
  ending: AbortController | undefined;
  over: boolean;
  /** Those who wait for its end; made when the first one does. */
  waiting: Set<() => void> | undefined;
  /** Those of them whom the next line wakes. */
  reading: Set<() => void> | undefined;
}

/** How a simulated container came to run. */
interface Run {
  readonly pullMs: number | undefined;
  readonly ranMs: number;
  /** False if an earlier agent started it. */
  readonly isNew: boolean;
}

/** Who may wait for the end of one container at a time. */
const maxWaiting = 100;

/**
 * Containers start, become ready and end as {@link behaviourOf} says, or as their own commands do
 * where the small shell knows all of them. A container that runs for ever and was not told
 * otherwise costs no timer.
 */
export class HollowRuntime implements PodRuntime {
  readonly version = 'wherry://0.1.0';
  readonly #clock: Clock;
  readonly #client: Client | undefined;
  readonly #containers = new Map<string, Simulated>();
  /** Loaded when somebody runs a command. */
  #shell: Promise<HollowShell> | undefined;

  /** `client`: tells commands what is in a pod. Without one there are no commands. */
  constructor(clock: Clock, client?: Client) {
    this.#clock = clock;
    this.#client = client;
  }

  /** Nothing of an earlier agent's is kept. */
  begin(): void {}

  start(request: ContainerRequest): void {
    const simulated = this.#add(request);
    const { startMs } = simulated.behaviour;
    if (startMs === 0) {
      this.#run(simulated, { pullMs: undefined, ranMs: 0, isNew: true });
      return;
    }
    request.listener.pulling();
    const run = { pullMs: startMs, ranMs: 0, isNew: true };
    simulated.next = this.#clock.after(startMs, () => this.#run(simulated, run));
  }

  adopt(request: ContainerRequest, startedAtMs: number): void {
    const ranMs = Math.max(0, this.#clock.now() - startedAtMs);
    this.#run(this.#add(request), { pullMs: undefined, ranMs, isNew: false });
  }

  stop(id: string, graceSeconds: number): void {
    const simulated = this.#containers.get(id);
    if (simulated === undefined || simulated.over) return;
    const { stopMs } = simulated.behaviour;
    const graceMs = graceSeconds * 1000;
    const inTime = stopMs <= graceMs;
    const now = this.#clock.monotonic();
    const stopAtMs = now + (inTime ? stopMs : graceMs);
    if (simulated.stopAtMs !== undefined && simulated.stopAtMs <= stopAtMs) return;
    simulated.stopAtMs = stopAtMs;
    simulated.next?.cancel();
    const exit = inTime ? exitWith(0) : exitWith(killedCode);
    if (stopAtMs === now) this.#end(simulated, exit);
    else simulated.next = this.#clock.after(stopAtMs - now, () => this.#end(simulated, exit));
  }

  simulate(id: string, act: SimulatedAct): boolean {
    const simulated = this.#containers.get(id);
    if (simulated?.log === undefined || simulated.over) return false;
    if ('exit' in act) this.#end(simulated, act.exit);
    else {
      simulated.readiness?.cancel();
      simulated.request.listener.ready(act.ready);
    }
    return true;
  }

  remove(id: string): void {
    const simulated = this.#containers.get(id);
    if (simulated === undefined) return;
    this.#finish(simulated);
    this.#containers.delete(id);
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
    const simulated = this.#containers.get(id);
    await simulated?.considering;
    const log = simulated?.log;
    if (log === undefined)
      throw new ContainerStreamError(
        `unable to retrieve container logs for ${this.version.split('://')[0]}://${id}`,
      );
    let line = log.first(this.#clock.now(), query);
    while (!query.signal.aborted) {
      for (const size = log.size(this.#clock.now()); line < size; line++) yield log.entry(line);
      if (line < log.size(this.#clock.now())) continue;
      if (!query.follow || simulated!.over) return;
      const next = { atMs: log.atMs(line), isReading: true };
      await this.#change(simulated!, next, query.signal);
    }
  }

  /** Answered by a small shell; a command ends with its container. */
  async exec(id: string, command: readonly string[], io: ContainerIo): Promise<number> {
    const simulated = this.#running(id);
    const client = this.#client;
    if (client === undefined) throw new ContainerStreamError('nothing tells what is in the pod');
    const shell = await this.#loadShell(client);
    const over = new AbortController();
    const signal = AbortSignal.any([io.signal, over.signal]);
    const ended = this.#change(simulated, {}, signal).then(() => killedCode);
    try {
      const work = shell.exec(this.#shown(simulated), command, { ...io, signal });
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
    const simulated = this.#running(id);
    const shell = io.stdin === undefined ? undefined : shellOf(simulated.request.container);
    if (shell !== undefined && this.#client !== undefined) {
      const code = await this.exec(id, shell, io);
      if (!simulated.over && !io.signal.aborted) this.#end(simulated, exitWith(code));
      return;
    }
    const query = { tailLines: 0, follow: true, signal: io.signal };
    for await (const { line } of this.logs(id, query)) {
      await io.stdout?.write(Buffer.concat([line, Buffer.from(io.tty ? '\r\n' : '\n')]));
    }
  }

  async dial(_podUid: string, port: number): Promise<ByteStream> {
    throw new ContainerStreamError(`the pod is hollow: nothing listens on port ${port} in it`);
  }

  #running(id: string): Simulated {
    const simulated = this.#containers.get(id);
    if (simulated?.log === undefined || simulated.over)
      throw new ContainerStreamError(`container ${id} is not running`);
    return simulated;
  }

  #loadShell(client: Client): Promise<HollowShell> {
    return (this.#shell ??= import('./shell/hollow-shell.ts').then(
      ({ HollowShell }) => new HollowShell(client, this.#clock),
    ));
  }

  /** As commands find it. */
  #shown({ request, log }: Simulated): SimulatedContainer {
    const terminate = (): void => this.stop(request.id, Infinity);
    return { request, startedAtMs: log!.startedAtMs, terminate };
  }

  /**
   * Resolves at that time, when the container has ended, or when the signal aborts; for one who
   * reads its log, after the next line too.
   */
  #change(
    simulated: Simulated,
    { atMs, isReading = false }: { readonly atMs?: number | undefined; isReading?: boolean },
    signal: AbortSignal,
  ): Promise<void> {
    const waiting = (simulated.waiting ??= new Set());
    const reading = (simulated.reading ??= new Set());
    if (waiting.size >= maxWaiting)
      return Promise.reject(new ContainerStreamError('too many follow this container'));
    return new Promise((resolve) => {
      const done = (): void => {
        timer?.cancel();
        waiting.delete(done);
        reading.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer =
        atMs === undefined
          ? undefined
          : this.#clock.after(Math.max(0, atMs - this.#clock.now()), done);
      waiting.add(done);
      if (isReading) reading.add(done);
      signal.addEventListener('abort', done, { once: true });
      if (signal.aborted) done();
    });
  }

  #add(request: ContainerRequest): Simulated {
    assert(!this.#containers.has(request.id), `container ${request.id} runs already`);
    const simulated: Simulated = {
      request,
      behaviour: behaviourOf(request.pod, request.container),
      next: undefined,
      readiness: undefined,
      decline: undefined,
      stopAtMs: undefined,
      log: undefined,
      over: false,
      waiting: undefined,
      reading: undefined,
      considering: undefined,
      ending: undefined,
    };
    this.#containers.set(request.id, simulated);
    return simulated;
  }

  #run(simulated: Simulated, how: Run): void {
    const { request, behaviour } = simulated;
    simulated.next = undefined;
    const startedAtMs = this.#clock.now() - how.ranMs;
    simulated.log = new HollowLog(request.container.name, behaviour, startedAtMs);
    request.listener.running(how.pullMs);
    if (how.isNew) this.#greet(request);
    const { unhealthyMs, readyMs } = behaviour;
    const client = this.#client;
    if (client !== undefined && mayBeKnown(simulated)) {
      simulated.considering = this.#consider(simulated, how.ranMs, client);
    } else if (this.#runAsTold(simulated, how.ranMs)) return;
    if (unhealthyMs !== undefined)
      simulated.decline = this.#clock.after(Math.max(0, unhealthyMs - how.ranMs), () =>
        declineOf(request),
      );
    const unreadyMs = Math.max(0, readyMs - how.ranMs);
    if (unreadyMs === 0) request.listener.ready(true);
    else simulated.readiness = this.#clock.after(unreadyMs, () => request.listener.ready(true));
  }

  /** True if that ends it at once. */
  #runAsTold(simulated: Simulated, ranMs: number): boolean {
    const { runMs, exitCode } = simulated.behaviour;
    if (runMs === undefined) return false;
    const leftMs = Math.max(0, runMs - ranMs);
    const end = (): void => this.#end(simulated, exitWith(exitCode));
    if (leftMs === 0) end();
    else simulated.next = this.#clock.after(leftMs, end);
    return leftMs === 0;
  }

  /**
   * Begins the container's own command, if all of it is known. Of one that an earlier agent began
   * the pauses are shorter by what has passed, and what it wrote is written again.
   */
  async #consider(simulated: Simulated, ranMs: number, client: Client): Promise<void> {
    const clock = ranMs === 0 ? this.#clock : new AdvancedClock(this.#clock, ranMs);
    // What an API that does not answer has not told is unknown.
    const main = await this.#loadShell(client)
      .then((shell) => shell.main(this.#shown(simulated), clock))
      .catch(() => undefined);
    if (simulated.over) return;
    if (main !== undefined) void this.#perform(simulated, main);
    else if (simulated.stopAtMs === undefined) this.#runAsTold(simulated, ranMs);
  }

  async #perform(simulated: Simulated, main: MainCommand): Promise<void> {
    const { signal } = (simulated.ending = new AbortController());
    const written = new WrittenLog(
      simulated.log!.startedAtMs,
      () => this.#clock.now(),
      () => [...(simulated.reading ?? [])].forEach((wake) => wake()),
    );
    simulated.log = written;
    const [stdout, stderr] = [written.sink('stdout'), written.sink('stderr')];
    const ended = await main({ stdout, stderr, tty: false, signal }).catch((error: unknown) => ({
      exitCode: 1,
      message: String(error),
    }));
    if (simulated.over) return;
    written.end();
    const { exitCode } = ended;
    const { container } = simulated.request;
    const isTail = exitCode !== 0 && container.terminationMessagePolicy === 'FallbackToLogsOnError';
    const message = ended.message ?? (isTail ? written.tail() : '');
    this.#end(simulated, { ...exitWith(exitCode), ...(message === '' ? {} : { message }) });
  }

  /**
   * The command of `postStart` runs for its effect. It may be a program of the image, of which
   * nothing is known, so its failure does not end the container.
   */
  #greet({ id, container }: ContainerRequest): void {
    const command = container.lifecycle?.postStart?.exec?.command;
    if (command === undefined || this.#client === undefined) return;
    const { signal } = new AbortController();
    this.exec(id, command, { tty: false, signal }).catch(() => {});
  }

  #end(simulated: Simulated, exit: ContainerExit): void {
    simulated.log?.end(this.#clock.now(), exit.exitCode);
    this.#finish(simulated);
    simulated.request.listener.exited(exit);
  }

  /** It runs no longer; its log is kept until it is removed. */
  #finish(simulated: Simulated): void {
    simulated.next?.cancel();
    simulated.readiness?.cancel();
    simulated.decline?.cancel();
    simulated.over = true;
    simulated.ending?.abort();
    for (const done of [...(simulated.waiting ?? [])]) done();
  }
}
