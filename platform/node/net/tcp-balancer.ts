/**
 * Passes TCP connections on to the healthy ones of several servers, in turn. TLS goes through
 * untouched. A server that fails its checks, or is silent for long, loses the connections it has:
 * its clients come back and get another one. One that answers late gets no new ones.
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
  /** Asked of each server {@link CHECK_MS} after it answered; given up with the signal. */
  readonly healthy: (backend: Backend, signal: AbortSignal) => Promise<boolean>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface TcpBalancer extends Running {
  readonly port: number;
}

const CHECK_MS = 1_000;
/** Checks in a row that must fail. */
const FAILURES = 3;
/** A server that takes longer to answer is left alone. */
const LATE_MS = 3_000;
/**
 * One that takes as long has failed. Until then it may be busy: to lose all its clients at once,
 * who would all list anew elsewhere, helps nobody.
 */
const SILENT_MS = 10_000;

interface Target {
  readonly backend: Backend;
  readonly connections: Set<Socket>;
  failures: number;
  /** Its answer is being waited for, and should have come. */
  isLate: boolean;
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
      isLate: false,
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
    return this.#servers.filter(isHealthy);
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
    const { clock } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await sleep(clock, CHECK_MS, signal);
      if (signal.aborted) return;
      const late = clock.after(LATE_MS, () => this.#note(server, { isLate: true }));
      const answer = await this.#check(server);
      late.cancel();
      if (signal.aborted) return;
      const failures = { good: 0, bad: server.failures + 1, none: FAILURES }[answer];
      this.#note(server, { failures, isLate: false });
      // Its clients come back to another, if there is one that does not begin to fail, too.
      if (failures >= FAILURES && this.#healthy().some((other) => other.failures === 0)) {
        for (const socket of server.connections) socket.destroy();
      }
    }
  }

  async #check({ backend }: Target): Promise<'good' | 'bad' | 'none'> {
    const { clock, healthy } = this.#options;
    const patience = new AbortController();
    const timer = clock.after(SILENT_MS, () => patience.abort());
    const signal = AbortSignal.any([this.#stopping.signal, patience.signal]);
    const good = await healthy(backend, signal).catch(() => false);
    timer.cancel();
    if (patience.signal.aborted) return 'none';
    return good ? 'good' : 'bad';
  }

  #note(server: Target, seen: Partial<Pick<Target, 'failures' | 'isLate'>>): void {
    const wasHealthy = isHealthy(server);
    Object.assign(server, seen);
    const { logger } = this.#options;
    const { port } = server.backend;
    if (isHealthy(server) === wasHealthy) return;
    if (wasHealthy) logger.warn({ port }, 'API server is not ready');
    else logger.info({ port }, 'API server is ready again');
  }
}

const isHealthy = ({ failures, isLate }: Target): boolean => failures < FAILURES && !isLate;
