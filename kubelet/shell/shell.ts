/** Runs lines: expands words, connects streams, keeps variables, folder and exit code. */
import { sleep } from '../../platform/clock.ts';
import { answerTo, type DeclaredAnswer, sayAnswer } from './answers.ts';
import { builtins, newState, type ShellState } from './builtins.ts';
import type { Call, CommandIo, ContainerWorld, Program } from './call.ts';
import { absolute } from './container-files.ts';
import { type Expansion, fieldsOf } from './fields.ts';
import { Input } from './input.ts';
import {
  type Command,
  parseScript,
  type Redirection,
  type Script,
  type SimpleCommand,
} from './line.ts';
import { programs } from './programs.ts';
import { Collector, inputOf, Redirected } from './redirections.ts';
import { sumOf } from './arithmetic-expansion.ts';
import { programName, shellNames, shellWords } from './shell-words.ts';
import { ShellSyntaxError, type Word } from './tokens.ts';
import { variableOf } from './variables.ts';

const MAX_DEPTH = 20;
/** A loop that never waits rests between so many turns: nobody else waits for it. */
const TURNS_AT_ONCE = 100;
const REST_MS = 50;

export interface ShellOptions {
  readonly world: ContainerWorld;
  readonly answers: readonly DeclaredAnswer[];
  readonly env: ReadonlyMap<string, string>;
  readonly cwd: string;
  /** As it was called: complaints begin with it. Default: "sh". */
  readonly name?: string;
  /** How many shells it is inside of. */
  readonly depth?: number;
}

export class Shell {
  readonly #options: ShellOptions;
  readonly #state: ShellState;
  /** Conditions it is within. */
  #tests = 0;
  /** Of loops, so far. */
  #turns = 0;

  constructor(options: ShellOptions) {
    this.#options = options;
    this.#state = newState(new Map(options.env), options.cwd);
  }

  get cwd(): string {
    return this.#state.cwd;
  }

  get exited(): boolean {
    return this.#state.exited;
  }

  complain(what: string, io: CommandIo): Promise<void> {
    return io.stderr.write(Buffer.from(`${this.#options.name ?? 'sh'}: ${what}\n`));
  }

  /** Sends it a signal, by its name: false if it has no action for it. */
  send(signal: string): boolean {
    return this.#state.traps.send(signal);
  }

  /** Does what is to be done at its end; resolves with its exit code. */
  async leave(io: CommandIo): Promise<number> {
    const action = this.#state.traps.takeExit();
    const { code } = this.#state;
    if (action !== undefined && !io.signal.aborted) {
      this.#state.exited = false;
      await this.line(action, io);
    }
    await this.#state.jobs.stop();
    return this.#state.exited ? this.#state.code : code;
  }

  /** As `set -e` does. */
  endAtFailure(): void {
    this.#state.endsAtFailure = true;
  }

