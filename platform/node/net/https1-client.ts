/**
 * HTTP/1.1 with keep-alive over TLS or without: for programs that ask a few questions and end.
 * Node's HTTP/2 takes longer to load than such a program's whole work.
 */
import { request as sendPlain } from 'node:http';
import { Agent, type AgentOptions, request as send } from 'node:https';
import type { HttpConnection } from './http-connection.ts';
import type { ConnectOptions } from './http-connection.ts';
import { exchange, http1Handler } from './http1-client.ts';
import { proxyAgent } from './proxy-agent.ts';
import { serverIdentity } from './server-identity.ts';

/** A command that lists forty kinds at once is served by as many as these. */
const MAX_SOCKETS = 8;

export function connectHttp1(options: ConnectOptions): HttpConnection {
  const url = new URL(options.baseUrl);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new TypeError(`${options.baseUrl}: neither an http nor an https address`);
  }
  const connection = url.protocol === 'https:' ? secure(url, options) : plain(url, options);
  const prefix = url.pathname.replace(/\/$/, '');
  const authorization = options.token && { authorization: `Bearer ${options.token}` };
  return {
    handler: (request) =>
      connection.handler({
        ...request,
        path: prefix + request.path,
        headers: { ...authorization, ...request.headers },
      }),
    close: () => connection.close(),
  };
}

function plain(url: URL, { proxyUrl }: ConnectOptions): HttpConnection {
  if (proxyUrl === undefined) return http1Handler(url);
  const agent = proxyAgent(false, proxyUrl, { keepAlive: true, maxSockets: MAX_SOCKETS });
  return exchange({ url, agent, defaultPort: 80, send: sendPlain });
}

function secure(url: URL, options: ConnectOptions): HttpConnection {
  const { ca, cert, key, insecureSkipVerify, serverName, proxyUrl } = options;
  const pem = (value: Uint8Array | string): Buffer => Buffer.from(value as Uint8Array);
  const settings: AgentOptions = {
    keepAlive: true,
    maxSockets: MAX_SOCKETS,
    ...(ca === undefined ? {} : { ca: pem(ca) }),
    ...(cert === undefined ? {} : { cert: pem(cert) }),
    ...(key === undefined ? {} : { key: pem(key) }),
    ...(serverName === undefined ? {} : serverIdentity(serverName)),
    rejectUnauthorized: !insecureSkipVerify,
  };
  if (proxyUrl === undefined) {
    return exchange({ url, agent: new Agent(settings), defaultPort: 443, send });
  }
  const agent = proxyAgent(true, proxyUrl, settings);
  return exchange({ url, agent, defaultPort: 443, send });
}
