/**
 * `tar` as `kubectl cp` asks for it, in the words of busybox: plain archives of the container's
 * simulated files. Modes and owners are not kept, and there are no links.
 */
import { packTar, readTar, TarError, type TarSource } from '../../platform/bytes/tar.ts';
import { type Call, complain } from './call.ts';
import { absolute, FileFault, type Found } from './container-files.ts';
import { Collector, inputOf } from './redirections.ts';

/** More does not fit into a simulated container. */
const MAX_FILE_BYTES = 1 << 20;

/** Long options that ask for what is so anyway. */
const idle = new Set(['--no-same-permissions', '--no-same-owner', '--numeric-owner']);

interface Task {
  /** `c`, `x` or `t`. */
  readonly mode: string;
  readonly file: string;
  readonly folder: string;
  readonly paths: readonly string[];
}

/** A text if it asks for something else. */
function taskOf({ words, cwd }: Call): Task | string {
  const [first = '', ...rest] = words.slice(1);
  const left = first === '' || first.startsWith('-') ? [first, ...rest] : [`-${first}`, ...rest];
  const paths: string[] = [];
  let [modes, file, folder] = ['', '-', cwd];
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    if (word === '-' || !word.startsWith('-')) paths.push(word);
    else if (!word.startsWith('--'))
      for (const letter of word.slice(1)) {
        if ('cxt'.includes(letter)) modes += letter;
        else if (letter === 'f') file = left.shift() ?? '-';
        else if (letter === 'C') folder = absolute(left.shift() ?? '.', cwd);
        else if (!'mpvoh'.includes(letter)) return `invalid option -- '${letter}'`;
      }
    else if (!idle.has(word)) return `unrecognized option '${word}'`;
  }
  const wanted = paths.filter((path) => path !== '');
  if (modes.length === 1) return { mode: modes, file, folder, paths: wanted };
  return 'need exactly one of c, x and t';
}

export async function tar(call: Call): Promise<number> {
  const task = taskOf(call);
  if (typeof task === 'string') return complain(call, task);
  try {
    if (task.mode === 'c') return await create(call, task);
    return await extract(call, task);
  } catch (error) {
    if (error instanceof FileFault || error instanceof TarError)
      return complain(call, error.message);
    throw error;
  }
}

async function create(call: Call, { file, folder, paths }: Task): Promise<number> {
  const { files, clock } = call.world;
  if (paths.length === 0) return complain(call, 'empty archive');
  const archive = file === '-' ? call.io.stdout : new Collector();
  let code = 0;
  async function* members(): AsyncGenerator<TarSource> {
    for (const path of paths) {
      const found = await files.find(absolute(path, folder));
      if (found === undefined) {
        code = await complain(call, `${path}: No such file or directory`);
        continue;
      }
      if (path.startsWith('/')) await complain(call, "removing leading '/' from member names");
      const name = path.replace(/^\/+/, '').replace(/\/+$/, '') || '.';
      yield* sources(call, { path: absolute(path, folder), name, found });
    }
  }
  for await (const piece of packTar(members())) await archive.write(piece);
  if (archive instanceof Collector)
    await files.write(absolute(file, call.cwd), archive.bytes, clock.now());
  return code === 0 ? 0 : complain(call, 'error exit delayed from previous errors');
}

interface Member {
  readonly path: string;
  readonly name: string;
  readonly found: Found;
}

/** A file, or a folder and all that is in it. */
async function* sources(call: Call, { path, name, found }: Member): AsyncGenerator<TarSource> {
  const { user, files, startedAtMs } = call.world;
  const owned = { uid: user.uid, gid: user.gid, target: '' };
  if (found.kind === 'file') {
    const { bytes, mode, atMs } = found.file;
    const entry = { ...owned, kind: 'file', mode, modifiedMs: atMs, bytes: bytes.length } as const;
    yield { name, entry, content: inputOf(bytes) };
    return;
  }
  const entry = {
    ...owned,
    kind: 'folder',
    mode: 0o755,
    modifiedMs: startedAtMs,
    bytes: 0,
  } as const;
  yield { name: `${name}/`, entry, content: inputOf(new Uint8Array()) };
  for (const each of found.names) {
    const inside = await files.find(absolute(each, path));
    if (inside !== undefined)
      yield* sources(call, { path: absolute(each, path), name: `${name}/${each}`, found: inside });
  }
}

async function extract(call: Call, { mode, file, folder, paths }: Task): Promise<number> {
  const { files, clock } = call.world;
  const source = file === '-' ? call.io.stdin : inputOf(await files.read(absolute(file, call.cwd)));
  if (mode === 'x' && (await files.find(folder))?.kind !== 'folder')
    return complain(call, `can't change directory to '${folder}': No such file or directory`);
  let code = 0;
  for await (const { name, type, bytes, content } of readTar(source)) {
    if (bytes > MAX_FILE_BYTES) throw new TarError(`${name}: File too large`);
    const isWanted = (path: string): boolean => name === path || name.startsWith(`${path}/`);
    if (paths.length > 0 && !paths.some(isWanted)) continue;
    if (mode === 't') await call.io.stdout.write(Buffer.from(`${name}\n`));
    else if (type !== 'file' && type !== 'folder')
      code = await complain(call, `${name}: links and devices are not simulated`);
    else {
      const path = absolute(name.replace(/^\/+/, ''), folder);
      if (name.split('/').includes('..')) throw new TarError(`name with '..' skipped: '${name}'`);
      await makeFolders(call, type === 'folder' ? path : absolute('..', path));
      if (type !== 'file') continue;
      const written = new Collector(MAX_FILE_BYTES);
      for await (const piece of content) await written.write(piece);
      await files.write(path, written.bytes, clock.now());
    }
  }
  return code;
}

/** That folder and those above it, where there are none. */
async function makeFolders({ world }: Call, path: string): Promise<void> {
  let at = '';
  for (const step of path.split('/').slice(1).filter(Boolean)) {
    at += `/${step}`;
    if ((await world.files.find(at)) === undefined) await world.files.makeFolder(at);
  }
}
