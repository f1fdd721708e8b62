/**
 * Users that a front proxy names in headers (--requestheader-*). Believed only of a proxy whose
 * certificate comes from the proxies' own authority, and bears an allowed name.
 */
import type { Headers } from '../../platform/net/http.ts';
import type { Authenticator } from './authenticator.ts';

export interface RequestHeaderOptions {
  /** Names in lower case; the first that is there counts. */
  readonly usernameHeaders: readonly string[];
  readonly uidHeaders: readonly string[];
  /** All count. */
  readonly groupHeaders: readonly string[];
  readonly extraPrefixes: readonly string[];
  /** Common names of proxies. Empty: all that the authority signed. */
  readonly allowedNames: readonly string[];
}

const first = (headers: Headers, names: readonly string[]): string =>
  names.map((name) => headers[name]?.trim() ?? '').find((value) => value !== '') ?? '';

function listOf(value: string | undefined): string[] {
  const values = (value ?? '').split(',').map((each) => each.trim());
  return values.filter((each) => each !== '');
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function extraOf(headers: Headers, prefixes: readonly string[]) {
  const extra: Record<string, readonly string[]> = {};
  for (const [header, value] of Object.entries(headers)) {
    const prefix = prefixes.find((each) => header.startsWith(each));
    if (prefix !== undefined) extra[unescaped(header.slice(prefix.length))] = listOf(value);
  }
  return extra;
}

export function requestHeader(options: RequestHeaderOptions): Authenticator {
  const { usernameHeaders, uidHeaders, groupHeaders, extraPrefixes, allowedNames } = options;
  return {
    authenticate({ headers, peer }) {
      const name = first(headers, usernameHeaders);
      if (name === '' || peer.frontProxy === undefined) return { type: 'none' };
      const { commonName } = peer.frontProxy;
      if (allowedNames.length > 0 && !allowedNames.includes(commonName))
        return {
          type: 'refused',
          reason: `x509: subject with cn=${commonName} is not in the allowed list`,
        };
      const uid = first(headers, uidHeaders);
      return {
        type: 'user',
        user: {
          name,
          groups: groupHeaders.flatMap((header) => listOf(headers[header])),
          extra: extraOf(headers, extraPrefixes),
          ...(uid === '' ? {} : { uid }),
        },
      };
    },
  };
}
