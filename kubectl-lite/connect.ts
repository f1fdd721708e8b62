import { type Impersonation, impersonationHeaders } from '../client/impersonation.ts';
import type { ExecCredential } from '../api/exec-credential.ts';
import {
  connectionOf,
  type ExecRequest,
  type KubeconfigConnection,
  loadKubeconfig,
} from '../client/kubeconfig-connection.ts';
import type { HttpHandler } from '../platform/net/http.ts';
import { Api } from './api.ts';
import { parseDuration } from './flags/go-values.ts';
import type { GlobalValues } from './flags/global.ts';
import { type Environment, Session } from './session.ts';
import { proxyFromEnvironment } from './proxy-environment.ts';
import { UsageError } from './usage-error.ts';

/** `usedBy`: what of the command reads standard input. */
export async function connectSession(
  environment: Environment,
  flags: GlobalValues,
  usedBy?: string,
): Promise<Session> {
  checkFlags(flags);
  const found = await findConnection(environment, flags, usedBy);
  const headers = impersonation(flags, found.impersonation);
  const connection = environment.connectHttp(found);
  const timeoutMs = timeoutOf(flags['request-timeout']);
  const timed = timeoutMs === 0 ? connection.handler : inTime(connection.handler, timeoutMs);
  const handler = await logged(timed);
  const session = new Session({
    environment,
    api: new Api({
      handler,
      clock: environment.clock,
      headers,
      onWarning: (text) => environment.output.err(`Warning: ${text}\n`),
    }),
    namespace: found.namespace,
    namespaceGiven: flags.namespace !== '',
    target: found,
    headers,
    handler,
    close: () => connection.close(),
  });
  if (flags['match-server-version']) await matchVersions(session);
  return session;

  async function logged(next: HttpHandler): Promise<HttpHandler> {
    if (flags.v < 6) return next;
    const { loggingRequests } = await import('./request-log.ts');
    const { clock, output } = environment;
    const write = (text: string): void => output.err(text);
    return loggingRequests(next, { verbosity: flags.v, clock, server: found.baseUrl, write });
  }

  function inTime(next: HttpHandler, limitMs: number): HttpHandler {
    return async (request) => {
      const controller = new AbortController();
      const stop = (): void => controller.abort();
      request.signal.addEventListener('abort', stop, { once: true });
      const timer = environment.clock.after(limitMs, stop);
      try {
        return await next({ ...request, signal: controller.signal });
      } catch (error) {
        if (request.signal.aborted || !controller.signal.aborted) throw error;
        throw new UsageError(
          `Unable to connect to the server: ${found.baseUrl} did not answer within ` +
            `${flags['request-timeout']} (--request-timeout)`,
        );
      } finally {
        timer.cancel();
      }
    };
  }
}

/** Flags that kubectl has for what no API server of today answers to. */
function checkFlags(flags: GlobalValues): void {
  if (flags.username !== '' || flags.password !== '') {
    throw new UsageError(
      '--username and --password are not supported: API servers take no passwords since ' +
        'Kubernetes 1.19; use --token, a client certificate or a credential plugin',
    );
  }
  if (flags.profile !== 'none') {
    throw new UsageError(`unknown profile '${flags.profile}': kubectl-lite has no profiles`);
  }
}

/** "0", "30s", or a number of seconds. */
function timeoutOf(text: string): number {
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  try {
    return parseDuration(text);
  } catch {
    throw new UsageError(
      'Invalid timeout value. Timeout must be a single integer in seconds, or an integer ' +
        'followed by a corresponding time unit (e.g. 1s | 2m | 3h)',
    );
  }
}

async function matchVersions(session: Session): Promise<void> {
  const { clientVersion } = await import('./client-version.ts');
  const answer = await session.api.send({ method: 'GET', path: '/version' });
  const { gitVersion } = answer as { gitVersion: string };
  if (gitVersion === clientVersion.gitVersion) return;
  await session.close();
  throw new UsageError(
    `server version (${gitVersion}) differs from client version ` +
      `(${clientVersion.gitVersion})!`,
  );
}

/** A flag wins over the kubeconfig. */
function impersonation(flags: GlobalValues, user: Impersonation = {}): Record<string, string> {
  const of: Impersonation = {
    ...user,
    ...(flags.as === '' ? {} : { as: flags.as }),
    ...(flags['as-uid'] === '' ? {} : { 'as-uid': flags['as-uid'] }),
    ...(flags['as-group'].length === 0 ? {} : { 'as-groups': flags['as-group'] }),
  };
  const { as, ...others } = of;
  if (!as && Object.keys(others).length > 0) {
    throw new UsageError(
      'requesting uid, groups or user-extra without impersonating a user: give --as, too',
    );
  }
  return impersonationHeaders(of);
}

