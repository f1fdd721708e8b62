/** From a kubeconfig to what a connection needs: server, authorities, credentials, namespace. */
import type { Disk } from '../platform/files/disk.ts';
import {
  type AuthUser,
  type Cluster,
  type Context,
  type Entry,
  type Kubeconfig,
  KubeconfigError,
  kubeconfigOf,
  mergeKubeconfigs,
} from './kubeconfig.ts';
import { type Impersonation, impersonationIn } from './impersonation.ts';
import { plainYaml } from './plain-yaml.ts';

/** Fits `connectHttp` of `platform/node/net/http-client.ts`, and says where to look for objects. */
export interface KubeconfigConnection {
  readonly baseUrl: string;
  readonly ca?: Uint8Array;
  readonly cert?: Uint8Array;
  readonly key?: Uint8Array;
  readonly token?: string;
  readonly insecureSkipVerify?: boolean;
  readonly serverName?: string;
  /** The proxy on the way: "socks5://[user:password@]host[:port]", or http, or https. */
  readonly proxyUrl?: string;
  /** The context's, "default" if it names none. */
  readonly namespace: string;
  /** For whom the user acts, where somebody asks for that. */
  readonly impersonation?: Impersonation;
}

/** A user whose credentials come from a program. */
export interface ExecRequest {
  /** The user's. */
  readonly name: string;
  readonly exec: unknown;
  /** Where relative paths start, "/" at its end. */
  readonly folder: string;
  /** What the program may be told of the cluster. */
  readonly cluster: object;
}

/** kubectl's flags of the same names. */
export interface ConnectionOverrides {
  readonly context?: string;
  readonly cluster?: string;
  readonly user?: string;
  readonly namespace?: string;
  readonly server?: string;
  /** Runs a credential program; without it such users are refused. */
  readonly execCredential?: (request: ExecRequest) => Promise<Partial<KubeconfigConnection>>;
  /** True if the caller sends their headers; otherwise users who act for others are refused. */
  readonly impersonates?: boolean;
  /** True if the caller goes through proxies; otherwise clusters behind one are refused. */
  readonly throughProxies?: boolean;
}

/** Reads and merges the files that exist. Fails if `paths` has one entry and that is missing. */
export async function loadKubeconfig(disk: Disk, paths: readonly string[]): Promise<Kubeconfig> {
  const configs: Kubeconfig[] = [];
  for (const path of paths) {
    const bytes = await disk.read(path);
    if (bytes !== undefined) configs.push(await read(Buffer.from(bytes).toString(), path));
    else if (paths.length === 1) {
      throw new KubeconfigError(`stat ${path}: no such file or directory`);
    }
  }
  return mergeKubeconfigs(configs);
}

async function read(text: string, path: string): Promise<Kubeconfig> {
  const plain = plainYaml(text);
  if (plain !== undefined) return kubeconfigOf(plain.value, path);
  const { parseKubeconfig } = await import('./kubeconfig-text.ts');
  return parseKubeconfig(text, path);
}

export async function connectionOf(
  disk: Disk,
  config: Kubeconfig,
  overrides: ConnectionOverrides = {},
): Promise<KubeconfigConnection> {
  const context = contextOf(config, overrides.context);
  const clusterName = overrides.cluster ?? context.cluster ?? '';
  const cluster = entryOf(config.clusters, 'cluster', clusterName);
  const userName = overrides.user ?? context.user;
  const user = userName ? entryOf(config.users, 'auth info', userName) : undefined;
  const baseUrl = overrides.server ?? cluster?.value.server;
  if (!baseUrl) {
    throw new KubeconfigError(
      'Missing or incomplete configuration info: no server. Please point to an existing, ' +
        'complete config file (--kubeconfig, KUBECONFIG, or current-context in the file)',
    );
  }
  const namespace = overrides.namespace ?? context.namespace;
  return {
    baseUrl,
    ...proxyOf(cluster, { clusterName, allowed: overrides.throughProxies === true }),
    ...(await trust(disk, cluster)),
    ...(await credentials(disk, user)),
    ...(await programCredentials(user && { ...user, name: userName! }, overrides, cluster)),
    ...impersonationOf(user, overrides),
    namespace: namespace || 'default',
  };
}

function contextOf(config: Kubeconfig, asked: string | undefined): Context {
  const name = asked ?? config.currentContext;
  if (name === undefined) return {};
  const context = config.contexts.get(name);
  if (context === undefined) {
    const known = [...config.contexts.keys()].join(', ');
    const hint = known === '' ? '' : ` (contexts: ${known})`;
    throw new KubeconfigError(`context "${name}" does not exist${hint}`);
  }
  return context.value;
}

