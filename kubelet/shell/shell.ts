/** Runs lines: expands words, connects streams, keeps variables, folder and exit code. */
import type { ByteSink } from '../../platform/byte-stream.ts';
import { sleep } from '../../platform/clock.ts';
import { answerTo, type DeclaredAnswer } from './answers.ts';
import { type Call, type CommandIo, complain, type ContainerWorld, type Program } from './call.ts';
import { absolute, FileFault } from './container-files.ts';
import { Input } from './input.ts';
import {
  parseLine,
  type Redirection,
  ShellSyntaxError,
  type SimpleCommand,
  type Step,
  type Word,
} from './line.ts';
import { programs } from './programs.ts';

/** Of a pipe or a substitution; what is written beyond is dropped. */
const maxCapturedBytes = 1 << 20;
const maxDepth = 20;

/** The words of `exec` that begin a shell. */
export const shellNames = new Set(['sh', 'bash', 'ash', 'dash']);
const programFolders = /^\/(usr\/)?(local\/)?s?bin\/([^/]+)$/;

/** "/bin/cat" and "cat" are the same program. */
export const programName = (word: string): string => programFolders.exec(word)?.[3] ?? word;

export class Collector implements ByteSink {
  readonly #chunks: Uint8Array[] = [];
  #left = maxCapturedBytes;

  write(bytes: Uint8Array): Promise<void> {
    this.#chunks.push(bytes.subarray(0, this.#left));
    this.#left -= Math.min(this.#left, bytes.length);
    return Promise.resolve();
  }

  end(): Promise<void> {
    return Promise.resolve();
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}

export interface ShellOptions {
  readonly world: ContainerWorld;
  readonly answers: readonly DeclaredAnswer[];
  readonly env: ReadonlyMap<string, string>;
  readonly cwd: string;
  /** How many shells it is inside of. */
  readonly depth?: number;
}

export class Shell {
  readonly #options: ShellOptions;
  readonly #env: Map<string, string>;
  #cwd: string;
  #code = 0;
  #exited = false;

  constructor(options: ShellOptions) {
    this.#options = options;
    this.#env = new Map(options.env);
    this.#cwd = options.cwd;
  }

  get cwd(): string {
    return this.#cwd;
  }

  get exited(): boolean {
    return this.#exited;
  }

  get code(): number {
    return this.#code;
  }

