/**
 * HTTPS_PROXY, HTTP_PROXY and NO_PROXY as Go's programs read them: capitals win over small
 * letters, and this machine is never asked through a proxy.
 */
import { ipBytes } from '../platform/net/ip.ts';
import { UsageError } from './usage-error.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/** The proxy on the way to an address; undefined if there is none. */
export function proxyFromEnvironment(address: string, variables: Variables): string | undefined {
  if (!URL.canParse(address)) return undefined;
  const { protocol, hostname, port } = new URL(address);
  const either = (name: string): string => variables[name] || variables[name.toLowerCase()] || '';
  const proxy = either(protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY');
  if (proxy === '') return undefined;
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase();
  if (isLocal(host)) return undefined;
  const at = { host, port: port || (protocol === 'https:' ? '443' : '80') };
  if (
    either('NO_PROXY')
      .split(',')
      .some((entry) => exempts(entry.trim().toLowerCase(), at))
  ) {
    return undefined;
  }
  // "proxy.example:3128" is as good as an address.
  const url = /^(https?|socks5):\/\//i.test(proxy) ? proxy : `http://${proxy}`;
  if (URL.canParse(url)) return url;
  throw new UsageError(`invalid proxy address ${JSON.stringify(proxy)}`);
}

const isLocal = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d+){3}$/.test(host);

interface Place {
  readonly host: string;
  readonly port: string;
}

/** An entry: "*", an address, a range of addresses, a domain; with a port or without. */
function exempts(entry: string, { host, port }: Place): boolean {
  if (entry === '') return false;
  if (entry === '*') return true;
  const range = rangeOf(entry);
  if (range !== undefined) return inRange(host, range);
  const [, bare = '', only] = /^(.*?)(?::(\d+))?$/.exec(entry)!;
  const isV6 = entry.startsWith('[') || (entry.match(/:/g)?.length ?? 0) > 1;
  const name = isV6 ? entry.replace(/^\[(.*)\](?::\d+)?$/, '$1') : bare;
  if (!isV6 && only !== undefined && only !== port) return false;
  const bits = addressBits(name);
  if (bits !== undefined) return bits === addressBits(host);
  const domain = name.replace(/^\*(?=\.)/, '');
  if (domain.startsWith('.')) return host.endsWith(domain);
  return host === domain || host.endsWith(`.${domain}`);
}

interface Range {
  readonly bits: string;
  readonly prefix: number;
}

function rangeOf(entry: string): Range | undefined {
  const [, address = '', prefix = ''] = /^(.*)\/(\d+)$/.exec(entry) ?? [];
  const bits = addressBits(address);
  return bits === undefined ? undefined : { bits, prefix: Number(prefix) };
}

function inRange(host: string, { bits, prefix }: Range): boolean {
  const asked = addressBits(host);
  return asked?.length === bits.length && asked.startsWith(bits.slice(0, prefix));
}

/** 32 or 128 digits; undefined if it is no address. */
const addressBits = (text: string): string | undefined =>
  ipBytes(text)
    ?.map((byte) => byte.toString(2).padStart(8, '0'))
    .join('');
