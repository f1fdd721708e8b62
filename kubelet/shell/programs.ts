/** The programs that a simulated container has, in the words of busybox. */
import { sleep } from '../../platform/clock.ts';
import { type Call, complain, print, type Program } from './call.ts';
import { absolute, FileFault } from './container-files.ts';
import { dateText } from './date-text.ts';
import { listFiles } from './list-files.ts';
import { sumOf } from './arithmetic-expansion.ts';
import { testExpression } from './test-expression.ts';
import { tar } from './tar-program.ts';
import { textPrograms } from './text-programs.ts';
import { ShellSyntaxError } from './tokens.ts';

const MAX_SLEEP_MS = 7 * 24 * 3_600_000;

async function env(call: Call): Promise<number> {
  const [, first] = call.words;
  if (first !== undefined) return complain(call, `can't execute '${first}'`, 127);
  for (const [name, value] of call.env) await print(call, `${name}=${value}\n`);
  return 0;
}

async function printenv(call: Call): Promise<number> {
  const names = call.words.slice(1);
  if (names.length === 0) return env({ ...call, words: ['env'] });
  let code = 0;
  for (const name of names) {
    const value = call.env.get(name);
    if (value === undefined) code = 1;
    else await print(call, `${value}\n`);
  }
  return code;
}

const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '\\': '\\',
  a: '\x07',
  b: '\b',
  e: '\x1b',
  f: '\f',
  v: '\v',
  '0': '\0',
};
const unescaped = (text: string): string =>
  text.replace(/\\(.)/g, (whole, next: string) => escapes[next] ?? whole);

async function echo(call: Call): Promise<number> {
  let words = call.words.slice(1);
  let [newline, escaped] = [true, false];
  while (/^-[neE]+$/.test(words[0] ?? '')) {
    if (words[0]!.includes('n')) newline = false;
    if (words[0]!.includes('e')) escaped = true;
    words = words.slice(1);
  }
  const text = words.join(' ');
  await print(call, `${escaped ? unescaped(text) : text}${newline ? '\n' : ''}`);
  return 0;
}

async function printf(call: Call): Promise<number> {
  const [, format, ...values] = call.words;
  if (format === undefined) return complain(call, 'usage: printf FORMAT [ARGUMENT...]');
  const left = [...values];
  do {
    const text = unescaped(format).replace(/%([sd%])/g, (_whole, kind: string) => {
      if (kind === '%') return '%';
      const value = left.shift();
      return kind === 's' ? (value ?? '') : String(Number.parseInt(value ?? '0', 10) || 0);
    });
    await print(call, text);
  } while (left.length > 0 && /%[sd]/.test(format));
  return 0;
}

async function cat(call: Call): Promise<number> {
  const paths = call.words.slice(1).filter((word) => word !== '-u');
  let code = 0;
  for (const path of paths.length === 0 ? ['-'] : paths) {
    if (path === '-') {
      for await (const bytes of call.io.stdin) await call.io.stdout.write(bytes);
      continue;
    }
    try {
      await call.io.stdout.write(await call.world.files.read(absolute(path, call.cwd)));
    } catch (error) {
      if (!(error instanceof FileFault)) throw error;
      const opened = error.message === 'Is a directory' ? 'read error' : `can't open '${path}'`;
      code = await complain(call, `${opened}: ${error.message}`);
    }
  }
  return code;
}

/** `touch`, `rm`, `mkdir`: each path in its turn. */
function onEach(
  flags: RegExp,
  change: (call: Call, path: string, flags: string) => Promise<void>,
): Program {
  return async (call) => {
    const words = call.words.slice(1);
    const given = words.filter((word) => /^-./.test(word)).join('');
    const unknown = words.find((word) => /^-./.test(word) && !flags.test(word));
    if (unknown !== undefined) return complain(call, `unrecognized option: ${unknown.slice(1)}`);
    const paths = words.filter((word) => !/^-./.test(word));
    if (paths.length === 0 && !given.includes('f')) return complain(call, 'missing operand');
    let code = 0;
    for (const path of paths) {
      try {
        await change(call, absolute(path, call.cwd), given);
      } catch (error) {
        if (!(error instanceof FileFault)) throw error;
        code = await complain(call, `${path}: ${error.message}`);
      }
    }
    return code;
  };
}

const touch = onEach(/^-c$/, async ({ world }, path) => {
  const found = await world.files.find(path);
  const bytes = found?.kind === 'file' ? found.file.bytes : Buffer.alloc(0);
  if (found?.kind !== 'folder') await world.files.write(path, bytes, world.clock.now());
});

const rm = onEach(/^-[rRf]+$/, async ({ world }, path, flags) => {
  const found = await world.files.find(path);
  if (found === undefined && flags.includes('f')) return;
  if (found?.kind === 'folder' && !/[rR]/.test(flags)) throw new FileFault('Is a directory');
  await world.files.remove(path);
});

const mkdir = onEach(/^-p$/, async ({ world }, path, flags) => {
  if (flags !== '-p') return world.files.makeFolder(path);
  let at = '';
  for (const step of path.split('/').slice(1)) {
    at += `/${step}`;
    if ((await world.files.find(at)) === undefined) await world.files.makeFolder(at);
  }
});