  /** Resolves with the code of the last command. */
  async line(text: string, io: CommandIo): Promise<number> {
    let script: Script;
    try {
      script = parseScript(text);
    } catch (error) {
      if (!(error instanceof ShellSyntaxError)) throw error;
      await this.complain(error.message, io);
      return (this.#state.code = 2);
    }
    return this.#whole(script, io);
  }

  async #whole(script: Script, io: CommandIo): Promise<number> {
    try {
      await this.#script(script, io);
    } catch (error) {
      if (!(error instanceof ShellSyntaxError)) throw error;
      await this.complain(error.message, io);
      [this.#state.code, this.#state.exited] = [2, true];
    }
    this.#state.leaving = undefined;
    return this.#state.code;
  }

  async #script(script: Script, io: CommandIo): Promise<number> {
    for (const [i, { when, negated, pipeline }] of script.entries()) {
      if (this.#state.exited || this.#state.leaving !== undefined || io.signal.aborted) break;
      if (when === 'success' && this.#state.code !== 0) continue;
      if (when === 'failure' && this.#state.code === 0) continue;
      const code = await this.#pipeline(pipeline, io);
      this.#state.code = negated ? Number(code === 0) : code;
      const isTested = negated || (script[i + 1]?.when ?? 'always') !== 'always';
      if (this.#state.code !== 0 && this.#state.endsAtFailure && this.#tests === 0 && !isTested)
        this.#state.exited = true;
      await this.#obeyTraps(io);
    }
    return this.#state.code;
  }

  /** Between two commands: the one under way is waited for. */
  async #obeyTraps(io: CommandIo): Promise<void> {
    const { code } = this.#state;
    const action = this.#state.traps.take();
    if (action === undefined || this.#state.exited) return;
    await this.#script(parseScript(action), io);
    if (!this.#state.exited) this.#state.code = code;
  }

  /** `set -e` does not hold in it. */
  async #holds(condition: Script, io: CommandIo): Promise<boolean> {
    this.#tests++;
    try {
      return (await this.#script(condition, io)) === 0;
    } finally {
      this.#tests--;
    }
  }

  /** One command by its words: undefined if there is none of that name. */
  async run(words: readonly string[], io: CommandIo): Promise<number | undefined> {
    const { world, answers } = this.#options;
    const call: Call = { words, env: this.#state.env, cwd: this.#state.cwd, io, world };
    const answer = answerTo(answers, words);
    if (answer !== undefined) return sayAnswer(call, answer);
    const name = programName(words[0] ?? '');
    const program = shellNames.has(name) ? this.#nested : programs[name];
    return program?.(call);
  }

  async #pipeline(commands: readonly Command[], io: CommandIo): Promise<number> {
    let { stdin } = io;
    let code = 0;
    for (const [i, command] of commands.entries()) {
      const last = i === commands.length - 1;
      const pipe = new Collector();
      code = await this.#command(command, { ...io, stdin, ...(last ? {} : { stdout: pipe }) });
      stdin = inputOf(pipe.bytes);
    }
    return code;
  }

  async #command(command: Command, io: CommandIo): Promise<number> {
    if (command.type === 'simple') return this.#simple(command, io);
    return this.#redirected(command.redirections, io, (streams) =>
      this.#compound(command, streams),
    );
  }

  async #compound(command: Exclude<Command, SimpleCommand>, io: CommandIo): Promise<number> {
    switch (command.type) {
      case 'group':
        return this.#script(command.body, io);
      case 'background':
        return this.#background(command.body, io);
      case 'if':
        for (const { condition, body } of command.branches)
          if (await this.#holds(condition, io)) return this.#script(body, io);
        this.#state.code = 0;
        return this.#script(command.otherwise, io);
      case 'while': {
        let code = 0;
        while ((await this.#holds(command.condition, io)) !== command.until) {
          if (this.#state.leaving !== undefined || this.#state.exited) break;
          code = await this.#script(command.body, io);
          if (!(await this.#goesOn(io))) break;
        }
        return this.#state.exited ? this.#state.code : code;
      }
      case 'for': {
        const values = await this.#expanded(command.words, io);
        this.#state.code = 0;
        for (const value of values) {
          this.#state.env.set(command.name, value);
          await this.#script(command.body, io);
          if (!(await this.#goesOn(io))) break;
        }
        return this.#state.code;
      }
    }
  }

  async #background(body: Script, io: CommandIo): Promise<number> {
    const { env, cwd } = this.#state;
    const shell = new Shell({ ...this.#options, env, cwd });
    const isBegun = this.#state.jobs.begin(io.signal, async (signal) => {
      const streams = { ...io, stdin: inputOf(Buffer.alloc(0)), signal };
      await shell.#whole(body, streams);
      return shell.leave(streams);
    });
    if (isBegun) return 0;
    throw new ShellSyntaxError("can't fork: Resource temporarily unavailable");
  }

  /** After a turn of a loop: whether there is another. */
  async #goesOn({ signal }: CommandIo): Promise<boolean> {
    if (++this.#turns % TURNS_AT_ONCE === 0)
      await sleep(this.#options.world.clock, REST_MS, signal);
    if (this.#state.exited || signal.aborted) return false;
    const leaving = this.#state.leaving;
    this.#state.leaving = undefined;
    return leaving !== 'break';
  }

  async #simple(command: SimpleCommand, io: CommandIo): Promise<number> {
    const words = await this.#expanded(command.words, io);
    const assigned: [string, string][] = [];
    let substituted: number | undefined;
    for (const { name, value } of command.assignments) {
      assigned.push([name, (await this.#fields(value, io, false)).join('')]);
      if (value.some(({ type }) => type === 'output')) substituted = this.#state.code;
    }
    return this.#redirected(command.redirections, io, async (streams) => {
      if (words.length > 0) return this.#dispatch(words, streams, assigned);
      for (const [name, value] of assigned) this.#state.env.set(name, value);
      return substituted ?? 0;
    });
  }

  async #expanded(words: readonly Word[], io: CommandIo): Promise<string[]> {
    const fields: string[] = [];
    for (const word of words) fields.push(...(await this.#fields(word, io)));
    return fields;
  }

  async #redirected(
    redirections: readonly Redirection[],
    io: CommandIo,
    work: (io: CommandIo) => Promise<number>,
  ): Promise<number> {
    if (redirections.length === 0) return work(io);
    const target = new Redirected(this.#options.world, this.#state.cwd, io);
    for (const redirection of redirections) {
      const fault = await this.#redirect(target, redirection, io);
      if (fault !== undefined) {
        await this.complain(fault, io);
        return 1;
      }
    }
    const code = await work(target.io);
    const fault = await target.close();
    if (fault === undefined) return code;
    await this.complain(`write error: ${fault}`, io);
    return 1;
  }

  async #redirect(
    target: Redirected,
    redirection: Redirection,
    io: CommandIo,
  ): Promise<string | undefined> {
    const { from, to } = redirection;
    if (to !== 'stdout' && to !== 'stderr')
      return target.open(redirection, (await this.#fields(to, io, false)).join(''));
    target.copy(from, to);
    return undefined;
  }

  async #dispatch(
    words: readonly string[],
    io: CommandIo,
    assigned: readonly (readonly [string, string])[],
  ): Promise<number> {
    const builtin = builtins[words[0]!];
    if (builtin !== undefined) {
      const { world } = this.#options;
      const run = (inner: readonly string[]): Promise<number> => this.#dispatch(inner, io, []);
      return builtin(
        { words, io, world, run, env: this.#state.env, cwd: this.#state.cwd },
        this.#state,
      );
    }
    const before = new Map(this.#state.env);
    for (const [name, value] of assigned) this.#state.env.set(name, value);
    try {
      return (await this.run(words, io)) ?? (await this.#missing(words[0]!, io));
    } finally {
      for (const [name] of assigned) {
        const old = before.get(name);
        if (old === undefined) this.#state.env.delete(name);
        else this.#state.env.set(name, old);
      }
    }
  }

  async #missing(name: string, io: CommandIo): Promise<number> {
    const { files } = this.#options.world;
    const there =
      name.includes('/') && (await files.find(absolute(name, this.#state.cwd))) !== undefined;
    const why = there ? 'Permission denied' : 'not found';
    await this.complain(`${name}: ${why}`, io);
    return there ? 126 : 127;
  }

  readonly #nested: Program = async ({ words, cwd, env, io }) => {
    const depth = (this.#options.depth ?? 0) + 1;
    const shell = new Shell({ ...this.#options, name: words[0]!, env, cwd, depth });
    return runShell(shell, words, { io, depth });
  };

  #fields(word: Word, io: CommandIo, divide = true): Promise<string[]> {
    return fieldsOf(word, (part) => this.#value(part, io), divide);
  }

  async #value(part: Expansion, io: CommandIo): Promise<string> {
    switch (part.type) {
      case 'output':
        return this.#output(part.line, io);
      case 'sum':
        return String(sumOf(part.expression, (name) => this.#variable(name)));
      case 'variable': {
        const value = this.#variable(part.name);
        if (value !== '' || part.instead === undefined) return value;
        const instead = (await this.#fields(part.instead.word, io, false)).join('');
        if (part.instead.assign) this.#state.env.set(part.name, instead);
        return instead;
      }
    }
  }

  #variable(name: string): string {
    return variableOf(this.#state, name, this.#options.world.clock.now());
  }

  async #output(line: string, io: CommandIo): Promise<string> {
    const depth = (this.#options.depth ?? 0) + 1;
    if (depth > MAX_DEPTH) return '';
    const { env, cwd } = this.#state;
    const shell = new Shell({ ...this.#options, env, cwd, depth });
    const stdout = new Collector();
    await shell.line(line, { ...io, stdout });
    this.#state.code = await shell.leave({ ...io, stdout });
    return stdout.bytes.toString().replace(/\n+$/, '');
  }
}

/** `sh -c <line>`, or the lines of its input one by one, with a prompt if it is a terminal's. */
export async function runShell(
  shell: Shell,
  words: readonly string[],
  { io, prompt, interruptible, input = new Input(io.stdin), depth = 0 }: RunShell,
): Promise<number> {
  const { flags, rest } = shellWords(words);
  if (depth > MAX_DEPTH) {
    await shell.complain('too many shells inside of each other', io);
    return 2;
  }
  if (flags.includes('e')) shell.endAtFailure();
  if (flags.includes('c')) {
    await shell.line(rest[0] ?? '', { ...io, stdin: input.chunks });
    return shell.leave(io);
  }
  if (rest[0] !== undefined) {
    await shell.complain(`can't open '${rest[0]}': No such file or directory`, io);
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
  return shell.leave(io);
}

export interface RunShell {
  readonly io: CommandIo;
  readonly prompt?: (shell: Shell) => string;
  /** What ends the next command alone. */
  readonly interruptible?: () => AbortSignal;
  readonly input?: Input;
  readonly depth?: number;
}
