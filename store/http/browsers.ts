/** What keeps pages of strangers out of a store that a browser can reach. */
import type { HttpRequest, HttpResponse } from '../../platform/net/http.ts';
import { text } from './health.ts';

export interface BrowserRules {
  /** An answer to a request that was meant for somebody else. */
  refuse(request: HttpRequest): HttpResponse | undefined;
  /** What tells the browser which pages may read the answer (CORS). */
  headers(request: HttpRequest): Readonly<Record<string, string>>;
}

const ANY = '*';
const MISDIRECTED = 421;
const methods = {
  'access-control-allow-methods': 'POST, GET, OPTIONS, PUT, DELETE',
  'access-control-allow-headers': 'accept, content-type, authorization',
};

/** The name without the port. */
const nameIn = (host: string): string => host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');

/**
 * etcd's --cors and --host-whitelist. The latter is against DNS rebinding (CVE-2018-5702): a page
 * whose name was made to point here still sends that name.
 */
export function browserRules(allowed: {
  readonly origins: readonly string[];
  readonly hosts: readonly string[];
}): BrowserRules {
  const [origins, hosts] = [new Set(allowed.origins), new Set(allowed.hosts)];
  return {
    refuse(request) {
      const host = nameIn(request.headers['host'] ?? '');
      if (hosts.has(ANY) || hosts.has(host)) return undefined;
      return text(
        MISDIRECTED,
        `etcd received your request, but the Host header was unrecognized.\n\n` +
          `Use TLS, or name the host: --host-whitelist ${JSON.stringify(host)}\n`,
      );
    },
    headers(request) {
      if (origins.has(ANY)) return { ...methods, 'access-control-allow-origin': ANY };
      const origin = request.headers['origin'];
      if (origin === undefined || !origins.has(origin)) return {};
      return { ...methods, 'access-control-allow-origin': origin };
    },
  };
}
