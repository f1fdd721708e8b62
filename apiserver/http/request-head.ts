/**
 * What of a request's head is wrong before anybody asks what the request means. Node.js reads
 * heads that Go's server refuses, and a proxy before us may read those in another way.
 */
import type { Request } from 'express';

export interface HeadRefusal {
  readonly status: number;
  /** In the words of Go's server, as plain text. */
  readonly text: string;
}

/** Bytes of a Host (RFC 9110, section 7.2), as loosely as Go's server checks them. */
const HOST = /^[\w!$%&'()*+,.:;=[\]~-]*$/;

const BAD: HeadRefusal = { status: 400, text: '400 Bad Request' };
const NO_HOST: HeadRefusal = {
  status: 400,
  text: '400 Bad Request: missing required Host header',
};
const ODD_HOST: HeadRefusal = { status: 400, text: '400 Bad Request: malformed Host header' };
const ODD_CODING: HeadRefusal = { status: 501, text: 'Unsupported transfer encoding' };

/** Undefined if there is nothing wrong. HTTP/2 has none of these fields. */
export function headRefusal(request: Request): HeadRefusal | undefined {
  const { httpVersionMajor, httpVersionMinor, headers } = request;
  if (httpVersionMajor >= 2) return undefined;
  // HTTP/0.9, which has no version and no answer's head.
  if (httpVersionMajor === 0) return BAD;
  const { host, 'transfer-encoding': coding } = headers;
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') return ODD_CODING;
  if (host === undefined) return httpVersionMinor > 0 ? NO_HOST : undefined;
  if (hostsOf(request.rawHeaders) > 1) return BAD;
  return HOST.test(host) ? undefined : ODD_HOST;
}

/** Of several Node.js keeps the first. */
function hostsOf(rawHeaders: readonly string[]): number {
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++;
  }
  return hosts;
}

const ORIGIN = /^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i;

/** Path and query of a target; clients of proxies send its origin, too (RFC 9112, 3.2.2). */
export function withoutOrigin(target: string): string {
  const origin = target.startsWith('/') ? undefined : ORIGIN.exec(target)?.[0];
  if (origin === undefined) return target;
  const rest = target.slice(origin.length);
  return rest.startsWith('/') ? rest : `/${rest}`;
}
