/**
 * Users that a front proxy names in headers (--requestheader-*). Believed only of a proxy whose
 * certificate comes from the proxies' own authority, and bears an allowed name.
 */
import { headerValues, type HttpRequest } from '../../platform/net/http.ts';
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

const first = (request: HttpRequest, names: readonly string[]): string =>
  names.map((name) => headerValues(request, name)[0] ?? '').find((value) => value !== '') ?? '';

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function extraOf(request: HttpRequest, prefixes: readonly string[]) {
  // No plain object: any key may be sent, those of its prototype, too.
  const extra = new Map<string, readonly string[]>();
  for (const header of Object.keys(request.headers)) {
    const prefix = prefixes.find((each) => header.startsWith(each));
    if (prefix === undefined) continue;
    const key = unescaped(header.slice(prefix.length));
    extra.set(key, [...(extra.get(key) ?? []), ...headerValues(request, header)]);
  }
  return extra.size === 0 ? {} : { extra: Object.fromEntries(extra) };
}

export function requestHeader(options: RequestHeaderOptions): Authenticator {
  const { usernameHeaders, uidHeaders, groupHeaders, extraPrefixes, allowedNames } = options;
  return {
    authenticate(request) {
      const { frontProxy } = request.peer;
      if (frontProxy === undefined) return { type: 'none' };
      const name = first(request, usernameHeaders);
      if (name === '') return { type: 'none' };
      const { commonName } = frontProxy;
      if (allowedNames.length > 0 && !allowedNames.includes(commonName))
        return {
          type: 'refused',
          reason: `x509: subject with cn=${commonName} is not in the allowed list`,
        };
      const uid = first(request, uidHeaders);
      return {
        type: 'user',
        user: {
          name,
          groups: groupHeaders
            .flatMap((header) => headerValues(request, header))
            .filter((group) => group !== ''),
          ...extraOf(request, extraPrefixes),
          ...(uid === '' ? {} : { uid }),
        },
      };
    },
  };
}
