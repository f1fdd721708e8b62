/**
 * One run of a simulated container, from its start to its end, as {@link behaviourOf} says, or as
 * its own commands do where the small shell knows all of them. One that runs for ever and was not
 * told otherwise costs no timer.
 */
import { rounded } from '../../api/long-integer.ts';
import type { Container, LifecycleHandler, Pod } from '../../api/types/core-v1.ts';
import { sleep, type Clock, type Timer } from '../../platform/clock.ts';
import { AdvancedClock } from './advanced-clock.ts';
import { statusOf } from '../container-record.ts';
import type { LogEntry, LogQuery } from '../container-streams.ts';
import { HollowAttendants, isAttended, untold } from './attendants.ts';
import { behaviourOf, type Behaviour } from './behaviour.ts';
import { isNetworkTold } from './network.ts';
import { isMissing, pullImage } from './image-pull.ts';
import { HollowLog, type SimulatedLog } from './log.ts';
import { HollowWaiters, type Awaited } from './waiters.ts';
import { ContainerProbes, type ContainerProbesOptions } from '../probes/container-probes.ts';
import { exitOf, KILLED_CODE } from '../process/exits.ts';
import type { ContainerExit, ContainerRequest } from '../runtime.ts';
import type { SimulatedContainer } from '../shell/container-view.ts';
import type { HollowShell, MainCommand } from '../shell/hollow-shell.ts';
import { untilAnswered } from './unanswered.ts';
import { WrittenLog } from './written-log.ts';

/** The least that its preStop hook leaves a container of its grace (pkg/kubelet/kuberuntime). */
const LEAST_GRACE_MS = 2000;

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
function mayBeKnown(container: Container, { isTold }: Behaviour): boolean {
  if (isTold || shellOf(container) !== undefined) return false;
  return (container.command?.length ?? 0) + (container.args?.length ?? 0) > 0;
}

/** What the containers of one runtime share. */
export interface HollowHost {
  readonly clock: Clock;
  /** Undefined: nothing tells what is in pods, so there are no commands. */
  readonly loadShell: (() => Promise<HollowShell>) | undefined;
}

/** How a simulated container came to run. */
interface Run {
  readonly pullMs: number | undefined;
  readonly ranMs: number;
  /** False if an earlier agent started it. */
  readonly isNew: boolean;
}

/** By the monotonic clock. */
interface Stop {
  readonly deadlineMs: number;
  /** When it was asked to end: once its hook is over. */
  readonly askedMs: number | undefined;
  /** Its command does something about it, and has all of the grace for that. */
  readonly isHandled?: boolean;
}

export class HollowContainer {
  readonly #host: HollowHost;
  readonly #request: ContainerRequest;
  /** As it was when the container began. */
  readonly #pod: Pod;
  readonly #behaviour: Behaviour;
  /** The one thing it waits for to happen by itself; readiness has a timer of its own. */
  #next: Timer | undefined;
  #readiness: Timer | undefined;
  /** Until its liveness probe fails. */
  #decline: Timer | undefined;
  /** Set once it is being stopped. */
  #stop: Stop | undefined;
  /** Set once it runs. */
  #log: SimulatedLog | undefined;
  /** Settled when it is known whether its command can be carried out. */
  #considering: Promise<void> | undefined;
  /** Its own command, if it is carried out. */
  #main: MainCommand | undefined;
  #probes: ContainerProbes | undefined;
  /** Its readiness was made to be so: its probes are not heard. */
  #isReadyMade = false;
  /** Ends its commands; set once there are any. */
  #ending: AbortController | undefined;
  #over = false;
  /** Made when the first one waits. */
  #waiters: HollowWaiters | undefined;

  constructor(host: HollowHost, request: ContainerRequest) {
    this.#host = host;
    this.#request = request;
    this.#pod = request.latest?.() ?? request.pod;
    this.#behaviour = behaviourOf(this.#pod, request.container);
  }

