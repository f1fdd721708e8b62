/** `cp`: files to and from containers, through `tar` in the container. */
import type { Pod } from '../../api/types/core-v1.ts';
import { BoundedStream } from '../../platform/stream.ts';
import { packTar, readTar, TarError, type TarSource } from '../../platform/bytes/tar.ts';
import { command } from '../command.ts';
import { boolean, integer, text } from '../flags/flag.ts';
import type { Files, Session } from '../session.ts';
import { ExitError, UsageError } from '../usage-error.ts';
import { containerOf, podPath, runningPod } from './find-pod.ts';
import { runRemotely } from './remote-command.ts';

/** Pieces of an archive that may wait for the disk. */
const MAX_WAITING = 1 << 16;

interface Place {
  /** Undefined: on this machine. */
  readonly pod: string | undefined;
  readonly namespace: string | undefined;
  readonly path: string;
}

export const cp = command({
  usage: '<file-spec-src> <file-spec-dest> [options]',
  flags: {
    container: text('The container; the default one if it is not given', { shorthand: 'c' }),
    'no-preserve': boolean("Do not keep the files' owners and modes in the container"),
    retries: integer('Accepted for compatibility: a broken copy is begun anew by hand'),
  },
  async run(session, { words, flags }) {
    if (words.length !== 2) {
      throw new UsageError('source and destination are required');
    }
    const [from, to] = words.map(placeOf) as [Place, Place];
    if (from.pod !== undefined && to.pod !== undefined) {
      throw new UsageError('one of src or dest must be a local file specification');
    }
    if (from.path === '' || to.path === '') throw new UsageError('filepath can not be empty');
    if (from.pod === undefined && to.pod === undefined) {
      throw new UsageError('one of src or dest must be a remote file specification');
    }
    const copy = from.pod === undefined ? upload : download;
    try {
      const preserve = !flags['no-preserve'];
      await copy(session, { from, to, asked: flags.container, preserve });
    } catch (error) {
      // What `tar` had to say has been said.
      if (error instanceof ExitError) return error.code;
      if (error instanceof TarError) throw new UsageError(error.message);
      throw error;
    }
    return 0;
  },
});

/** "pod:path", "namespace/pod:path", or a path here. */
function placeOf(word: string): Place {
  const colon = word.indexOf(':');
  if (colon < 0) return { pod: undefined, namespace: undefined, path: word };
  const [first = '', second, ...more] = word.slice(0, colon).split('/');
  const path = word.slice(colon + 1);
  if (colon === 0 || more.length > 0) {
    throw new UsageError('filespec must match the canonical format: [[namespace/]pod:]file/path');
  }
  if (second === undefined) return { pod: first, namespace: undefined, path };
  return { pod: second, namespace: first, path };
}

interface Copy {
  readonly from: Place;
  readonly to: Place;
  readonly asked: string;
  /** Owners and modes. */
  readonly preserve: boolean;
}

async function remoteOf(session: Session, place: Place, asked: string) {
  const inNamespace =
    place.namespace === undefined ? session : session.inNamespace(place.namespace);
  const pod = await runningPod(inNamespace, place.pod!, { limitMs: 0, verb: 'exec into' });
  return { pod, container: containerOf(session, pod, { asked }).name };
}

function execQuery(container: string, line: readonly string[], stdin: boolean): URLSearchParams {
  const query = new URLSearchParams({ container, stdout: 'true', stderr: 'true' });
  if (stdin) query.set('stdin', 'true');
  for (const word of line) query.append('command', word);
  return query;
}

async function upload(session: Session, { from, to, asked, preserve }: Copy): Promise<void> {
  const local = from.path.replace(/(.)\/+$/, '$1');
  const names = await session.files.list(local);
  if (names === undefined && !(await isThere(session, local))) {
    throw new UsageError(`${local} doesn't exist in local filesystem`);
  }
  const { pod, container } = await remoteOf(session, to, asked);
  const whole = to.path.replace(/(.)\/+$/, '$1');
  const isFolder = await isRemoteFolder(session, { pod, container, path: whole });
  const target = isFolder ? `${whole.replace(/\/$/, '')}/${local.split('/').at(-1)}` : whole;
  const slash = target.lastIndexOf('/');
  const folder = slash < 0 ? '.' : target.slice(0, slash) || '/';
  const kept = preserve ? [] : ['--no-same-permissions', '--no-same-owner'];
  const line = ['tar', ...kept, '-xmf', '-', '-C', folder];
  const query = execQuery(container, line, true);
  await runRemotely(
    session,
    { path: podPath(pod, 'exec'), query },
    {
      stdin: packTar(sources(session.files, local, target.slice(slash + 1))),
      tty: false,
      out: (bytes) => session.output.out(Buffer.from(bytes)),
      err: (bytes) => session.output.err(Buffer.from(bytes)),
    },
  );
}

