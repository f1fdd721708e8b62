/**
 * The client's end of HTTP as an {@link HttpHandler}: HTTP/2 over TLS for https (one multiplexed
 * session, made anew when it is gone), keep-alive HTTP/1.1 for http.
 *
 * A connection that cannot be made rejects with the system's own error (`connect ECONNREFUSED …`,
 * `code` kept; certificate errors keep OpenSSL's code). Bodies with a content-length arrive whole;
 * the others (watches) stream.
 */
import type { HttpHandler } from '../../net/http.ts';
import type { ConnectOptions, HttpConnection } from './http-connection.ts';
import { http1Handler } from './http1-client.ts';
import { http2Handler } from './http2-client.ts';

export type { ConnectOptions, HttpConnection };

export function connectHttp(options: ConnectOptions): HttpConnection {
  const url = new URL(options.baseUrl);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new TypeError(`${options.baseUrl}: neither an http nor an https address`);
  }
  const connection = url.protocol === 'https:' ? http2Handler(url, options) : http1Handler(url);
  const prefix = url.pathname.replace(/\/$/, '');
  const authorization = options.token && { authorization: `Bearer ${options.token}` };
  const handler: HttpHandler = (request) =>
    connection.handler({
      ...request,
      path: prefix + request.path,
      headers: { ...authorization, ...request.headers },
    });
  return { handler, close: () => connection.close() };
}
