/** create configmap and secret: data from files, folders, literals and env files. */
import type { KubernetesObject } from '../../api/meta.ts';
import { array, list, text } from '../flags/flag.ts';
import type { Files } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { generatorCommand } from './generator.ts';

const dataFlags = {
  'append-hash': text('Not supported: give names of your own to versions'),
  'from-env-file': list('A file of KEY=VALUE lines'),
  'from-file': list('A file or folder; KEY=PATH gives the key'),
  'from-literal': array('KEY=VALUE'),
} as const;

interface DataFlags {
  readonly 'append-hash': string;
  readonly 'from-env-file': readonly string[];
  readonly 'from-file': readonly string[];
  readonly 'from-literal': readonly string[];
}

async function collect(files: Files, flags: DataFlags): Promise<Map<string, Uint8Array>> {
  if (flags['append-hash'] !== '') throw new UsageError('--append-hash is not supported');
  const others = flags['from-file'].length + flags['from-literal'].length;
  if (flags['from-env-file'].length > 0 && others > 0) {
    throw new UsageError('from-env-file cannot be combined with from-file or from-literal');
  }
  const data = new Map<string, Uint8Array>();
  const put = (key: string, value: Uint8Array): void => {
    if (!/^[-._a-zA-Z0-9]+$/.test(key)) {
      throw new UsageError(`${JSON.stringify(key)} is not a valid key name`);
    }
    if (data.has(key)) {
      throw new UsageError(
        `cannot add key ${JSON.stringify(key)}, another key by that name already exists in Data`,
      );
    }
    data.set(key, value);
  };
  for (const source of flags['from-file']) {
    const equals = source.indexOf('=');
    const path = equals < 0 ? source : source.slice(equals + 1);
    const names = await files.list(path);
    if (names === undefined) {
      const key = equals < 0 ? path.split('/').at(-1)! : source.slice(0, equals);
      put(key, await files.readBytes(path));
      continue;
    }
    if (equals >= 0) throw new UsageError('cannot give a key name for a directory path');
    for (const name of names) {
      const inner = `${path.replace(/\/$/, '')}/${name}`;
      if ((await files.list(inner)) === undefined) put(name, await files.readBytes(inner));
    }
  }
  for (const literal of flags['from-literal']) {
    const equals = literal.indexOf('=');
    if (equals <= 0) {
      throw new UsageError(`invalid literal source ${literal}, expected key=value`);
    }
    put(literal.slice(0, equals), Buffer.from(literal.slice(equals + 1)));
  }
  for (const path of flags['from-env-file']) {
    for (const line of (await files.read(path)).split('\n')) {
      const trimmed = line.trimStart();
      if (trimmed === '' || trimmed.startsWith('#')) continue;
      const equals = trimmed.indexOf('=');
      if (equals > 0) put(trimmed.slice(0, equals), Buffer.from(trimmed.slice(equals + 1)));
    }
  }
  return data;
}

const isText = (bytes: Uint8Array): boolean =>
  Buffer.from(Buffer.from(bytes).toString('utf8')).equals(bytes);

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

const entries = (
  data: ReadonlyMap<string, Uint8Array>,
  encode: (bytes: Uint8Array) => string,
): Record<string, string> =>
  Object.fromEntries([...data].map(([key, bytes]) => [key, encode(bytes)]));

export const createConfigMap = generatorCommand({
  usage: 'NAME [--from-file=[key=]source] [--from-literal=key1=value1] [options]',
  flags: dataFlags,
  namespaced: true,
  async generate({ name, flags, session }) {
    const all = [...(await collect(session.files, flags))];
    const texts = new Map(all.filter(([, bytes]) => isText(bytes)));
    const binary = new Map(all.filter(([, bytes]) => !isText(bytes)));
    const plain = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
    return {
      apiVersion: 'v1',
      ...(binary.size > 0 ? { binaryData: entries(binary, base64) } : {}),
      ...(texts.size > 0 ? { data: entries(texts, plain) } : {}),
      kind: 'ConfigMap',
      metadata: { creationTimestamp: null as never, name },
    };
  },
});

const secretOf = (name: string, type: string, data: object): KubernetesObject => ({
  apiVersion: 'v1',
  ...(Object.keys(data).length > 0 ? { data } : {}),
  kind: 'Secret',
  metadata: { creationTimestamp: null as never, name },
  ...(type === '' ? {} : { type }),
});

export const createGenericSecret = generatorCommand({
  usage: 'NAME [--type=string] [--from-file=[key=]source] [--from-literal=key1=value1] [options]',
  flags: { ...dataFlags, type: text('Type of the secret') },
  namespaced: true,
  generate: async ({ name, flags, session }) =>
    secretOf(name, flags.type, entries(await collect(session.files, flags), base64)),
});

export const createTlsSecret = generatorCommand({
  usage: 'NAME --cert=path/to/cert/file --key=path/to/key/file [options]',
  flags: { cert: text('Path of the certificate, PEM'), key: text('Path of its key, PEM') },
  namespaced: true,
  async generate({ name, flags, session }) {
    if (flags.cert === '' || flags.key === '') {
      throw new UsageError('key and cert must be specified');
    }
    return secretOf(name, 'kubernetes.io/tls', {
      'tls.crt': base64(await session.files.readBytes(flags.cert)),
      'tls.key': base64(await session.files.readBytes(flags.key)),
    });
  },
});

export const createRegistrySecret = generatorCommand({
  usage: 'NAME --docker-username=user --docker-password=password [options]',
  flags: {
    'docker-email': text('E-mail address'),
    'docker-password': text('Password'),
    'docker-server': text('Server', { value: 'https://index.docker.io/v1/' }),
    'docker-username': text('User'),
  },
  namespaced: true,
  generate({ name, flags }) {
    const { 'docker-username': username, 'docker-password': password } = flags;
    if (username === '' || password === '') {
      throw new UsageError(
        'either --from-file or the combination of --docker-username, --docker-password and ' +
          '--docker-server is required',
      );
    }
    const auth = base64(Buffer.from(`${username}:${password}`));
    const email = flags['docker-email'] === '' ? {} : { email: flags['docker-email'] };
    const config = { auths: { [flags['docker-server']]: { username, password, ...email, auth } } };
    const encoded = base64(Buffer.from(JSON.stringify(config)));
    return secretOf(name, 'kubernetes.io/dockerconfigjson', { '.dockerconfigjson': encoded });
  },
});
