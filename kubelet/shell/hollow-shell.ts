/**
 * Commands in simulated containers, and their own where all of it is known: a small shell that
 * answers from what the API's objects say of the pod. In: a command and streams. Out: the programs
 * of an image, of which nothing is known: they are not found, as a runtime says it of programs
 * that an image has not; their user may declare answers (`answers.ts`).
 */
import type { Clock } from '../../platform/clock.ts';
import type { Client } from '../../client/interface.ts';
import { ContainerStreamError, type ContainerIo } from '../container-streams.ts';
import { ContainerConfigError, VolumeError } from '../process/config-error.ts';
import { execFailure } from '../process/exec.ts';
import { MAX_MESSAGE_BYTES, TERMINATION_LOG } from '../process/termination-message.ts';
import { AnswersFault, declaredAnswers } from './answers.ts';
import type { CommandIo } from './call.ts';
import { absolute } from './container-files.ts';
import {
  containerView,
  type ContainerView,
  RENEWAL_MS,
  type SimulatedContainer,
} from './container-view.ts';
import { HollowVolumes } from './hollow-volumes.ts';
import { Input } from './input.ts';
import type { MemoryFolder } from './memory-folder.ts';
import { isKnown } from './known-commands.ts';
import { imageFolders } from './own-files.ts';
import { Collector } from './redirections.ts';
import { runShell, Shell } from './shell.ts';
import { programName, shellNames } from './shell-words.ts';
import { Terminal, terminalSink } from './terminal.ts';

/** Of a probe's or a hook's output (pkg/probe/exec: 10 KiB). */
const MAX_CAPTURED_BYTES = 10 * 1024;

interface KeptView {
  readonly view: Promise<ContainerView>;
  readonly atMs: number;
}

/** All of it that outlives one command. */
export class HollowShell {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #volumes = new HollowVolumes();
  /** What commands wrote outside of volumes, by the container's id. */
  readonly #layers = new Map<string, MemoryFolder>();
  /** Of containers with probes and hooks, by their ids. */
  readonly #views = new Map<string, KeptView>();