const isThere = (session: Session, path: string): Promise<boolean> =>
  session.files.expand(path, false).then(
    () => true,
    () => false,
  );

async function* sources(files: Files, path: string, name: string): AsyncGenerator<TarSource> {
  const entry = await files.entry(path);
  const content = files.readPieces(path, entry.bytes);
  if (entry.kind !== 'folder') {
    yield { name, entry, content };
    return;
  }
  const inside = (await files.list(path)) ?? [];
  // The others come with what is in them, and belong to whoever unpacks.
  if (inside.length === 0) yield { name: `${name}/`, entry, content };
  for (const child of inside) yield* sources(files, `${path}/${child}`, `${name}/${child}`);
}

/** What is copied to a folder goes into it. */
async function isRemoteFolder(
  session: Session,
  {
    pod,
    container,
    path,
  }: { readonly pod: Pod; readonly container: string; readonly path: string },
): Promise<boolean> {
  const query = execQuery(container, ['test', '-d', path], false);
  const streams = { tty: false, out: () => {}, err: () => {} };
  try {
    await runRemotely(session, { path: podPath(pod, 'exec'), query, quiet: true }, streams);
    return true;
  } catch {
    // It is none, or there is no `test`: what goes wrong otherwise does so again.
    return false;
  }
}

async function download(session: Session, { from, to, asked }: Copy): Promise<void> {
  const { pod, container } = await remoteOf(session, from, asked);
  const source = from.path.replace(/(.)\/+$/, '$1');
  const query = execQuery(container, ['tar', 'cf', '-', source], false);
  const pieces = new BoundedStream<Uint8Array>(MAX_WAITING);
  const written = unpack(session, pieces, { from, source, target: to.path });
  // What tar says comes in pieces; kubectl prints it where results go. That it takes the first
  // slash off is no news.
  let told = '';
  const running = runRemotely(
    session,
    { path: podPath(pod, 'exec'), query },
    {
      tty: false,
      out: (bytes) => pieces.push(bytes),
      err: (bytes) => (told += Buffer.from(bytes).toString()),
    },
  ).finally(() => pieces.end());
  await Promise.all([running, written]).finally(() => {
    session.output.out(told.replace(/^\S*tar: [Rr]emoving leading .*\n/gm, ''));
  });
}

interface Unpacking {
  /** As it was named. */
  readonly from: Place;
  /** The path in the container. */
  readonly source: string;
  readonly target: string;
}

/** A file goes into the folder it is copied to, a folder's content into the other folder. */
async function unpack(
  session: Session,
  pieces: AsyncIterable<Uint8Array>,
  { from, source, target }: Unpacking,
): Promise<void> {
  const { files } = session;
  const base = source.replace(/^\/+/, '');
  const here = target.replace(/(.)\/+$/, '$1');
  const isFolder = (await session.files.list(here)) !== undefined;
  let warned = false;
  for await (const { name, type, content, target: pointsTo } of readTar(pieces)) {
    const rest = restOf(name, base);
    // A container must not write where it was not asked to.
    if (rest === undefined) {
      session.complain(`warning: skipping ${JSON.stringify(name)}: it is outside of the target`);
      continue;
    }
    const into = rest === '' && type === 'file' && isFolder ? `/${base.split('/').at(-1)}` : rest;
    if (type === 'folder') await files.makeFolder(here + into);
    else if (type === 'file') await files.overwrite(here + into, content);
    else if (type === 'link') {
      const hint =
        ` (consider using "kubectl-lite exec -n ${JSON.stringify(from.namespace ?? '')} ` +
        `${JSON.stringify(from.pod)} -- tar cf - ${JSON.stringify(source)} | tar xf -")`;
      const link = `${JSON.stringify(here + rest)} -> ${JSON.stringify(pointsTo)}`;
      session.complain(`warning: skipping symlink: ${link}${warned ? '' : hint}`);
      warned = true;
    } else {
      const what = type === 'hardLink' ? `a hard link to ${JSON.stringify(pointsTo)}` : 'a device';
      session.complain(`warning: skipping ${JSON.stringify(name)}: it is ${what}`);
    }
  }
}

/** Below the path that was asked for; undefined of what is elsewhere. */
function restOf(name: string, base: string): string | undefined {
  const inside = name.replace(/^\/+/, '').replace(/\/$/, '');
  if (inside === base) return '';
  const rest = inside.startsWith(`${base}/`) ? inside.slice(base.length) : undefined;
  return rest?.split('/').includes('..') === true ? undefined : rest;
}