function entryOf<T>(
  entries: ReadonlyMap<string, Entry<T>>,
  what: string,
  name: string,
): Entry<T> | undefined {
  const entry = entries.get(name);
  if (entry === undefined && name !== '') {
    throw new KubeconfigError(`${what} "${name}" does not exist`);
  }
  return entry;
}

const proxySchemes = ['http:', 'https:', 'socks5:'];

function proxyOf(
  cluster: Entry<Cluster> | undefined,
  about: { readonly clusterName: string; readonly allowed: boolean },
): Pick<KubeconfigConnection, 'proxyUrl'> {
  const proxyUrl = cluster?.value['proxy-url'];
  if (!proxyUrl) return {};
  const refused = (why: string): KubeconfigError =>
    new KubeconfigError(`cluster "${about.clusterName}" has the proxy-url ${proxyUrl}: ${why}`);
  if (!about.allowed) throw refused('connections here are direct');
  if (!URL.canParse(proxyUrl) || !proxySchemes.includes(new URL(proxyUrl).protocol)) {
    throw refused('a proxy is at an http://, https:// or socks5:// address');
  }
  return { proxyUrl };
}

async function trust(
  disk: Disk,
  cluster: Entry<Cluster> | undefined,
): Promise<Partial<KubeconfigConnection>> {
  if (cluster === undefined) return {};
  const { value, folder } = cluster;
  const ca = await pemOf(disk, {
    what: 'certificate-authority',
    base64: value['certificate-authority-data'],
    path: value['certificate-authority'],
    folder,
  });
  const serverName = value['tls-server-name'];
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(value['insecure-skip-tls-verify'] ? { insecureSkipVerify: true } : {}),
    ...(serverName ? { serverName } : {}),
  };
}

async function credentials(
  disk: Disk,
  user: Entry<AuthUser> | undefined,
): Promise<Partial<KubeconfigConnection>> {
  if (user === undefined) return {};
  const { value, folder } = user;
  for (const unsupported of ['auth-provider', 'username'] as const) {
    if (value[unsupported] !== undefined) {
      throw new KubeconfigError(
        `credentials of type "${unsupported}" are not supported: ` +
          'use a client certificate or a token',
      );
    }
  }
  const cert = await pemOf(disk, {
    what: 'client-certificate',
    base64: value['client-certificate-data'],
    path: value['client-certificate'],
    folder,
  });
  const key = await pemOf(disk, {
    what: 'client-key',
    base64: value['client-key-data'],
    path: value['client-key'],
    folder,
  });
  const tokenFile = { what: 'tokenFile', base64: undefined, path: value.tokenFile, folder };
  const fromFile = value.token ? undefined : await pemOf(disk, tokenFile);
  const token = value.token ?? (fromFile && Buffer.from(fromFile).toString().trim());
  return {
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(token ? { token } : {}),
  };
}

function impersonationOf(
  user: Entry<AuthUser> | undefined,
  { impersonates = false }: ConnectionOverrides,
): Pick<KubeconfigConnection, 'impersonation'> {
  const { value } = user ?? {};
  if (value?.as && !impersonates)
    throw new KubeconfigError(
      `users who act for others (as: ${value.as}) are not supported: take one who has the rights`,
    );
  return value === undefined || !impersonates ? {} : { impersonation: impersonationIn(value) };
}

async function programCredentials(
  user: (Entry<AuthUser> & { readonly name: string }) | undefined,
  { execCredential }: ConnectionOverrides,
  cluster: Entry<Cluster> | undefined,
): Promise<Partial<KubeconfigConnection>> {
  const { exec, token, tokenFile, ...value } = user?.value ?? {};
  if (user === undefined || exec === undefined || exec === null) return {};
  const certificate = value['client-certificate-data'] || value['client-certificate'];
  if (token || tokenFile || certificate) return {};
  if (execCredential === undefined) {
    throw new KubeconfigError(
      'credentials of type "exec" are not supported: use a client certificate or a token',
    );
  }
  const { name, folder } = user;
  return execCredential({ name, exec, folder, cluster: cluster?.value ?? {} });
}

interface Source {
  readonly what: string;
  readonly base64: string | undefined;
  readonly path: string | undefined;
  readonly folder: string;
}

/** The data in the file wins over the path, as in client-go. */
async function pemOf(disk: Disk, source: Source): Promise<Uint8Array | undefined> {
  if (source.base64) return Buffer.from(source.base64, 'base64');
  if (!source.path) return undefined;
  const path = source.path.startsWith('/') ? source.path : source.folder + source.path;
  const bytes = await disk.read(path);
  if (bytes === undefined) {
    throw new KubeconfigError(
      `unable to read ${source.what} ${path}: open ${path}: no such file or directory`,
    );
  }
  return bytes;
}
