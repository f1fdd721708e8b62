/** The way through a proxy: CONNECT (RFC 9110, 9.3.6) at http:// and https://, or SOCKS 5. */
import { type ClientRequest, type IncomingMessage, request as sendPlain } from 'node:http';
import { request as sendSecure } from 'node:https';
import type { Socket } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import { proxyUser, type TunnelTarget } from './proxy-address.ts';
import { openSocks5 } from './socks5.ts';

/** What an https:// proxy's certificate is held against: as the server's. */
export interface ProxyTrust extends Pick<SecureContextOptions, 'ca'> {
  readonly rejectUnauthorized?: boolean | undefined;
}

export interface Proxy extends ProxyTrust {
  readonly url: URL;
}

/** The way ended at the proxy. */
class ProxyError extends Error {
  override readonly name = 'ProxyError';
  readonly code = 'EPROXY';

  constructor(url: URL, reason: string) {
    super(`the proxy ${url.host} gives no way to the server: ${reason}`);
  }
}

/** Rejects with {@link ProxyError}, also if `signal` aborts. */
export async function openProxyTunnel(
  proxy: Proxy,
  target: TunnelTarget,
  signal: AbortSignal,
): Promise<Socket> {
  try {
    return await (proxy.url.protocol === 'socks5:'
      ? openSocks5(proxy.url, target, signal)
      : openConnect(proxy, target, signal));
  } catch (error) {
    throw new ProxyError(proxy.url, error instanceof Error ? error.message : String(error));
  }
}

function openConnect(
  { url, ca, rejectUnauthorized }: Proxy,
  target: TunnelTarget,
  signal: AbortSignal,
): Promise<Socket> {
  const host = target.host.includes(':') ? `[${target.host}]` : target.host;
  const path = `${host}:${target.port}`;
  const credentials = Buffer.from(proxyUser(url).join(':')).toString('base64');
  const secure = url.protocol === 'https:';
  const options = {
    agent: false as const,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port || (secure ? 443 : 80),
    method: 'CONNECT',
    path,
    signal,
    headers: {
      host: path,
      ...(url.username === '' ? {} : { 'proxy-authorization': `Basic ${credentials}` }),
    },
  };
  return new Promise((resolve, reject) => {
    const asked: ClientRequest = secure
      ? sendSecure({
          ...options,
          ...(ca === undefined ? {} : { ca }),
          ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
        })
      : sendPlain(options);
    asked.once('connect', ({ statusCode, statusMessage }: IncomingMessage, socket: Socket) => {
      if (statusCode === 200) return resolve(socket);
      socket.destroy();
      reject(new Error(`${statusCode} ${statusMessage}`));
    });
    // A proxy that takes the request for one to itself.
    asked.once('response', ({ statusCode, statusMessage }: IncomingMessage) => {
      asked.destroy();
      reject(new Error(`${statusCode} ${statusMessage}`));
    });
    asked.once('error', reject);
    asked.end();
  });
}
