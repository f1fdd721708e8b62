import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { Agent, type AgentOptions } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect, type ConnectionOptions } from 'node:tls';

type Connected = (error: Error | null, socket?: Duplex) => void;

/** Connections over TLS through an HTTP proxy, a tunnel for each (RFC 9110, 9.3.6: CONNECT). */
export class ProxyAgent extends Agent {
  readonly #proxy: URL;
  readonly #asking = new Set<ClientRequest>();

  constructor(proxyUrl: string, options: AgentOptions) {
    super(options);
    this.#proxy = new URL(proxyUrl);
  }

  override createConnection(options: ConnectionOptions, done: Connected): undefined {
    const { host = 'localhost', port = 443 } = options;
    this.#tunnel(`${host.includes(':') ? `[${host}]` : host}:${port}`, (error, socket) => {
      if (socket === undefined) return done(error);
      const secure = connect({ ...options, socket }, () => {
        secure.off('error', done);
        done(null, secure);
      });
      secure.once('error', done);
    });
    return undefined;
  }

  #tunnel(target: string, done: (error: Error | null, socket?: Socket) => void): void {
    const { hostname, port, username, password } = this.#proxy;
    const user = [username, password].map(decodeURIComponent).join(':');
    const asked = request({
      agent: false,
      host: hostname.replace(/^\[|\]$/g, ''),
      port: port || 80,
      method: 'CONNECT',
      path: target,
      headers: {
        host: target,
        ...(username === '' ? {} : { 'proxy-authorization': `Basic ${btoa(user)}` }),
      },
    });
    this.#asking.add(asked);
    asked.once('close', () => this.#asking.delete(asked));
    asked.once('connect', ({ statusCode, statusMessage }: IncomingMessage, socket: Socket) => {
      if (statusCode === 200) return done(null, socket);
      socket.destroy();
      done(this.#failure(`${statusCode} ${statusMessage}`));
    });
    asked.once('error', (cause: Error) => done(this.#failure(cause.message)));
    asked.end();
  }

  #failure(reason: string): Error {
    return new ProxyError(`the proxy ${this.#proxy.host} gives no way to the server: ${reason}`);
  }

  override destroy(): void {
    for (const asked of this.#asking) asked.destroy();
    super.destroy();
  }
}

/** The way ended at the proxy. */
class ProxyError extends Error {
  override readonly name = 'ProxyError';
  readonly code = 'EPROXY';
}
