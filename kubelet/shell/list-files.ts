import { type Call, complain, print } from './call.ts';
import { absolute, type Found } from './container-files.ts';
import { dateText } from './date-text.ts';

interface Shape {
  readonly long: boolean;
  readonly all: boolean;
  readonly itself: boolean;
}

interface Entry {
  readonly name: string;
  readonly found: Found;
}

/** `ls`, with `-l`, `-a`, `-1`, `-d`. */
export async function listFiles(call: Call): Promise<number> {
  const words = call.words.slice(1);
  const flags = words.filter((word) => /^-./.test(word)).join('');
  const unknown = /[^-laA1dhR]/.exec(flags)?.[0];
  if (unknown !== undefined) return complain(call, `unrecognized option: ${unknown}`);
  const has = (flag: string): boolean => flags.includes(flag);
  const shape = { long: has('l'), all: has('a'), itself: has('d') };
  const given = words.filter((word) => !/^-./.test(word));
  const paths = given.length === 0 ? ['.'] : given;
  let code = 0;
  const singles: Entry[] = [];
  const folders: string[] = [];
  for (const name of paths) {
    const found = await call.world.files.find(absolute(name, call.cwd));
    if (found === undefined) code = await complain(call, `${name}: No such file or directory`);
    else if (found.kind === 'file' || shape.itself) singles.push({ name, found });
    else folders.push(name);
  }
  await show(call, singles, shape);
  for (const [i, name] of folders.entries()) {
    if (paths.length > 1) await print(call, `${i + singles.length > 0 ? '\n' : ''}${name}:\n`);
    await show(call, await inside(call, absolute(name, call.cwd), shape), shape);
  }
  return code;
}

async function inside(call: Call, path: string, { all }: Shape): Promise<Entry[]> {
  const found = await call.world.files.find(path);
  if (found?.kind !== 'folder') return [];
  const names = found.names.filter((name) => all || !name.startsWith('.'));
  const entries: Entry[] = [];
  for (const name of all ? ['.', '..', ...names] : names) {
    const each = await call.world.files.find(absolute(name, path));
    if (each !== undefined) entries.push({ name, found: each });
  }
  return entries;
}

async function show(call: Call, entries: readonly Entry[], { long }: Shape): Promise<void> {
  if (entries.length === 0) return;
  if (long) for (const entry of entries) await print(call, longLine(call, entry));
  else {
    const names = entries.map(({ name }) => name);
    await print(call, `${names.join(call.world.tty ? '  ' : '\n')}\n`);
  }
}

function longLine({ world }: Call, { name, found }: Entry): string {
  const { uid, gid } = world.user;
  const mode = found.kind === 'file' ? found.file.mode : 0o755;
  const bits = [...mode.toString(8).slice(-3)].map((digit) => {
    const bit = Number(digit);
    return `${bit & 4 ? 'r' : '-'}${bit & 2 ? 'w' : '-'}${bit & 1 ? 'x' : '-'}`;
  });
  const kind = found.kind === 'file' ? '-' : 'd';
  const size = found.kind === 'file' ? found.file.bytes.length : 4096;
  const atMs = found.kind === 'file' ? found.file.atMs : world.startedAtMs;
  const owner = (id: number): string => (id === 0 ? 'root' : String(id)).padEnd(8);
  const columns = [`${kind}${bits.join('')}`, '1'.padStart(4), owner(uid), owner(gid)];
  const when = dateText(atMs, ['+%b %e %H:%M']);
  return `${columns.join(' ')} ${String(size).padStart(9)} ${when} ${name}\n`;
}
