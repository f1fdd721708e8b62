/**
 * Passes TCP connections on to the healthy ones of several servers, in turn. TLS goes through
 * untouched. A server that fails its checks loses the connections it has: its clients come back
 * and get another one.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { type Clock, sleep } from '../../clock.ts';
import type { Running } from '../../lifecycle.ts';
import type { Logger } from '../../logger.ts';

export interface Backend {
  readonly host: string;
  readonly port: number;
}

export interface TcpBalancerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly backends: readonly Backend[];
  /** Asked of each server every {@link CHECK_MS}; a check that takes as long has failed. */
  readonly healthy: (backend: Backend, signal: AbortSignal) => Promise<boolean>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface TcpBalancer extends Running {
  readonly port: number;
}

const CHECK_MS = 1000;
/** Checks in a row that must fail: one slow answer under load is no failure. */
const FAILURES = 3;

interface Target {
  readonly backend: Backend;
  readonly connections: Set<Socket>;
  failures: number;
}

/** Every server counts as healthy until it fails. Rejects if the port cannot be had. */
export async function startTcpBalancer(options: TcpBalancerOptions): Promise<TcpBalancer> {
  const balancer = new Balancer(options);
  await balancer.listen();
  return balancer;
}

class Balancer implements TcpBalancer {
  readonly #options: TcpBalancerOptions;
  readonly #servers: Target[];
  readonly #listener: Server;
  readonly #clients = new Set<Socket>();
  readonly #stopping = new AbortController();
  #turn = 0;
  #checks: Promise<unknown> = Promise.resolve();

  constructor(options: TcpBalancerOptions) {
    this.#options = options;
    this.#servers = options.backends.map((backend) => ({
      backend,
      connections: new Set(),
      failures: 0,
    }));
    this.#listener = createServer({ noDelay: true }, (client) => this.#accept(client));
  }

  get port(): number {
    return (this.#listener.address() as { port: number }).port;
  }

  async listen(): Promise<void> {
    const { host, port } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#listener.once('error', reject);
      this.#listener.listen(port, host, () => resolve());
    });
    this.#checks = Promise.all(this.#servers.map((server) => this.#watch(server)));
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    const closed = new Promise<void>((resolve) => this.#listener.close(() => resolve()));
    for (const client of this.#clients) client.destroy();
    for (const server of this.#servers) for (const socket of server.connections) socket.destroy();
    await Promise.all([closed, this.#checks]);
  }

  #accept(client: Socket): void {
    this.#clients.add(client);
    client.once('close', () => this.#clients.delete(client));
    client.on('error', () => client.destroy());
    const healthy = this.#healthy();
    // If none is, what they all miss may be the same, and they may still answer some requests.
    const servers = healthy.length > 0 ? healthy : this.#servers;
    const start = this.#turn++;
    this.#pass(
      client,
      servers.map((_, index) => servers[(start + index) % servers.length]!),
    );
  }

  #healthy(): Target[] {
    return this.#servers.filter(({ failures }) => failures < FAILURES);
  }

  /** Tries the servers in order; a client nobody takes is let go. */
  #pass(client: Socket, [server, ...others]: readonly Target[]): void {
    if (server === undefined || this.#stopping.signal.aborted) {
      client.destroy();
      return;
    }
    const upstream = connect({ ...server.backend, noDelay: true });
    server.connections.add(upstream);
    let connected = false;
    upstream.once('connect', () => {
      connected = true;
      client.pipe(upstream).pipe(client);
    });
    upstream.on('error', () => upstream.destroy());
    upstream.once('close', () => {
      server.connections.delete(upstream);
      if (connected || client.destroyed) client.destroy();
      else this.#pass(client, others);
    });
    client.once('close', () => upstream.destroy());
  }

  async #watch(server: Target): Promise<void> {
    const { clock, logger, healthy } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await sleep(clock, CHECK_MS, signal);
      if (signal.aborted) return;
      const patience = new AbortController();
      const timer = clock.after(CHECK_MS, () => patience.abort());
      const abort = (): void => patience.abort();
      signal.addEventListener('abort', abort);
      const good = await healthy(server.backend, patience.signal).catch(() => false);
      signal.removeEventListener('abort', abort);
      timer.cancel();
      if (signal.aborted) return;
      const before = server.failures;
      server.failures = good ? 0 : before + 1;
      const { port } = server.backend;
      if (good && before >= FAILURES) logger.info({ port }, 'API server is ready again');
      if (!good && server.failures === FAILURES) {
        logger.warn({ port }, 'API server is not ready');
      }
      // Its clients come back to another, if there is one.
      if (server.failures >= FAILURES && this.#healthy().length > 0) {
        for (const socket of server.connections) socket.destroy();
      }
    }
  }
}
