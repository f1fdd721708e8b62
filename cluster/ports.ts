/** Ports of several store members: 2379 and 2380 for the first, 2381 and 2382 for the second, … */
import { freePorts } from '../platform/node/net/free-ports.ts';
import { HOST } from './options.ts';

/** Where clients are served, from `storePort` upwards; any free ones for 0. */
export async function clientPorts(storePort: number, count: number): Promise<readonly number[]> {
  if (count === 1) return [storePort];
  return storePort === 0 ? freePorts(HOST, count) : every2nd(storePort, count);
}

/** Where members serve each other. */
export async function peerPorts(storePort: number, count: number): Promise<readonly number[]> {
  return storePort === 0 ? freePorts(HOST, count) : every2nd(storePort + 1, count);
}

const every2nd = (first: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => first + 2 * index);
