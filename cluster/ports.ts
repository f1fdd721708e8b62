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

interface Listening {
  readonly port: number;
  readonly apiservers: number;
  readonly storePort: number;
  readonly etcdServers?: readonly string[];
  readonly members: readonly { readonly peerPort?: number }[];
}

/** Every port that a cluster was told to listen on; none that it may choose itself. */
export function portsOf({
  port,
  apiservers,
  storePort,
  etcdServers,
  members,
}: Listening): number[] {
  const count = members.length;
  const clients = count === 1 ? [storePort] : every2nd(storePort, count);
  const stores = storePort === 0 ? [] : clients;
  const peers = members.flatMap(({ peerPort = 0 }) => (peerPort === 0 ? [] : [peerPort]));
  const several = apiservers > 1 ? apiservers : 0;
  const apis = port === 0 ? [] : Array.from({ length: several + 1 }, (_, index) => port + index);
  return [...(etcdServers === undefined ? [...stores, ...peers] : []), ...apis];
}

const every2nd = (first: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => first + 2 * index);