/** Runs the program; it may ask whoever sits at the terminal if nothing else reads there. */
async function asked(
  { programs, terminal }: Environment,
  { name, ...request }: ExecRequest,
  usedBy: string | undefined,
): Promise<ExecCredential> {
  const lib = await import('../api/exec-credential.ts');
  const mode = modeOf(() => lib.interactiveMode(name, request.exec));
  const cannot = lib.cannotAsk({ isTerminal: terminal.isTerminal, usedBy });
  if (mode === 'Always' && cannot !== undefined)
    throw new lib.ExecCredentialError(`getting credentials: ${cannot}`);
  const interactive = mode !== 'Never' && cannot === undefined;
  return lib.execCredential({ ...request, programs, interactive });
}

function modeOf<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

async function findConnection(
  environment: Environment,
  flags: GlobalValues,
  usedBy: string | undefined,
): Promise<KubeconfigConnection> {
  const { disk } = environment;
  const config = await loadKubeconfig(disk, await existingKubeconfigPaths(environment, flags));
  const given = (name: 'context' | 'cluster' | 'user' | 'namespace' | 'server') =>
    flags[name] === '' ? {} : { [name]: flags[name] };
  const found = await connectionOf(disk, config, {
    ...given('context'),
    ...given('cluster'),
    ...given('user'),
    ...given('namespace'),
    ...given('server'),
    throughProxies: true,
    impersonates: true,
    async execCredential(request) {
      // As for a user who has a token or a certificate, the program is not run.
      if (flags.token !== '' || flags['client-certificate'] !== '') return {};
      const { token, certificate, privateKey } = await asked(environment, request, usedBy);
      return {
        ...(token === undefined ? {} : { token }),
        ...(certificate === undefined ? {} : { cert: Buffer.from(certificate) }),
        ...(privateKey === undefined ? {} : { key: Buffer.from(privateKey) }),
      };
    },
  });
  const proxyUrl = found.proxyUrl ?? proxyFromEnvironment(found.baseUrl, environment.variables);
  return {
    ...found,
    ...(proxyUrl === undefined ? {} : { proxyUrl }),
    ...(await overrides(environment, flags)),
  };
}

/** The flags that say by themselves what a kubeconfig would. */
async function overrides(
  { disk }: Environment,
  flags: GlobalValues,
): Promise<Partial<KubeconfigConnection>> {
  const file = async (field: string, path: string): Promise<Record<string, Uint8Array>> => {
    if (path === '') return {};
    const bytes = await disk.read(path);
    if (bytes === undefined) throw new UsageError(`open ${path}: no such file or directory`);
    return { [field]: bytes };
  };
  return {
    ...(await file('ca', flags['certificate-authority'])),
    ...(await file('cert', flags['client-certificate'])),
    ...(await file('key', flags['client-key'])),
    ...(flags.token === '' ? {} : { token: flags.token }),
    ...(flags['insecure-skip-tls-verify'] ? { insecureSkipVerify: true } : {}),
    ...(flags['tls-server-name'] === '' ? {} : { serverName: flags['tls-server-name'] }),
  };
}

const dataDirOf = (variables: Environment['variables']): string =>
  variables['WHERRY_DATA_DIR'] || '.wherry';

/** What `--kubeconfig` names, or else `KUBECONFIG`. */
function namedPaths({ variables }: Environment, flags: GlobalValues): readonly string[] {
  if (flags.kubeconfig !== '') return [flags.kubeconfig];
  return (variables['KUBECONFIG'] ?? '').split(':').filter((path) => path !== '');
}

/**
 * Where the kubeconfig is looked for: `--kubeconfig`, else `KUBECONFIG` (several paths, merged),
 * else the cluster of this folder (`.wherry/kubeconfig`, or where
 * `WHERRY_DATA_DIR` has its data), else `~/.kube/config`, there or not.
 */
export async function kubeconfigPaths(
  environment: Environment,
  flags: GlobalValues,
): Promise<readonly string[]> {
  const { disk, variables, workingFolder } = environment;
  const named = namedPaths(environment, flags);
  if (named.length > 0) return named;
  const dataDir = dataDirOf(variables);
  const local = `${dataDir.startsWith('/') ? '' : `${workingFolder}/`}${dataDir}/kubeconfig`;
  const isHere = (await disk.read(local)) !== undefined;
  return [isHere ? local : `${variables['HOME'] ?? ''}/.kube/config`];
}

/** As {@link kubeconfigPaths}; unless a path is named, the file is there or the server named. */
async function existingKubeconfigPaths(
  environment: Environment,
  flags: GlobalValues,
): Promise<readonly string[]> {
  const paths = await kubeconfigPaths(environment, flags);
  if (namedPaths(environment, flags).length > 0) return paths;
  if ((await environment.disk.read(paths[0]!)) !== undefined) return paths;
  if (flags.server !== '') return [];
  throw new UsageError(
    'no cluster is configured: neither --kubeconfig nor KUBECONFIG is given, and neither ' +
      `${dataDirOf(environment.variables)}/kubeconfig nor ${paths[0]!} exists. Start a cluster here with \`npx wherry up\`.`,
  );
}
