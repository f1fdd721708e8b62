/** Where a webhook of the server's own configuration is, and as whom it is called. */
import { cannotAsk, interactiveMode } from '../../api/exec-credential.ts';
import { isObject } from '../../api/deep.ts';
import { parseYaml } from '../../api/yaml.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Programs } from '../../platform/programs.ts';
import { ExecUser, type WebhookUser } from './exec-user.ts';

export interface KubeconfigTarget {
  readonly url: string;
  /** PEM. Absent: the system's authorities. */
  readonly ca?: string;
  readonly user: WebhookUser;
  readonly serverName?: string;
  readonly insecureSkipVerify?: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

/** What a kubeconfig refers to. */
export interface KubeconfigSurroundings {
  /** The kubeconfig's, "/" at its end: where relative paths start. */
  readonly folder: string;
  /** A file's text. */
  readonly read: (path: string) => Promise<string>;
  /** Absent: users whose credentials come from a program are refused. */
  readonly runs?: CredentialPrograms | undefined;
}

export interface CredentialPrograms {
  readonly programs: Pick<Programs, 'run'>;
  readonly clock: Clock;
}

function entry(document: Fields, list: string, name: string): Fields {
  const entries = (document[list] ?? []) as readonly Fields[];
  const found = entries.find((each) => each['name'] === name);
  if (found === undefined) throw new Error(`${list.slice(0, -1)} "${name}" does not exist`);
  return (found[list.slice(0, -1)] ?? {}) as Fields;
}

type ReadText = KubeconfigSurroundings['read'];

async function pem(fields: Fields, name: string, read: ReadText): Promise<string | undefined> {
  const inline = fields[`${name}-data`];
  if (typeof inline === 'string' && inline !== '') return Buffer.from(inline, 'base64').toString();
  const path = fields[name];
  return typeof path === 'string' && path !== '' ? read(path) : undefined;
}

async function authorization(user: Fields, read: ReadText): Promise<string | undefined> {
  const { token, tokenFile, username, password } = user;
  if (typeof token === 'string') return `Bearer ${token}`;
  if (typeof tokenFile === 'string') return `Bearer ${(await read(tokenFile)).trim()}`;
  if (typeof username !== 'string') return undefined;
  const secret = Buffer.from(`${username}:${typeof password === 'string' ? password : ''}`);
  return `Basic ${secret.toString('base64')}`;
}

/** As whom webhooks of admission are called, by where they are. */
export type WebhookUsers = (hostPort: string) => WebhookUser | undefined;

/**
 * The users of a kubeconfig that are named for hosts: "a.b.svc:8443", "*.b.svc", "*". One without
 * a port is for port 443. Whoever is not named is called as the user of the current context.
 */
export async function kubeconfigUsers(
  text: string,
  around: KubeconfigSurroundings,
): Promise<WebhookUsers> {
  const document = (parseYaml(text) ?? {}) as Fields;
  const users = new Map<string, WebhookUser>();
  for (const { name, user } of (document['users'] ?? []) as readonly Fields[])
    users.set(String(name), await userOf(String(name), (user ?? {}) as Fields, around));
  const current = document['current-context'];
  const named =
    typeof current === 'string' && current !== ''
      ? entry(document, 'contexts', current)['user']
      : undefined;
  return (hostPort) =>
    patternsOf(hostPort)
      .map((pattern) => users.get(pattern))
      .find((user) => user !== undefined) ??
    (typeof named === 'string' ? users.get(named) : undefined);
}

/** Most telling first. */
function patternsOf(hostPort: string): readonly string[] {
  const starred = (host: string): string[] => {
    const parts = host.split('.');
    return [host, ...parts.slice(1).map((_part, i) => `*.${parts.slice(i + 1).join('.')}`)];
  };
  const usual = hostPort.endsWith(':443') ? starred(hostPort.slice(0, -4)) : [];
  return [...starred(hostPort), ...usual, '*'];
}

interface Around extends KubeconfigSurroundings {
  /** What a program may be told of the cluster. */
  readonly cluster?: Fields;
}

async function userOf(name: string, user: Fields, around: Around): Promise<WebhookUser> {
  if (user['auth-provider'] !== undefined) throw new Error('auth provider not supported');
  const { read } = around;
  const [certificate, privateKey, credentials] = await Promise.all([
    pem(user, 'client-certificate', read),
    pem(user, 'client-key', read),
    authorization(user, read),
  ]);
  if ((certificate === undefined) !== (privateKey === undefined))
    throw new Error('client-certificate and client-key belong together');
  const headers: Record<string, string> = {};
  if (credentials !== undefined) headers['authorization'] = credentials;
  if (certificate !== undefined)
    return { headers, client: { certificate, privateKey: privateKey! } };
  if (credentials !== undefined || !isObject(user['exec'])) return { headers };
  return { headers, program: execUser(name, user['exec'], around) };
}

/** A server has no terminal: nobody is asked. */
function execUser(name: string, exec: Fields, around: Around): ExecUser {
  const to = `for ${name} to use exec authentication plugin`;
  for (const field of ['command', 'apiVersion'])
    if (!exec[field]) throw new Error(`${field} must be specified ${to}`);
  for (const variable of (exec['env'] ?? []) as readonly Fields[])
    if (!variable['name']) throw new Error(`env variable name must be specified ${to}`);
  if (interactiveMode(name, exec) === 'Always') throw new Error(cannotAsk({ isTerminal: false }));
  const { runs, folder, cluster = {} } = around;
  if (runs === undefined)
    throw new Error(`user ${JSON.stringify(name)}: exec is not supported here`);
  const { programs, clock } = runs;
  return new ExecUser({ exec, folder, cluster, programs, interactive: false }, clock);
}

/** Of the current context; throws an Error that says what is missing. */
export async function kubeconfigTarget(
  text: string,
  around: KubeconfigSurroundings,
): Promise<KubeconfigTarget> {
  const document = (parseYaml(text) ?? {}) as Fields;
  const current = document['current-context'];
  if (typeof current !== 'string' || current === '')
    throw new Error('invalid configuration: no configuration has been provided');
  const context = entry(document, 'contexts', current);
  const cluster = entry(document, 'clusters', String(context['cluster']));
  const named = context['user'];
  const user = typeof named === 'string' && named !== '' ? entry(document, 'users', named) : {};
  const { server } = cluster;
  if (typeof server !== 'string' || !URL.canParse(server))
    throw new Error(`cluster "${String(context['cluster'])}" has no server that is a URL`);
  const [ca, own] = await Promise.all([
    pem(cluster, 'certificate-authority', around.read),
    userOf(String(named), user, { ...around, cluster }),
  ]);
  const serverName = cluster['tls-server-name'];
  return {
    url: server,
    user: own,
    ...(ca === undefined ? {} : { ca }),
    ...(typeof serverName === 'string' ? { serverName } : {}),
    ...(cluster['insecure-skip-tls-verify'] === true ? { insecureSkipVerify: true } : {}),
  };
}