async function cp(call: Call): Promise<number> {
  const [from, to, ...others] = call.words.slice(1).filter((word) => !/^-[afprR]+$/.test(word));
  if (from === undefined || to === undefined || others.length > 0)
    return complain(call, 'usage: cp SOURCE DEST');
  const { files, clock } = call.world;
  try {
    const bytes = await files.read(absolute(from, call.cwd));
    const target = absolute(to, call.cwd);
    const into = (await files.find(target))?.kind === 'folder';
    await files.write(into ? `${target}/${from.split('/').at(-1)}` : target, bytes, clock.now());
    return 0;
  } catch (error) {
    if (!(error instanceof FileFault)) throw error;
    return complain(call, `can't copy '${from}': ${error.message}`);
  }
}

async function pause(call: Call): Promise<number> {
  const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };
  let ms = 0;
  for (const word of call.words.slice(1)) {
    const [, amount, unit = 's'] = /^(\d{1,9}(?:\.\d+)?)([smhd]?)$/.exec(word) ?? [];
    if (amount === undefined)
      if (word === 'infinity') ms = MAX_SLEEP_MS;
      else return complain(call, `invalid number '${word}'`);
    else ms += Number(amount) * (units[unit] ?? 1) * 1000;
  }
  await sleep(call.world.clock, Math.min(ms, MAX_SLEEP_MS), call.io.signal);
  return call.io.signal.aborted ? 130 : 0;
}

/** Sums and comparisons of numbers; 1: the result is 0. */
async function expr(call: Call): Promise<number> {
  const noName = (): string => {
    throw new ShellSyntaxError('syntax error');
  };
  try {
    const value = sumOf(call.words.slice(1).join(' '), noName);
    await print(call, `${value}\n`);
    return value === 0 ? 1 : 0;
  } catch (error) {
    if (!(error instanceof ShellSyntaxError)) throw error;
    return complain(call, error.message, 2);
  }
}

const named = (id: number): string => (id === 0 ? '0(root)' : String(id));

async function id(call: Call): Promise<number> {
  const { uid, gid, groups } = call.world.user;
  const [, flag] = call.words;
  const all = [gid, ...groups.filter((each) => each !== gid)];
  const answers: Readonly<Record<string, string>> = {
    '-u': String(uid),
    '-g': String(gid),
    '-G': all.join(' '),
    '-un': uid === 0 ? 'root' : String(uid),
  };
  const full = `uid=${named(uid)} gid=${named(gid)} groups=${all.map(named).join(',')}`;
  const text = flag === undefined ? full : answers[flag];
  if (text === undefined) return complain(call, `unrecognized option: ${flag!.slice(1)}`);
  await print(call, `${text}\n`);
  return 0;
}

async function whoami(call: Call): Promise<number> {
  const { uid } = call.world.user;
  if (uid !== 0) return complain(call, `unknown uid ${uid}`);
  await print(call, 'root\n');
  return 0;
}

async function ps(call: Call): Promise<number> {
  const { user, mainCommand } = call.world;
  const owner = (user.uid === 0 ? 'root' : String(user.uid)).padEnd(8);
  const row = (pid: number, command: string): string =>
    `${String(pid).padStart(5)} ${owner}  0:00 ${command}\n`;
  const own = call.words.join(' ');
  await print(call, `PID   USER     TIME  COMMAND\n${row(1, mainCommand)}${row(7, own)}`);
  return 0;
}

export async function kill(call: Call): Promise<number> {
  const words = call.words.slice(1);
  const signal = words[0]?.startsWith('-') ? words.shift()!.slice(1).replace(/^SIG/, '') : 'TERM';
  if (words.length === 0) return complain(call, 'you need to specify whom to kill');
  for (const word of words)
    if (word !== '1') return complain(call, `can't kill pid ${word}: No such process`);
  // The kernel lets no signal through to the first process that it does not handle; KILL never.
  if (['TERM', '15', 'INT', '2', 'QUIT', '3', 'HUP', '1'].includes(signal)) call.world.terminate();
  return 0;
}

const says =
  (text: (call: Call) => string): Program =>
  async (call) => {
    await print(call, `${text(call)}\n`);
    return 0;
  };

/** By their names; those of the shell itself are in `shell.ts`. */
export const programs: Readonly<Record<string, Program>> = {
  env,
  printenv,
  echo,
  printf,
  cat,
  touch,
  rm,
  mkdir,
  expr,
  id,
  whoami,
  ps,
  kill,
  sleep: pause,
  ls: listFiles,
  ...textPrograms,
  cp,
  tar,
  chmod: () => Promise.resolve(0),
  '[': testExpression,
  '[[': testExpression,
  test: testExpression,
  true: () => Promise.resolve(0),
  false: () => Promise.resolve(1),
  pwd: says(({ cwd }) => cwd),
  hostname: says(({ world }) => world.hostname),
  date: says(({ world, words }) => dateText(world.clock.now(), words.slice(1))),
};