  get isRunning(): boolean {
    return this.#log !== undefined && !this.#over;
  }

  /** The shell that attaching to it talks to. */
  get shell(): readonly string[] | undefined {
    return shellOf(this.#request.container);
  }

  /** As commands find it; only of one that has run. */
  get shown(): SimulatedContainer {
    const terminate = (): void => {
      if (this.#main === undefined) this.#ask(0);
      else this.#main.send('TERM');
    };
    return { request: this.#request, startedAtMs: this.#log!.startedAtMs, terminate };
  }

  start(): void {
    const { startMs: takesMs } = this.#behaviour;
    const { clock } = this.#host;
    const run = (pullMs?: number): void => this.#run({ pullMs, ranMs: 0, isNew: true });
    if (takesMs === 0 && !isMissing(this.#pod, this.#request.container)) run();
    else this.#next = pullImage(this.#request, { clock, takesMs }, run);
  }

  adopt(startedAtMs: number): void {
    const ranMs = Math.max(0, this.#host.clock.now() - startedAtMs);
    this.#run({ pullMs: undefined, ranMs, isNew: false });
  }

  /** Called again, it may only shorten the grace. */
  stop(graceSeconds: number): void {
    if (this.#over) return;
    const deadlineMs = this.#host.clock.monotonic() + rounded(graceSeconds) * 1000;
    if (this.#stop !== undefined) {
      if (deadlineMs >= this.#stop.deadlineMs) return;
      this.#stop = { ...this.#stop, deadlineMs };
      this.#awaitEnd();
      return;
    }
    this.#stop = { deadlineMs, askedMs: undefined };
    this.#probes?.terminating();
    const { preStop } = this.#request.container.lifecycle ?? {};
    if (preStop === undefined || graceSeconds <= 0 || !this.isRunning) {
      this.#ask(0);
      return;
    }
    this.#awaitEnd();
    void this.#hook('PreStop', preStop).then(() => this.#ask(LEAST_GRACE_MS));
  }

  /** Whatever its probes say; false if it does not run. */
  makeReady(ready: boolean): boolean {
    if (!this.isRunning) return false;
    this.#isReadyMade = true;
    this.#readiness?.cancel();
    this.#request.listener.ready(ready);
    return true;
  }

  /** False if it does not run. */
  end(exit: ContainerExit): boolean {
    if (this.#over) return false;
    this.#log?.end(this.#host.clock.now(), exit.exitCode);
    this.finish();
    this.#request.listener.exited(exit);
    return true;
  }

  /** It runs no longer, without a word. */
  finish(): void {
    this.#next?.cancel();
    this.#readiness?.cancel();
    this.#decline?.cancel();
    this.#over = true;
    this.#probes?.stop();
    this.#ending?.abort();
    this.#waiters?.end();
  }

  /** False if it has not run. */
  async hasLog(): Promise<boolean> {
    await this.#considering;
    return this.#log !== undefined;
  }

  /** Only of one that has a log. */
  async *logs(query: LogQuery): AsyncGenerator<LogEntry> {
    const log = this.#log!;
    const { clock } = this.#host;
    const askedMs = clock.now();
    let line = log.first(askedMs, query);
    while (!query.signal.aborted) {
      // What comes while a reader takes the lines is for those who follow: a tail of two is two.
      const size = log.size(query.follow ? clock.now() : askedMs);
      while (line < size) yield log.entry(line++);
      if (query.follow && line < log.size(clock.now())) continue;
      if (!query.follow || this.#over) return;
      await this.wait({ atMs: log.atMs(line), isReading: true }, query.signal);
    }
  }

  wait(what: Awaited, signal: AbortSignal): Promise<void> {
    this.#waiters ??= new HollowWaiters(this.#host.clock);
    return this.#waiters.wait(what, signal);
  }

  get #signal(): AbortSignal {
    return (this.#ending ??= new AbortController()).signal;
  }

  #run({ pullMs, ranMs, isNew }: Run): void {
    const { container, listener } = this.#request;
    const { clock, loadShell } = this.#host;
    this.#next = undefined;
    const startedAtMs = clock.now() - ranMs;
    this.#log = new HollowLog(container.name, this.#behaviour, startedAtMs);
    listener.running(pullMs);
    const isConsidered = loadShell !== undefined && mayBeKnown(container, this.#behaviour);
    if (isConsidered) {
      this.#considering = this.#consider(ranMs, loadShell);
    } else if (this.#runAsTold(ranMs)) return;
    const { unhealthyMs } = this.#behaviour;
    if (unhealthyMs !== undefined)
      this.#decline = clock.after(Math.max(0, unhealthyMs - ranMs), () => declineOf(this.#request));
    const isAnswered = isConsidered || isNetworkTold(this.#pod, container.name);
    if (isAttended(container, this.#behaviour, isAnswered)) void this.#attend(startedAtMs, isNew);
    else this.#becomeReady(startedAtMs);
  }

  #becomeReady(startedAtMs: number): void {
    const { clock } = this.#host;
    const { listener } = this.#request;
    const unreadyMs = startedAtMs + this.#behaviour.readyMs - clock.now();
    if (unreadyMs <= 0) listener.ready(true);
    else this.#readiness = clock.after(unreadyMs, () => listener.ready(true));
  }

  /** True if that ends it at once. */
  #runAsTold(ranMs: number): boolean {
    const { runMs, exitCode } = this.#behaviour;
    if (runMs === undefined) return false;
    const leftMs = Math.max(0, runMs - ranMs);
    const end = (): void => void this.end(exitOf(exitCode));
    if (leftMs === 0) end();
    else this.#next = this.#host.clock.after(leftMs, end);
    return leftMs === 0;
  }

  /**
   * Begins its own command, if all of it is known. Of one that an earlier agent began the pauses
   * are shorter by what has passed, and what it wrote is written again.
   */
  async #consider(ranMs: number, loadShell: () => Promise<HollowShell>): Promise<void> {
    const { clock } = this.#host;
    const beganMs = clock.monotonic() - ranMs;
    const passing = (): Clock => new AdvancedClock(clock, clock.monotonic() - beganMs);
    const ask = async () => (await loadShell()).main(this.shown, passing());
    const main = await untilAnswered(ask, clock, this.#signal);
    if (this.#over) return;
    if (main !== undefined) void this.#perform(main);
    else if (this.#stop === undefined) this.#runAsTold(clock.monotonic() - beganMs);
  }

  async #perform(main: MainCommand): Promise<void> {
    const { clock } = this.#host;
    const onLine = (): void => this.#waiters?.line();
    const written = new WrittenLog(this.#log!.startedAtMs, () => clock.now(), onLine);
    this.#log = written;
    this.#main = main;
    const [stdout, stderr] = [written.sink('stdout'), written.sink('stderr')];
    const io = { stdout, stderr, tty: false, signal: this.#signal };
    const { exitCode, message: told } = await main.run(io).catch((error: unknown) => ({
      exitCode: 1,
      message: String(error),
    }));
    if (this.#over) return;
    written.end();
    const { terminationMessagePolicy } = this.#request.container;
    const isTail = exitCode !== 0 && terminationMessagePolicy === 'FallbackToLogsOnError';
    const message = told ?? (isTail ? written.tail() : '');
    this.end({ ...exitOf(exitCode), ...(message === '' ? {} : { message }) });
  }

  /**
   * Its postStart hook, then its probes. Under a later agent the hook, too, writes again what it
   * wrote, and its failure changes nothing.
   */
  async #attend(startedAtMs: number, isNew: boolean): Promise<void> {
    const { container, listener } = this.#request;
    const probes = untold(container, this.#behaviour);
    const isStarted = !isNew && statusOf(this.#pod, container.name)?.started === true;
    if (probes.startupProbe !== undefined) listener.started(isStarted);
    await this.#considering;
    const { postStart } = container.lifecycle ?? {};
    const isWell = postStart === undefined || (await this.#hook('PostStart', postStart, isNew));
    const attendants = await this.#attendants();
    if (!this.isRunning || this.#stop !== undefined) return;
    if (!isWell) {
      this.stop(this.#pod.spec.terminationGracePeriodSeconds ?? 30);
      return;
    }
    const known = attendants?.known(probes);
    if (known === undefined && probes.startupProbe !== undefined) listener.started(true);
    if (known === undefined || this.#behaviour.isReadyTold) this.#becomeReady(startedAtMs);
    if (attendants === undefined || known === undefined) return;
    this.#probes = new ContainerProbes({
      container: known,
      clock: this.#host.clock,
      check: attendants.check,
      startedAtMs,
      started: isStarted,
      listener: this.#hearing(),
    });
    this.#probes.start();
  }

  /** Hears of its probes what nothing else tells. */
  #hearing(): ContainerProbesOptions['listener'] {
    const { listener } = this.#request;
    return {
      started: (isStarted) => listener.started(isStarted),
      ready: (isReady) => {
        if (!this.#isReadyMade && !this.#behaviour.isReadyTold) listener.ready(isReady);
      },
      unhealthy: (verdict) => listener.unhealthy(verdict),
      event: (event) => listener.event(event),
    };
  }

  /** False if it failed. */
  async #hook(
    name: 'PostStart' | 'PreStop',
    handler: LifecycleHandler,
    counts = true,
  ): Promise<boolean> {
    const { sleep: pause, exec, httpGet } = handler;
    if (pause !== undefined) await sleep(this.#host.clock, pause.seconds * 1000, this.#signal);
    const isAsked = exec !== undefined || httpGet !== undefined;
    const attendants = isAsked ? await this.#attendants() : undefined;
    const done = attendants?.hook(handler, this.#signal);
    if ((await done) !== false || !counts || this.#over) return true;
    const reason = `Failed${name}Hook`;
    this.#request.listener.event({ type: 'Warning', reason, message: `${name}Hook failed` });
    return false;
  }

  async #attendants(): Promise<HollowAttendants | undefined> {
    const shell = await this.#host.loadShell?.();
    if (shell === undefined) return undefined;
    const isKnown = (): boolean => this.#main !== undefined;
    const { clock } = this.#host;
    return new HollowAttendants({ shell, clock, container: this.shown, isKnown });
  }

  /** SIGTERM; from then on there is so much of its grace, if not more. */
  #ask(leastMs: number): void {
    if (this.#over || this.#stop?.askedMs !== undefined) return;
    const askedMs = this.#host.clock.monotonic();
    const deadlineMs = Math.max(this.#stop?.deadlineMs ?? Infinity, askedMs + leastMs);
    const isHandled = !this.#behaviour.isStopTold && this.#main?.send('TERM') === true;
    this.#stop = { deadlineMs, askedMs, isHandled };
    this.#awaitEnd();
  }

  #awaitEnd(): void {
    const { clock } = this.#host;
    const { deadlineMs, askedMs, isHandled = false } = this.#stop!;
    const now = clock.monotonic();
    this.#next?.cancel();
    if (askedMs === undefined) {
      this.#next = clock.after(deadlineMs - now, () => this.#ask(LEAST_GRACE_MS));
      return;
    }
    const dueMs = isHandled ? Infinity : askedMs + this.#behaviour.stopMs;
    const isInTime = dueMs <= deadlineMs;
    const leftMs = (isInTime ? dueMs : deadlineMs) - now;
    const end = (): void => void this.end(exitOf(isInTime ? this.#stopExitCode : KILLED_CODE));
    if (leftMs <= 0) end();
    else this.#next = clock.after(leftMs, end);
  }

  get #stopExitCode(): number {
    const { isStopTold, stopExitCode } = this.#behaviour;
    return this.#main === undefined || isStopTold ? stopExitCode : KILLED_CODE;
  }
}
