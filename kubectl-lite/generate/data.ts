/** create configmap and secret. */
import type { KubernetesObject } from '../../api/meta.ts';
import { text } from '../flags/flag.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { fileTrouble } from '../manifest/file-trouble.ts';
import { appendHashFlag, collect, dataFlags } from './collect.ts';
import { contentHash } from './content-hash.ts';
import { generatorCommand } from './generator.ts';

const isText = (bytes: Uint8Array): boolean =>
  Buffer.from(Buffer.from(bytes).toString('utf8')).equals(bytes);

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

const entries = (
  data: ReadonlyMap<string, Uint8Array>,
  encode: (bytes: Uint8Array) => string,
): Record<string, string> =>
  Object.fromEntries([...data].map(([key, bytes]) => [key, encode(bytes)]));

async function named(
  session: Session,
  object: KubernetesObject,
  flags: { readonly 'append-hash': boolean },
): Promise<KubernetesObject> {
  if (!flags['append-hash']) return object;
  const hash = await contentHash(object, session.environment.sha256);
  return { ...object, metadata: { ...object.metadata, name: `${object.metadata.name}-${hash}` } };
}

export const createConfigMap = generatorCommand({
  usage: 'NAME [--from-file=[key=]source] [--from-literal=key1=value1] [options]',
  flags: dataFlags,
  namespaced: true,
  async generate({ name, flags, session }) {
    const all = [...(await collect(session.files, flags, { kind: 'ConfigMap', name }))];
    const texts = new Map(all.filter(([, bytes]) => isText(bytes)));
    const binary = new Map(all.filter(([, bytes]) => !isText(bytes)));
    const plain = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
    const map = {
      apiVersion: 'v1',
      ...(binary.size > 0 ? { binaryData: entries(binary, base64) } : {}),
      ...(texts.size > 0 ? { data: entries(texts, plain) } : {}),
      kind: 'ConfigMap',
      metadata: { creationTimestamp: null as never, name },
    };
    return named(session, map, flags);
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
  async generate({ name, flags, session }) {
    const data = entries(await collect(session.files, flags, { kind: 'Secret', name }), base64);
    return named(session, secretOf(name, flags.type, data), flags);
  },
});

export const createTlsSecret = generatorCommand({
  usage: 'NAME --cert=path/to/cert/file --key=path/to/key/file [options]',
  flags: {
    ...appendHashFlag,
    cert: text('Path of the certificate, PEM'),
    key: text('Path of its key, PEM'),
  },
  namespaced: true,
  async generate({ name, flags, session }) {
    if (flags.cert === '' || flags.key === '') {
      throw new UsageError('key and cert must be specified');
    }
    const read = async (path: string): Promise<Buffer> => {
      try {
        return Buffer.from(await session.files.readBytes(path));
      } catch (error) {
        throw new UsageError(`Cannot read file ${path}, open ${path}: ${fileTrouble(error)}`);
      }
    };
    const [cert, key] = [await read(flags.cert), await read(flags.key)];
    requirePem(cert, 'certificate', /-----BEGIN CERTIFICATE-----/);
    requirePem(key, 'key', /-----BEGIN (\w+ )?PRIVATE KEY-----/);
    const secret = secretOf(name, 'kubernetes.io/tls', {
      'tls.crt': base64(cert),
      'tls.key': base64(key),
    });
    return named(session, secret, flags);
  },
});

function requirePem(bytes: Buffer, what: string, begin: RegExp): void {
  if (!begin.test(bytes.toString('latin1'))) {
    throw new UsageError(`tls: failed to find any PEM data in ${what} input`);
  }
}

export const createRegistrySecret = generatorCommand({
  usage: 'NAME --docker-username=user --docker-password=password [options]',
  flags: {
    ...appendHashFlag,
    'docker-email': text('E-mail address'),
    'docker-password': text('Password'),
    'docker-server': text('Server', { value: 'https://index.docker.io/v1/' }),
    'docker-username': text('User'),
    'from-file': dataFlags['from-file'],
  },
  namespaced: true,
  async generate({ name, flags, session }) {
    const type = 'kubernetes.io/dockerconfigjson';
    const { 'docker-username': username, 'docker-password': password } = flags;
    const server = flags['docker-server'];
    if (flags['from-file'].length > 0) {
      const given = { ...flags, 'from-env-file': [], 'from-literal': [] };
      const data = entries(await collect(session.files, given, { kind: 'Secret', name }), base64);
      return named(session, secretOf(name, type, data), flags);
    }
    if (username === '' || password === '' || server === '') {
      throw new UsageError(
        'either --from-file or the combination of --docker-username, --docker-password and ' +
          '--docker-server is required',
      );
    }
    const auth = base64(Buffer.from(`${username}:${password}`));
    const email = flags['docker-email'] === '' ? {} : { email: flags['docker-email'] };
    const config = { auths: { [server]: { username, password, ...email, auth } } };
    const encoded = base64(Buffer.from(JSON.stringify(config)));
    return named(session, secretOf(name, type, { '.dockerconfigjson': encoded }), flags);
  },
});