  constructor(client: Client, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** Resolves with the exit code; rejects with a {@link ContainerStreamError} if none can begin. */
  async exec(
    container: SimulatedContainer,
    command: readonly string[],
    io: ContainerIo,
  ): Promise<number> {
    try {
      return await run(await this.#view(container, io, this.#clock), { command, io });
    } catch (error) {
      throw isExpected(error) ? new ContainerStreamError(error.message) : error;
    }
  }

  /**
   * What carries out the container's own command, with `clock`'s pauses; undefined if not all of it
   * is known here. Rejects if the API does not say what the container refers to.
   */
  async main(container: SimulatedContainer, clock: Clock): Promise<MainCommand | undefined> {
    const view = await this.#view(container, { tty: false }, clock);
    if (!isKnown(view.words, view.answers)) return undefined;
    const shell = shellOf(view, view.words);
    return {
      run: async (io) => ({
        exitCode: await run(view, { command: view.words, io, shell }),
        message: await messageOf(container, view),
      }),
      send: (signal) => shell.send(signal),
    };
  }

  /**
   * What carries out the command of a probe or a hook; undefined if not all of it is known here.
   * What it returns rejects if the API does not say what the container refers to, and when the
   * signal aborts.
   */
  beside(container: SimulatedContainer, command: readonly string[]): BesideCommand | undefined {
    const { pod, container: own } = container.request;
    try {
      if (!isKnown(command, declaredAnswers(pod.metadata.annotations, own.name))) return undefined;
    } catch (error) {
      if (error instanceof AnswersFault) return undefined;
      throw error;
    }
    return async (signal) => {
      const view = await this.#keptView(container);
      const files = view.world.files.again();
      const output = new Collector(MAX_CAPTURED_BYTES);
      const io = { stdout: output, stderr: output, tty: false, signal };
      const beside = { ...view, world: { ...view.world, files } };
      const exitCode = await run(beside, { command, io });
      if (signal.aborted) throw new Error(`${command.join(' ')} was given up`);
      return { exitCode, output: output.bytes.toString(), missed: files.missed };
    };
  }

  #keptView(container: SimulatedContainer): Promise<ContainerView> {
    const { id } = container.request;
    const now = this.#clock.monotonic();
    const kept = this.#views.get(id);
    if (kept !== undefined && now - kept.atMs < RENEWAL_MS) return kept.view;
    const view = this.#view(container, { tty: false }, this.#clock);
    const fresh = { view, atMs: now };
    this.#views.set(id, fresh);
    view.catch(() => {
      if (this.#views.get(id) === fresh) this.#views.delete(id);
    });
    return view;
  }

  #view(
    container: SimulatedContainer,
    io: { readonly tty: boolean },
    clock: Clock,
  ): Promise<ContainerView> {
    const { id } = container.request;
    const layer = this.#layers.get(id) ?? imageFolders();
    this.#layers.set(id, layer);
    const place = { client: this.#client, clock, volumes: this.#volumes };
    return containerView({ ...place, container, layer }, io);
  }

  containerGone(id: string): void {
    this.#layers.delete(id);
    this.#views.delete(id);
  }

  podGone(podUid: string): void {
    this.#volumes.podGone(podUid);
  }
}

/** Carries out a probe's or a hook's command. */
export type BesideCommand = (signal: AbortSignal) => Promise<BesideExit>;

export interface BesideExit {
  readonly exitCode: number;
  /** Of both streams. */
  readonly output: string;
  /** It looked in vain for what an image may have. */
  readonly missed: boolean;
}

/** A container's own command. */
export interface MainCommand {
  /** Resolves when the command has ended, or soon after the signal aborts. */
  run(io: ContainerIo): Promise<MainExit>;
  /** A signal to it, by its name; false if it does nothing about it. */
  send(signal: string): boolean;
}

export interface MainExit {
  readonly exitCode: number;
  /** What it wrote for the purpose; undefined: nothing. */
  readonly message: string | undefined;
}

async function messageOf(
  { request }: SimulatedContainer,
  { world, cwd }: ContainerView,
): Promise<string | undefined> {
  const path = request.container.terminationMessagePath ?? TERMINATION_LOG;
  const found = await world.files.find(absolute(path, cwd));
  if (found?.kind !== 'file' || found.file.bytes.length === 0) return undefined;
  return found.file.bytes.subarray(0, MAX_MESSAGE_BYTES).toString();
}

const isExpected = (error: unknown): error is Error =>
  error instanceof AnswersFault ||
  error instanceof ContainerConfigError ||
  error instanceof VolumeError;

interface Running {
  readonly command: readonly string[];
  readonly io: ContainerIo;
  readonly shell?: Shell;
}

const isShell = ([name = '']: readonly string[]): boolean => shellNames.has(programName(name));

const shellOf = (view: ContainerView, command: readonly string[]): Shell =>
  new Shell(isShell(command) ? { ...view, name: command[0]! } : view);

async function run(
  view: ContainerView,
  { command, io, shell = shellOf(view, command) }: Running,
): Promise<number> {
  const { world, cwd } = view;
  return withStreams(io, async ({ streams, interruptible }) => {
    if (!isShell(command)) {
      const signal = interruptible();
      const code = await shell.run(command, { ...streams, signal });
      return code ?? (await refused(world.files, { name: command[0] ?? '', cwd }));
    }
    const sign = world.user.uid === 0 ? '#' : '$';
    const prompt = (of: Shell): string => `${of.cwd} ${sign} `;
    const input = new Input(streams.stdin);
    const talk = { io: streams, input, interruptible };
    return runShell(shell, command, io.tty && io.stdin !== undefined ? { ...talk, prompt } : talk);
  });
}

async function refused(
  files: ContainerView['world']['files'],
  { name, cwd }: { readonly name: string; readonly cwd: string },
): Promise<never> {
  const found = name.includes('/') ? await files.find(absolute(name, cwd)) : undefined;
  if (found === undefined) throw new ContainerStreamError(execFailure(name));
  throw new ContainerStreamError(execFailure(name, 'permission denied'));
}

const nowhere = { write: () => Promise.resolve(), end: () => Promise.resolve() };

interface Streams {
  readonly streams: CommandIo;
  /** Aborts at the next ^C. */
  readonly interruptible: () => AbortSignal;
}

async function withStreams(
  io: ContainerIo,
  work: (streams: Streams) => Promise<number>,
): Promise<number> {
  const { signal, stdin, stdout = nowhere } = io;
  if (!io.tty) {
    const streams = { stdin: stdin ?? none(), stdout, stderr: io.stderr ?? nowhere, signal };
    return work({ streams, interruptible: () => signal });
  }
  let interrupt: AbortController | undefined;
  const sink = terminalSink(stdout);
  const terminal = new Terminal(stdout, () => {
    if (interrupt === undefined || interrupt.signal.aborted) terminal.lines.push(Buffer.from('\n'));
    else interrupt.abort();
  });
  const interruptible = (): AbortSignal =>
    AbortSignal.any([signal, (interrupt = new AbortController()).signal]);
  void terminal.read(stdin ?? none()).catch(() => terminal.lines.end());
  const streams = { stdin: terminal.lines, stdout: sink, stderr: sink, signal };
  try {
    return await work({ streams, interruptible });
  } finally {
    await terminal.lines.return();
  }
}

async function* none(): AsyncGenerator<Uint8Array> {}
