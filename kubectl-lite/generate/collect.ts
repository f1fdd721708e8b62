/** Data of a ConfigMap or Secret, from files, folders, literals and env files. */
import { array, boolean, list } from '../flags/flag.ts';
import { fileTrouble } from '../manifest/file-trouble.ts';
import type { Files } from '../session.ts';
import { UsageError } from '../usage-error.ts';

export const appendHashFlag = {
  'append-hash': boolean('Add a hash of the content to the name'),
} as const;

export const dataFlags = {
  ...appendHashFlag,
  'from-env-file': list('A file of KEY=VALUE lines'),
  'from-file': list('A file or folder; KEY=PATH gives the key'),
  'from-literal': array('KEY=VALUE'),
} as const;

export interface DataFlags {
  readonly 'from-env-file': readonly string[];
  readonly 'from-file': readonly string[];
  readonly 'from-literal': readonly string[];
}

type Put = (key: string, value: Uint8Array) => void;

export async function collect(
  files: Files,
  flags: DataFlags,
  { kind, name }: { readonly kind: 'ConfigMap' | 'Secret'; readonly name: string },
): Promise<Map<string, Uint8Array>> {
  const others = flags['from-file'].length + flags['from-literal'].length;
  if (flags['from-env-file'].length > 0 && others > 0) {
    throw new UsageError('from-env-file cannot be combined with from-file or from-literal');
  }
  const data = new Map<string, Uint8Array>();
  const put: Put = (key, value) => {
    if (!/^[-._a-zA-Z0-9]+$/.test(key)) throw badKey(kind, key);
    if (data.has(key)) throw takenKey(kind, name, key);
    data.set(key, value);
  };
  for (const source of flags['from-file']) await fromFile(files, source, put);
  for (const literal of flags['from-literal']) {
    const equals = literal.indexOf('=');
    if (equals <= 0) {
      throw new UsageError(`invalid literal source ${literal}, expected key=value`);
    }
    put(literal.slice(0, equals), Buffer.from(literal.slice(equals + 1)));
  }
  for (const path of flags['from-env-file']) {
    const text = Buffer.from(await contentOf(files, path)).toString();
    for (const line of text.split('\n')) {
      const trimmed = line.trimStart();
      if (trimmed === '' || trimmed.startsWith('#')) continue;
      const equals = trimmed.indexOf('=');
      if (equals > 0) put(trimmed.slice(0, equals), Buffer.from(trimmed.slice(equals + 1)));
    }
  }
  return data;
}

async function fromFile(files: Files, source: string, put: Put): Promise<void> {
  const [first = '', path = first, ...more] = source.split('=');
  const keyed = source.includes('=');
  if (keyed && first === '') throw new UsageError(`key name for file path ${path} missing`);
  if (keyed && path === '') throw new UsageError(`file path for key name ${first} missing`);
  if (more.length > 0) throw new UsageError("key names or file paths cannot contain '='");
  const names = await files.list(path);
  if (names === undefined) {
    const key = keyed ? first : path.split('/').at(-1)!;
    put(key, await contentOf(files, path));
    return;
  }
  if (keyed) throw new UsageError('cannot give a key name for a directory path');
  for (const name of names) {
    const inner = `${path.replace(/\/$/, '')}/${name}`;
    if ((await files.list(inner)) === undefined) put(name, await files.readBytes(inner));
  }
}

async function contentOf(files: Files, path: string): Promise<Uint8Array> {
  try {
    return await files.readBytes(path);
  } catch (error) {
    throw new UsageError(`error reading ${path}: ${fileTrouble(error)}`);
  }
}

const KEY_RULE =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' " +
  "(e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', " +
  "regex used for validation is '[-._a-zA-Z0-9]+')";

/** kubectl's sentences are not the same for both kinds. */
function badKey(kind: string, key: string): UsageError {
  const shown = JSON.stringify(key);
  return new UsageError(
    kind === 'Secret'
      ? `${shown} is not valid key name for a Secret ${KEY_RULE}`
      : `${shown} is not a valid key name for a ConfigMap: ${KEY_RULE}`,
  );
}

function takenKey(kind: string, name: string, key: string): UsageError {
  return new UsageError(
    kind === 'Secret'
      ? `cannot add key ${key}, another key by that name already exists`
      : `cannot add key ${JSON.stringify(key)}, another key by that name already exists in Data ` +
          `for ConfigMap ${JSON.stringify(name)}`,
  );
}
