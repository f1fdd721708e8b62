/** One address for several API servers, as a load balancer gives them in a real cluster. */
import { realClock } from '../platform/node/clock.ts';
import { connectHttp, type HttpConnection } from '../platform/node/net/http-client.ts';
import {
  type Backend,
  startTcpBalancer,
  type TcpBalancer,
} from '../platform/node/net/tcp-balancer.ts';
import { whenAborted } from '../platform/node/process.ts';
import type { Logger } from '../platform/logger.ts';
import { HOST } from './options.ts';

export interface BalancerOptions {
  /** URLs of the API servers. */
  readonly addresses: readonly string[];
  /** 0 takes a free one. */
  readonly port: number;
  /** PEM of the CA that signed their serving certificates. */
  readonly ca: string;
  readonly logger: Logger;
}

/** A server is healthy while its /readyz says so, which asks the store too. */
export async function startBalancer(options: BalancerOptions): Promise<TcpBalancer> {
  const { addresses, port, ca, logger } = options;
  const connections = new Map<number, HttpConnection>();
  const backends = addresses.map((baseUrl): Backend => {
    const backend = { host: HOST, port: Number(new URL(baseUrl).port) };
    connections.set(backend.port, connectHttp({ baseUrl, ca }));
    return backend;
  });
  const closeConnections = (): Promise<unknown> =>
    Promise.all([...connections.values()].map((connection) => connection.close()));
  const healthy = async (backend: Backend, signal: AbortSignal): Promise<boolean> => {
    const asked = ready(connections.get(backend.port)!, signal);
    // A connection that is still being made does not hear the signal.
    return Promise.race([asked, whenAborted(signal).then(() => false)]);
  };
  const shared = { host: HOST, port, backends, healthy, clock: realClock, logger };
  const balancer = await startTcpBalancer(shared).catch(async (error: Error) => {
    await closeConnections();
    throw error;
  });
  return {
    port: balancer.port,
    async stop() {
      await balancer.stop();
      await closeConnections();
    },
  };
}

async function ready({ handler }: HttpConnection, signal: AbortSignal): Promise<boolean> {
  try {
    const { status } = await handler({
      method: 'GET',
      path: '/readyz',
      query: new URLSearchParams(),
      headers: {},
      peer: { address: 'balancer' },
      signal,
    });
    return status === 200;
  } catch {
    return false;
  }
}
