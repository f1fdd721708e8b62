/** Commands that change the shell they are given to (POSIX XCU, 2.14). */
import { type Call, complain } from './call.ts';
import { absolute } from './container-files.ts';
import { Input } from './input.ts';
import { Jobs } from './jobs.ts';
import { kill } from './programs.ts';
import { Traps } from './traps.ts';

/** What a shell keeps from one command to the next. */
export interface ShellState {
  readonly env: Map<string, string>;
  cwd: string;
  /** Of the last command. */
  code: number;
  exited: boolean;
  /** `set -e`. */
  endsAtFailure: boolean;
  readonly traps: Traps;
  readonly jobs: Jobs;
  /** The loop it is in. */
  leaving: 'break' | 'continue' | undefined;
  /** Of `$RANDOM`. */
  seed: number | undefined;
}

export const newState = (env: Map<string, string>, cwd: string): ShellState => ({
  env,
  cwd,
  code: 0,
  exited: false,
  endsAtFailure: false,
  traps: new Traps(),
  jobs: new Jobs(),
  leaving: undefined,
  seed: undefined,
});

export interface BuiltinCall extends Call {
  /** Another command, with the same streams. */
  readonly run: (words: readonly string[]) => Promise<number>;
}

type Builtin = (call: BuiltinCall, state: ShellState) => Promise<number> | number;

export const builtins: Readonly<Record<string, Builtin | undefined>> = {
  ':': () => 0,
  trap(call, { traps }) {
    const wrong = traps.set(call.words.slice(1).filter((word) => word !== '--'));
    return wrong === undefined ? 0 : complain(call, `${wrong}: invalid signal specification`);
  },
  wait(call, { jobs, traps }) {
    const pids = call.words.slice(1);
    const strange = pids.find((pid) => !jobs.has(pid));
    if (strange !== undefined)
      return complain(call, `pid ${strange} is not a child of this shell`, 127);
    if (pids.length > 0) return Promise.race([jobs.wait(pids), traps.interruption()]);
    return Promise.race([jobs.wait().then(() => 0), traps.interruption()]);
  },
  kill(call, { jobs }) {
    const own = call.words.filter((word) => jobs.has(word));
    for (const pid of own) jobs.kill(pid);
    const words = call.words.filter((word) => !jobs.has(word));
    const isDone = own.length > 0 && words.slice(1).every((word) => word.startsWith('-'));
    return isDone ? 0 : kill({ ...call, words });
  },
  break: (_call, state) => leave(state, 'break'),
  continue: (_call, state) => leave(state, 'continue'),
  set({ words }, state) {
    for (const word of words.slice(1))
      if (/^[-+][eux]+$/.test(word) && word.includes('e')) state.endsAtFailure = word[0] === '-';
    return 0;
  },
  async exec({ words, run }, state) {
    if (words.length === 1) return 0;
    const code = await run(words.slice(1));
    state.exited = true;
    return code;
  },
  async read({ words, io }, { env }) {
    const line = await new Input(io.stdin).line();
    const name = words.slice(1).find((word) => !word.startsWith('-'));
    if (name !== undefined) env.set(name, line?.trim() ?? '');
    return line === undefined ? 1 : 0;
  },
  exit({ words }, state) {
    state.exited = true;
    return words[1] === undefined ? state.code : Number(words[1]) & 255;
  },
  async cd(call, state) {
    const asked = call.words[1] ?? state.env.get('HOME') ?? '/';
    const path = absolute(asked, state.cwd);
    const found = await call.world.files.find(path);
    const why = found === undefined ? 'No such file or directory' : 'Not a directory';
    if (found?.kind !== 'folder') return complain(call, `can't cd to ${asked}: ${why}`, 2);
    state.cwd = path;
    return 0;
  },
  export({ words }, { env }) {
    for (const word of words.slice(1)) {
      const [name = '', ...value] = word.split('=');
      if (value.length > 0) env.set(name, value.join('='));
    }
    return 0;
  },
  unset({ words }, { env }) {
    for (const name of words.slice(1)) env.delete(name);
    return 0;
  },
};

function leave(state: ShellState, how: 'break' | 'continue'): number {
  state.leaving = how;
  return 0;
}
