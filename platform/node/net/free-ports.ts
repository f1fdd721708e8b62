import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';

/**
 * Below what systems hand out to connections (from 32768 on Linux), so that no connection that
 * somebody opens meanwhile takes one.
 */
const FIRST = 15_000;
const LAST = 32_000;
/** Ports tried for each one wanted. */
const MAX_TRIES = 100;

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

async function listening(host: string): Promise<Server> {
  for (let tries = 1; ; tries++) {
    try {
      return await listen(host, tries === MAX_TRIES ? 0 : randomInt(FIRST, LAST + 1));
    } catch (error) {
      if (tries === MAX_TRIES) throw error;
    }
  }
}

function listen(host: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}
