/** What goes along, and what comes back, where another server answers. */
import { isTokenProtocol } from '../../api/token-protocol.ts';
import {
  type Headers,
  type HttpRequest,
  type HttpResponse,
  JsonValue,
} from '../../platform/net/http.ts';
import { offeredProtocols } from '../../platform/net/websocket-server.ts';
import { splice } from '../../platform/bytes/splice.ts';
import type { UpstreamAnswer, UpstreamRequest } from '../../platform/net/upstream.ts';

/** Of one connection (RFC 9110, section 7.6.1). */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'content-length',
]);

/** Who the client is concerns this server alone; so do HTTP/2's ":authority" and its kin. */
const isSecret = (name: string): boolean =>
  name.startsWith(':') ||
  name === 'authorization' ||
  name === 'host' ||
  name.startsWith('impersonate-');

function without(headers: Headers, drops: (name: string) => boolean): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !drops(name)));
}

/** What asks for another protocol goes along, and the length of a body that is passed on. */
export function forwardedHeaders({
  headers,
  peer,
  incoming,
}: Pick<HttpRequest, 'headers' | 'peer' | 'incoming'>): Headers {
  const passed = without(headers, (name) => hopByHop.has(name) || isSecret(name));
  const spoken = offeredProtocols(headers).filter((each) => !isTokenProtocol(each));
  if (passed['sec-websocket-protocol'] !== undefined)
    passed['sec-websocket-protocol'] = spoken.join(', ');
  const before = headers['x-forwarded-for'];
  const own = peer.address.replace(/:\d+$/, '');
  const { upgrade, 'content-length': length } = headers;
  return {
    ...passed,
    'x-forwarded-for': before === undefined ? own : `${before}, ${own}`,
    ...(upgrade === undefined ? {} : { connection: 'Upgrade', upgrade }),
    ...(incoming === undefined || length === undefined ? {} : { 'content-length': length }),
  };
}

export function bodyOf({ body, incoming }: HttpRequest): UpstreamRequest['body'] {
  return body instanceof JsonValue ? body.bytes() : (body ?? incoming);
}

/** Whatever comes, a connection included. */
export function passedOn({
  status,
  headers,
  cookies,
  body,
  connection,
}: UpstreamAnswer): HttpResponse {
  if (connection !== undefined)
    return { status, headers, cookies, upgrade: (client) => splice(client, connection) };
  const kept = without(headers, (name) => hopByHop.has(name));
  return { status, headers: kept, cookies, body };
}