  /** Resolves with the code of the last command. */
  async line(text: string, io: CommandIo): Promise<number> {
    let steps: Step[];
    try {
      steps = parseLine(text);
    } catch (error) {
      if (!(error instanceof ShellSyntaxError)) throw error;
      await io.stderr.write(Buffer.from(`sh: ${error.message}\n`));
      return (this.#code = 2);
    }
    for (const { when, pipeline } of steps) {
      if (this.#exited || io.signal.aborted) break;
      if (when === 'success' && this.#code !== 0) continue;
      if (when === 'failure' && this.#code === 0) continue;
      this.#code = await this.#pipeline(pipeline, io);
    }
    return this.#code;
  }

  /** One command by its words: undefined if there is none of that name. */
  async run(words: readonly string[], io: CommandIo): Promise<number | undefined> {
    const { world, answers } = this.#options;
    const call: Call = { words, env: this.#env, cwd: this.#cwd, io, world };
    const answer = answerTo(answers, words);
    if (answer !== undefined) return say(call, answer);
    const name = programName(words[0] ?? '');
    const program = shellNames.has(name) ? this.#nested : programs[name];
    return program?.(call);
  }

  async #pipeline(commands: readonly SimpleCommand[], io: CommandIo): Promise<number> {
    let { stdin } = io;
    let code = 0;
    for (const [i, command] of commands.entries()) {
      const last = i === commands.length - 1;
      const pipe = new Collector();
      code = await this.#simple(command, { ...io, stdin, ...(last ? {} : { stdout: pipe }) });
      stdin = new Input(only(pipe.bytes)).chunks;
    }
    return code;
  }

  async #simple(command: SimpleCommand, io: CommandIo): Promise<number> {
    const words = (await Promise.all(command.words.map((word) => this.#fields(word, io)))).flat();
    const assigned: [string, string][] = [];
    for (const { name, value } of command.assignments)
      assigned.push([name, (await this.#fields(value, io, false)).join('')]);
    const target = new Redirected(this.#options.world, this.#cwd, io);
    for (const redirection of command.redirections) {
      const fault = await this.#redirect(target, redirection, io);
      if (fault !== undefined) {
        await io.stderr.write(Buffer.from(`sh: ${fault}\n`));
        return 1;
      }
    }
    if (words.length === 0) {
      for (const [name, value] of assigned) this.#env.set(name, value);
      return 0;
    }
    const code = await this.#dispatch(words, target.io, assigned);
    const fault = await target.close();
    if (fault === undefined) return code;
    await io.stderr.write(Buffer.from(`sh: write error: ${fault}\n`));
    return 1;
  }

  async #redirect(
    target: Redirected,
    { from, append, to }: Redirection,
    io: CommandIo,
  ): Promise<string | undefined> {
    if (to === 'stdout' || to === 'stderr') {
      target.copy(from, to);
      return undefined;
    }
    const name = (await this.#fields(to, io, false)).join('');
    try {
      await (from === 'stdin' ? target.read(name) : target.write(from, name, append));
      return undefined;
    } catch (error) {
      if (!(error instanceof FileFault)) throw error;
      const what = from === 'stdin' ? 'open' : 'create';
      return `can't ${what} ${name}: ${error.message}`;
    }
  }

  async #dispatch(
    words: readonly string[],
    io: CommandIo,
    assigned: readonly (readonly [string, string])[],
  ): Promise<number> {
    const builtin = this.#builtins[words[0]!];
    const { world } = this.#options;
    if (builtin !== undefined) return builtin({ words, env: this.#env, cwd: this.#cwd, io, world });
    const before = new Map(this.#env);
    for (const [name, value] of assigned) this.#env.set(name, value);
    try {
      return (await this.run(words, io)) ?? (await this.#missing(words[0]!, io));
    } finally {
      for (const [name] of assigned) {
        const old = before.get(name);
        if (old === undefined) this.#env.delete(name);
        else this.#env.set(name, old);
      }
    }
  }

  async #missing(name: string, io: CommandIo): Promise<number> {
    const { files } = this.#options.world;
    const there = name.includes('/') && (await files.find(absolute(name, this.#cwd))) !== undefined;
    const why = there ? 'Permission denied' : 'not found';
    await io.stderr.write(Buffer.from(`sh: ${name}: ${why}\n`));
    return there ? 126 : 127;
  }

  readonly #nested: Program = async ({ words, cwd, env, io }) => {
    const depth = (this.#options.depth ?? 0) + 1;
    const shell = new Shell({ ...this.#options, env, cwd, depth });
    return runShell(shell, words, { io, depth });
  };

  readonly #builtins: Readonly<Record<string, Program>> = {
    ':': () => Promise.resolve(0),
    exit: ({ words }) => {
      this.#exited = true;
      return Promise.resolve(words[1] === undefined ? this.#code : Number(words[1]) & 255);
    },
    cd: async (call) => {
      const asked = call.words[1] ?? this.#env.get('HOME') ?? '/';
      const path = absolute(asked, this.#cwd);
      const found = await call.world.files.find(path);
      const why = found === undefined ? 'No such file or directory' : 'Not a directory';
      if (found?.kind !== 'folder') return complain(call, `can't cd to ${asked}: ${why}`, 2);
      this.#cwd = path;
      return 0;
    },
    export: ({ words }) => {
      for (const word of words.slice(1)) {
        const [name = '', ...value] = word.split('=');
        if (value.length > 0) this.#env.set(name, value.join('='));
      }
      return Promise.resolve(0);
    },
    unset: ({ words }) => {
      for (const name of words.slice(1)) this.#env.delete(name);
      return Promise.resolve(0);
    },
  };

  /** What a word becomes: unquoted values are divided at blanks. */
  async #fields(word: Word, io: CommandIo, divide = true): Promise<string[]> {
    const fields: string[] = [];
    let current: string | undefined;
    for (const part of word) {
      if (part.type === 'text') {
        current = (current ?? '') + part.text;
        continue;
      }
      const value =
        part.type === 'variable' ? this.#variable(part.name) : await this.#output(part.line, io);
      if (part.quoted || !divide) {
        current = (current ?? '') + value;
        continue;
      }
      const pieces = value.split(/[ \t\n]+/);
      for (const [i, piece] of pieces.entries()) {
        if (i > 0 && current !== undefined) {
          fields.push(current);
          current = undefined;
        }
        if (piece !== '') current = (current ?? '') + piece;
      }
    }
    return current === undefined ? fields : [...fields, current];
  }

  #variable(name: string): string {
    const special: Readonly<Record<string, string>> = { '?': String(this.#code), $: '7', '#': '0' };
    if (name === '0') return 'sh';
    return special[name] ?? (name === 'PWD' ? this.#cwd : (this.#env.get(name) ?? ''));
  }

  async #output(line: string, io: CommandIo): Promise<string> {
    const depth = (this.#options.depth ?? 0) + 1;
    if (depth > maxDepth) return '';
    const shell = new Shell({ ...this.#options, env: this.#env, cwd: this.#cwd, depth });
    const stdout = new Collector();
    await shell.line(line, { ...io, stdout });
    return stdout.bytes.toString().replace(/\n+$/, '');
  }
}

/** The streams of one command after its redirections. */
class Redirected {
  readonly #world: ContainerWorld;
  readonly #cwd: string;
  readonly #written: { readonly path: string; readonly sink: Collector; before: Buffer }[] = [];
  io: CommandIo;

  constructor(world: ContainerWorld, cwd: string, io: CommandIo) {
    this.#world = world;
    this.#cwd = cwd;
    this.io = io;
  }

  copy(from: Redirection['from'], to: 'stdout' | 'stderr'): void {
    this.io = { ...this.io, [from]: this.io[to] };
  }

  async read(name: string): Promise<void> {
    const path = absolute(name, this.#cwd);
    const bytes = path === '/dev/null' ? Buffer.alloc(0) : await this.#world.files.read(path);
    this.io = { ...this.io, stdin: new Input(only(bytes)).chunks };
  }

  /** The file is there from now on, whatever the command writes. */
  async write(from: Redirection['from'], name: string, append: boolean): Promise<void> {
    const path = absolute(name, this.#cwd);
    const sink = new Collector();
    this.io = { ...this.io, [from]: sink };
    if (path === '/dev/null') return;
    const { files, clock } = this.#world;
    const found = append ? await files.find(path) : undefined;
    const before = found?.kind === 'file' ? found.file.bytes : Buffer.alloc(0);
    await files.write(path, before, clock.now());
    this.#written.push({ path, sink, before });
  }

  /** What was written is in the files from now on; or why it is not. */
  async close(): Promise<string | undefined> {
    const { files, clock } = this.#world;
    try {
      for (const { path, sink, before } of this.#written)
        await files.write(path, Buffer.concat([before, sink.bytes]), clock.now());
      return undefined;
    } catch (error) {
      if (error instanceof FileFault) return error.message;
      throw error;
    }
  }
}

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes;
}

async function say({ io, world }: Call, answer: DeclaredAnswer): Promise<number> {
  const { stdout, stderr, exitCode, delayMs } = answer;
  if (delayMs > 0) await sleep(world.clock, delayMs, io.signal);
  if (io.signal.aborted) return 130;
  if (stdout !== '') await io.stdout.write(Buffer.from(stdout));
  if (stderr !== '') await io.stderr.write(Buffer.from(stderr));
  return exitCode;
}

/** `sh -c <line>`, or the lines of its input one by one, with a prompt if it is a terminal's. */
export async function runShell(
  shell: Shell,
  words: readonly string[],
  { io, prompt, interruptible, input = new Input(io.stdin), depth = 0 }: RunShell,
): Promise<number> {
  const flags = words.slice(1).filter((word) => /^-[cilex]+$/.test(word));
  const [line, ...others] = words.slice(1 + flags.length);
  if (depth > maxDepth) {
    await io.stderr.write(Buffer.from('sh: too many shells inside of each other\n'));
    return 2;
  }
  if (flags.some((flag) => flag.includes('c')))
    return shell.line(line ?? '', { ...io, stdin: input.chunks });
  if (line !== undefined) {
    const name = [line, ...others][0]!;
    await io.stderr.write(Buffer.from(`sh: can't open '${name}': No such file or directory\n`));
    return 2;
  }
  while (!shell.exited) {
    if (prompt !== undefined) await io.stdout.write(Buffer.from(prompt(shell)));
    const text = await input.line();
    if (text === undefined) break;
    const signal = interruptible?.() ?? io.signal;
    await shell.line(text, { ...io, stdin: input.chunks, signal });
    if (io.signal.aborted) break;
  }
  return shell.code;
}

export interface RunShell {
  readonly io: CommandIo;
  readonly prompt?: (shell: Shell) => string;
  /** What ends the next command alone. */
  readonly interruptible?: () => AbortSignal;
  readonly input?: Input;
  readonly depth?: number;
}
