import { expect, it } from 'vitest';
import type { Names, ServiceRecord } from '../platform/net/names.ts';
import { runEtcdctl } from '../test/support/etcdctl.ts';
import { startOurs } from '../test/conformance/store/servers.ts';

const namesOf = (records: Readonly<Record<string, readonly ServiceRecord[]>>): Names => ({
  services: (name) =>
    records[name] === undefined
      ? Promise.reject(new Error(`querySrv ENOTFOUND ${name}`))
      : Promise.resolve(records[name]),
  address: (host) => Promise.resolve(host),
});

it('--discovery-srv asks the endpoints that DNS names', async () => {
  const server = await startOurs();
  const [host, port] = server.address.split(':') as [string, string];
  const here = [{ host, port: Number(port) }];
  const plain = namesOf({ '_etcd-client._tcp.example.com': here });
  const at = (...flags: string[]): string[] => [
    'endpoint',
    'health',
    '-d',
    'example.com',
    ...flags,
  ];
  const found = await runEtcdctl(at(), { names: plain });
  expect(found.out).toContain(`http://${server.address} is healthy`);
  const named = namesOf({ '_etcd-client-blue._tcp.example.com': here });
  expect((await runEtcdctl(at('--discovery-srv-name', 'blue'), { names: named })).out).toContain(
    'is healthy',
  );
  const none = await runEtcdctl(at(), { names: named });
  expect(none.error).toBe(
    'dns lookup errors: querySrv ENOTFOUND _etcd-client-ssl._tcp.example.com and ' +
      'querySrv ENOTFOUND _etcd-client._tcp.example.com',
  );
  const secure = ['--insecure-discovery=false', '--endpoints', server.address];
  const strict = await runEtcdctl(at(...secure), { names: plain });
  expect(strict.err).toBe(`ignoring discovered insecure endpoint "http://${server.address}"\n`);
  expect(strict.out).toContain(`${server.address} is healthy`);
  await server.stop();
});
