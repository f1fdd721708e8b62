/** Where a webhook of the server's own configuration is, and as whom it is called. */
import { parseYaml } from '../../api/yaml.ts';

export interface KubeconfigTarget {
  readonly url: string;
  /** PEM. Absent: the system's authorities. */
  readonly ca?: string;
  readonly client?: { readonly certificate: string; readonly privateKey: string };
  readonly headers: Readonly<Record<string, string>>;
  readonly serverName?: string;
  readonly insecureSkipVerify?: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

/** A file's text; `path` may be relative to the kubeconfig's folder. */
export type ReadText = (path: string) => Promise<string>;

function entry(document: Fields, list: string, name: string): Fields {
  const entries = (document[list] ?? []) as readonly Fields[];
  const found = entries.find((each) => each['name'] === name);
  const value = found?.[list.slice(0, -1)] as Fields | undefined;
  if (value === undefined) throw new Error(`${list.slice(0, -1)} "${name}" does not exist`);
  return value;
}

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

export interface WebhookUser {
  readonly headers: Readonly<Record<string, string>>;
  readonly client?: { readonly certificate: string; readonly privateKey: string };
}

/**
 * The users of a kubeconfig that are named for hosts: "a.b.svc:8443", "*.b.svc", "*". One without
 * a port is for port 443. Whoever is not named is called as the user of the current context.
 */
export async function kubeconfigUsers(text: string, read: ReadText): Promise<WebhookUsers> {
  const document = (parseYaml(text) ?? {}) as Fields;
  const users = new Map<string, WebhookUser>();
  for (const { name, user } of (document['users'] ?? []) as readonly Fields[])
    users.set(String(name), await userOf(String(name), (user ?? {}) as Fields, read));
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

async function userOf(name: string, user: Fields, read: ReadText): Promise<WebhookUser> {
  for (const unknown of ['exec', 'auth-provider'])
    if (user[unknown] !== undefined)
      throw new Error(`user ${JSON.stringify(name)}: ${unknown} is not supported here`);
  const [certificate, privateKey, credentials] = await Promise.all([
    pem(user, 'client-certificate', read),
    pem(user, 'client-key', read),
    authorization(user, read),
  ]);
  if ((certificate === undefined) !== (privateKey === undefined))
    throw new Error('client-certificate and client-key belong together');
  return {
    headers: credentials === undefined ? {} : { authorization: credentials },
    ...(certificate === undefined ? {} : { client: { certificate, privateKey: privateKey! } }),
  };
}

/** Of the current context; throws an Error that says what is missing. */
export async function kubeconfigTarget(text: string, read: ReadText): Promise<KubeconfigTarget> {
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
    pem(cluster, 'certificate-authority', read),
    userOf(String(named), user, read),
  ]);
  const serverName = cluster['tls-server-name'];
  return {
    url: server,
    ...own,
    ...(ca === undefined ? {} : { ca }),
    ...(typeof serverName === 'string' ? { serverName } : {}),
    ...(cluster['insecure-skip-tls-verify'] === true ? { insecureSkipVerify: true } : {}),
  };
}
