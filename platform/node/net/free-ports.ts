import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';

/**
 * Below what systems hand out to connections (from 32768 on Linux), so that no connection that
 * somebody opens meanwhile takes one, and below node ports.
 */
const FIRST = 15_000;
const LAST = 29_999;
/** Processes that look at the same time look in different slices, each port after port. */
const SLICE = 100;
const firstOfSlice = FIRST + SLICE * (process.pid % ((LAST + 1 - FIRST) / SLICE));
/** Ports tried for each one wanted; those of other slices when one's own is full. */
const MAX_TRIES = SLICE + 100;

let looked = randomInt(SLICE);

/**
 * Ports of `host` that nobody listened on just now. Another server may take one before it is
 * used: for servers that must know each other's ports before they start, and cannot pass 0.
 */
export async function freePorts(host: string, count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listening(host)));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(
    servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))),
  );
  return ports;
}

/** Rejects with the system's error (EADDRINUSE) for the first port that is taken; 0 never is. */
export async function needPorts(host: string, ports: readonly number[]): Promise<void> {
  for (const port of ports) {
    const server = await listen(host, port);
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}

async function listening(host: string): Promise<Server> {
  for (let tries = 1; ; tries++) {
    try {
      return await listen(host, candidate(tries));
    } catch (error) {
      if (tries === MAX_TRIES) throw error;
    }
  }
}

function candidate(tries: number): number {
  if (tries === MAX_TRIES) return 0;
  return tries > SLICE ? randomInt(FIRST, LAST + 1) : firstOfSlice + (looked++ % SLICE);
}

function listen(host: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}
