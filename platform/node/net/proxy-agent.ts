import { Agent as PlainAgent, type AgentOptions as PlainOptions } from 'node:http';
import { Agent, type AgentOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import { connect, type ConnectionOptions } from 'node:tls';
import { openProxyTunnel, type Proxy, type ProxyTrust } from './proxy-tunnel.ts';

type Connected = (error: Error | null, socket?: Duplex) => void;

/** What an agent keeps connections for. */
type Place = Pick<ConnectionOptions, 'host' | 'port'>;

/** Connections over TLS, each through a tunnel of its own. */
class SecureProxyAgent extends Agent {
  readonly #proxy: Proxy;
  readonly #closing = new AbortController();

  constructor(proxy: Proxy, options: AgentOptions) {
    super(options);
    this.#proxy = proxy;
  }

  override createConnection(options: ConnectionOptions, done: Connected): undefined {
    tunnel(this.#proxy, options, this.#closing.signal).then((socket) => {
      const secure = connect({ ...options, socket }, () => {
        secure.off('error', done);
        done(null, secure);
      });
      secure.once('error', done);
    }, done);
    return undefined;
  }

  override destroy(): void {
    this.#closing.abort();
    super.destroy();
  }
}

/** The same without TLS. */
class PlainProxyAgent extends PlainAgent {
  readonly #proxy: Proxy;
  readonly #closing = new AbortController();

  constructor(proxy: Proxy, options: PlainOptions) {
    super(options);
    this.#proxy = proxy;
  }

  override createConnection(options: Place, done: Connected): undefined {
    tunnel(this.#proxy, options, this.#closing.signal).then(
      (socket) => done(null, socket),
      (error: Error) => done(error),
    );
    return undefined;
  }

  override destroy(): void {
    this.#closing.abort();
    super.destroy();
  }
}

function tunnel(proxy: Proxy, { host = 'localhost', port = 443 }: Place, signal: AbortSignal) {
  return openProxyTunnel(proxy, { host, port: Number(port) }, signal);
}

/** For a server at an http or https address. `options`: trust of the server, and of the proxy. */
export function proxyAgent(
  secure: boolean,
  proxyUrl: string,
  options: PlainOptions & ProxyTrust,
): PlainAgent {
  const { ca, rejectUnauthorized } = options;
  const proxy = { url: new URL(proxyUrl), ...(ca === undefined ? {} : { ca }), rejectUnauthorized };
  return secure ? new SecureProxyAgent(proxy, options) : new PlainProxyAgent(proxy, options);
}
