/** Kubernetes' library of URLs: Go's url.ParseRequestURI, an absolute URL or a path. */
import { type Overload, overload, sameSize, traverse } from '../overloads.ts';
import { ArrayList, BuiltMap, CelError, type CelValue, Opaque } from '../values.ts';

interface Parts {
  readonly scheme: string;
  /** With the port. */
  readonly host: string;
  readonly path: string;
  readonly query: string;
}

class Url extends Opaque {
  readonly typeName = 'kubernetes.URL';
  readonly text: string;
  readonly parts: Parts;

  constructor(text: string, parts: Parts) {
    super();
    this.text = text;
    this.parts = parts;
  }

  override equals(other: CelValue): boolean {
    return other instanceof Url && other.text === this.text;
  }
}

const FORM = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/([^/?]*))?([^?]*)(?:\?(.*))?$/s;
const HOST = /^(?:\[[0-9a-fA-F:.]*\]|[^:[\]]*(?::[^:[\]]*)*?)$/;
const BAD_IN_HOST = /[ "<>\\^`{|}]/;

/** The URL, or what is wrong with it in Go's words. */
function readUrl(text: string): Url | string {
  if (text === '') return 'empty url';
  if (/[\x00-\x1f\x7f]/.test(text)) return 'net/url: invalid control character in URL';
  if (text.startsWith(':')) return 'missing protocol scheme';
  const [, scheme = '', authority, path = '', query = ''] = FORM.exec(text)!;
  if (scheme === '' && !text.startsWith('/')) return 'invalid URI for request';
  // A path of two slashes is a path: without a scheme there is no host.
  if (scheme === '') return escapeFault(text) ?? new Url(text, pathParts(text));
  if (authority === undefined && !path.startsWith('/')) {
    return path === '' ? 'invalid URI for request' : new Url(text, opaqueParts(scheme, query));
  }
  const host = (authority ?? '').replace(/^.*@/s, '');
  const fault = hostFault(host) ?? escapeFault(path);
  return fault ?? new Url(text, { scheme: scheme.toLowerCase(), host, path, query });
}

const opaqueParts = (scheme: string, query: string): Parts => ({
  scheme: scheme.toLowerCase(),
  host: '',
  path: '',
  query,
});

function pathParts(text: string): Parts {
  const at = text.indexOf('?');
  const path = at < 0 ? text : text.slice(0, at);
  return { scheme: '', host: '', path, query: at < 0 ? '' : text.slice(at + 1) };
}

function hostFault(host: string): string | undefined {
  const bad = BAD_IN_HOST.exec(host);
  if (bad !== null) return `invalid character ${JSON.stringify(bad[0])} in host name`;
  if (host.startsWith('[') && !host.includes(']')) return "missing ']' in host";
  const port = /:([^:\]]*)$/.exec(host)?.[1];
  if (port !== undefined && !/^\d*$/.test(port))
    return `invalid port ${JSON.stringify(`:${port}`)} after host`;
  const escape = escapeFault(host);
  if (escape !== undefined) return escape;
  return HOST.test(host.replace(/:\d*$/, '')) ? undefined : 'invalid host';
}

function escapeFault(path: string): string | undefined {
  const bad = /%(?![0-9a-fA-F]{2}).{0,2}/s.exec(path);
  return bad === null ? undefined : `invalid URL escape ${JSON.stringify(bad[0])}`;
}

/** Undefined if it is one. */
export function urlFault(text: string): string | undefined {
  const found = readUrl(text);
  return typeof found === 'string' ? `parse ${JSON.stringify(text)}: ${found}` : undefined;
}

function url(text: string): Url {
  const found = readUrl(text);
  if (typeof found !== 'string') return found;
  const why = `parse ${JSON.stringify(text)}: ${found}`;
  throw new CelError(`URL parse error during conversion from string: ${why}`);
}

const portOf = ({ parts }: Url): string => /:(\d*)$/.exec(parts.host)?.[1] ?? '';
const nameOf = ({ parts }: Url): string => parts.host.replace(/:\d*$/, '').replace(/^\[|\]$/g, '');

/** What cannot be read is left out, as Go's Query() does. */
function queryOf({ parts }: Url): BuiltMap {
  const values = new Map<string, string[]>();
  for (const pair of parts.query.split('&')) {
    if (pair === '' || pair.includes(';')) continue;
    const at = pair.indexOf('=');
    const name = unescaped(at < 0 ? pair : pair.slice(0, at));
    const value = unescaped(at < 0 ? '' : pair.slice(at + 1));
    if (name === undefined || value === undefined) continue;
    values.set(name, [...(values.get(name) ?? []), value]);
  }
  const map = new BuiltMap();
  for (const [name, all] of values) map.set(name, new ArrayList(all));
  return map;
}

function unescaped(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

/** As it was written, if that is a valid form of it. */
const escapedPath = ({ parts }: Url): string =>
  /^[\w\-.~!$&'()*+,;=:@/[\]%]*$/.test(parts.path)
    ? parts.path
    : encodeURI(decodeURIComponent(parts.path)).replaceAll('#', '%23').replaceAll('?', '%3F');

export const urlLibrary: readonly Overload[] = [
  overload('isURL(string): bool', (text: string) => typeof readUrl(text) !== 'string'),
  overload('url(string): URL', url, { cost: traverse, size: sameSize }),
  overload('URL.getScheme(): string', ({ parts }: Url) => parts.scheme),
  overload('URL.getHost(): string', ({ parts }: Url) => parts.host),
  overload('URL.getHostname(): string', nameOf),
  overload('URL.getPort(): string', portOf),
  overload('URL.getEscapedPath(): string', escapedPath),
  overload('URL.getQuery(): map(string, list(string))', queryOf),
];
