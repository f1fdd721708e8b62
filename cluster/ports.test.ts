import { createServer, type AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { needPorts } from '../platform/node/net/free-ports.ts';
import { portsOf } from './ports.ts';

const lone = { port: 6443, apiservers: 1, storePort: 2379, members: [{}] };

it('are those of the store and of the API server', () => {
  expect(portsOf(lone)).toEqual([2379, 6443]);
  expect(portsOf({ ...lone, port: 0 })).toEqual([2379]);
  expect(portsOf({ ...lone, storePort: 0 })).toEqual([6443]);
  expect(portsOf({ ...lone, etcdServers: ['http://etcd:2379'] })).toEqual([6443]);
});

it('are two of each member, and one of each API server behind the balancer', () => {
  const members = [{ peerPort: 2380 }, { peerPort: 2382 }, { peerPort: 2384 }];
  expect(portsOf({ ...lone, apiservers: 2, members })).toEqual([
    ...[2379, 2381, 2383],
    ...[2380, 2382, 2384],
    ...[6443, 6444, 6445],
  ]);
  expect(portsOf({ ...lone, port: 0, storePort: 0, members })).toEqual([2380, 2382, 2384]);
});

it('are refused as the operating system does when one is taken, and free again after a look', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await expect(needPorts('127.0.0.1', [0, port])).rejects.toThrow(`EADDRINUSE`);
  await new Promise((resolve) => server.close(resolve));
  await needPorts('127.0.0.1', [port]);
  await needPorts('127.0.0.1', [port]);
});
