/** The real resolver, asked for SRV records of a server of the test's own. */
import { createSocket } from 'node:dgram';
import dns from 'node:dns/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { realNames } from './names.ts';

const SRV = 33;
const NO_SUCH_NAME = 3;

const nameBytes = (name: string): Buffer =>
  Buffer.concat([
    ...name.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label)])),
    Buffer.from([0]),
  ]);

/** Of one question: its ID, the question itself, and the records [priority, weight, port, host]. */
function reply(query: Buffer, records: readonly (readonly [number, number, number, string])[]) {
  const question = query.subarray(12, query.indexOf(0, 12) + 5);
  const header = Buffer.alloc(12);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(0x8180 | (records.length === 0 ? NO_SUCH_NAME : 0), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records.length, 6);
  const answers = records.map(([priority, weight, port, host]) => {
    const fixed = Buffer.alloc(18);
    const target = nameBytes(host);
    for (const [at, value] of [0xc00c, SRV, 1, 0, 60, 6 + target.length].entries())
      fixed.writeUInt16BE(value, at * 2);
    for (const [at, value] of [priority, weight, port].entries())
      fixed.writeUInt16BE(value, 12 + at * 2);
    return Buffer.concat([fixed, target]);
  });
  return Buffer.concat([header, question, ...answers]);
}

const before = dns.getServers();
const server = createSocket('udp4');
beforeAll(async () => {
  server.on('message', (query, from) => {
    const isKnown = query.includes(nameBytes('_etcd-client._tcp.example.com'));
    const records = [
      [10, 1, 2379, 'spare.example.com'],
      [1, 5, 2379, 'a.example.com'],
      [1, 50, 2381, 'b.example.com'],
    ] as const;
    server.send(reply(query, isKnown ? records : []), from.port, from.address);
  });
  await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve));
  dns.setServers([`127.0.0.1:${server.address().port}`]);
});
afterAll(() => {
  dns.setServers(before);
  server.close();
});

it('SRV records come by priority, then by weight', async () => {
  expect(await realNames.services('_etcd-client._tcp.example.com')).toEqual([
    { host: 'b.example.com', port: 2381 },
    { host: 'a.example.com', port: 2379 },
    { host: 'spare.example.com', port: 2379 },
  ]);
  await expect(realNames.services('_etcd-server._tcp.example.com')).rejects.toThrow(
    'querySrv ENOTFOUND _etcd-server._tcp.example.com',
  );
});

it('addresses are found, and stay what they are', async () => {
  expect(await realNames.address('10.1.2.3')).toBe('10.1.2.3');
  expect(await realNames.address('localhost')).toMatch(/^(127\.0\.0\.1|::1)$/);
});
