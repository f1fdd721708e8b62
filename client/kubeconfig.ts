/**
 * kubeconfig files as values, and merging them as KUBECONFIG="a:b" asks. Their text is read by
 * `kubeconfig-text.ts`; what a connection needs is worked out by
 * `kubeconfig-connection.ts`.
 */
import type { Impersonation } from './impersonation.ts';

export interface Cluster {
  readonly server?: string;
  readonly 'certificate-authority'?: string;
  readonly 'certificate-authority-data'?: string;
  readonly 'insecure-skip-tls-verify'?: boolean;
  readonly 'proxy-url'?: string;
  readonly 'tls-server-name'?: string;
}

export interface AuthUser extends Impersonation {
  readonly 'client-certificate'?: string;
  readonly 'client-certificate-data'?: string;
  readonly 'client-key'?: string;
  readonly 'client-key-data'?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly username?: string;
  readonly password?: string;
  readonly exec?: unknown;
  readonly 'auth-provider'?: unknown;
}

export interface Context {
  readonly cluster?: string;
  readonly user?: string;
  readonly namespace?: string;
}

/** One file, or several merged. Entries remember the folder their relative paths start from. */
export interface Kubeconfig {
  readonly currentContext?: string;
  readonly clusters: ReadonlyMap<string, Entry<Cluster>>;
  readonly users: ReadonlyMap<string, Entry<AuthUser>>;
  readonly contexts: ReadonlyMap<string, Entry<Context>>;
}

export interface Entry<T> {
  readonly value: T;
  readonly folder: string;
}

/** A kubeconfig that cannot be used; the message names the file or the entry. */
export class KubeconfigError extends Error {
  override readonly name = 'KubeconfigError';
}

const emptyKubeconfig: Kubeconfig = {
  clusters: new Map(),
  users: new Map(),
  contexts: new Map(),
};

/** Where a component's kubeconfig is: what its flag names, or else KUBECONFIG's list. */
export function componentKubeconfigs(
  named: string | undefined,
  variable: string | undefined,
): readonly string[] {
  if (named !== undefined && named !== '') return [named];
  const listed = named === '' ? [] : (variable ?? '').split(':').filter((path) => path !== '');
  if (listed.length > 0) return listed;
  throw new KubeconfigError('no kubeconfig: give --kubeconfig or set KUBECONFIG');
}

/** A file's content, read as YAML. `path` is named in errors; its folder begins relative paths. */
export function kubeconfigOf(raw: unknown, path: string): Kubeconfig {
  if (raw === undefined || raw === null) return emptyKubeconfig;
  if (typeof raw !== 'object' || Array.isArray(raw)) {
    throw new KubeconfigError(`error loading config file "${path}": not a kubeconfig`);
  }
  const fields = raw as Record<string, unknown>;
  if (fields['kind'] !== undefined && fields['kind'] !== 'Config') {
    const kind = JSON.stringify(fields['kind']);
    throw new KubeconfigError(`error loading config file "${path}": no kind ${kind} is known`);
  }
  const current = fields['current-context'];
  const folder = folderOf(path);
  return {
    ...(typeof current === 'string' && current !== '' ? { currentContext: current } : {}),
    clusters: entries<Cluster>(fields['clusters'], 'cluster', folder),
    users: entries<AuthUser>(fields['users'], 'user', folder),
    contexts: entries<Context>(fields['contexts'], 'context', folder),
  };
}

/** As kubectl: of each name, and of the current context, the first file's wins. */
export function mergeKubeconfigs(configs: readonly Kubeconfig[]): Kubeconfig {
  const current = configs.find((config) => config.currentContext !== undefined)?.currentContext;
  const merged = <T>(of: (config: Kubeconfig) => ReadonlyMap<string, T>): Map<string, T> =>
    new Map([...configs].reverse().flatMap((config) => [...of(config)]));
  return {
    ...(current === undefined ? {} : { currentContext: current }),
    clusters: merged((config) => config.clusters),
    users: merged((config) => config.users),
    contexts: merged((config) => config.contexts),
  };
}

function entries<T>(list: unknown, field: string, folder: string): Map<string, Entry<T>> {
  const found = new Map<string, Entry<T>>();
  for (const item of Array.isArray(list) ? (list as unknown[]) : []) {
    const { name, [field]: value } = (item ?? {}) as Record<string, unknown>;
    if (typeof name === 'string') found.set(name, { value: (value ?? {}) as T, folder });
  }
  return found;
}

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1);
