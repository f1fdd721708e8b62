import { describe, expect, it } from 'vitest';
import type { Names, ServiceRecord } from '../../platform/net/names.ts';
import { storeFlags, type StoreFlags } from './flags.ts';
import { checkInitialCluster, withDiscovery } from './initial-cluster.ts';

const flagsOf = (line: string): StoreFlags =>
  storeFlags({ environment: false })
    .exitOverride()
    .parse(line.split(' '), { from: 'user' })
    .opts<StoreFlags>();

const addresses: Readonly<Record<string, string>> = {
  'a.example.com': '10.0.0.1',
  'b.example.com': '10.0.0.2',
  'c.example.com': '10.0.0.3',
};

const namesOf = (records: Readonly<Record<string, readonly ServiceRecord[]>>): Names => ({
  services: (name) =>
    records[name] === undefined
      ? Promise.reject(new Error(`querySrv ENOTFOUND ${name}`))
      : Promise.resolve(records[name]),
  address: (host) => {
    if (/^[\d.]+$/.test(host)) return Promise.resolve(host);
    if (addresses[host] !== undefined) return Promise.resolve(addresses[host]);
    return Promise.reject(new Error(`getaddrinfo ENOTFOUND ${host}`));
  },
});

const members = ['a', 'b', 'c'].map((name) => ({ host: `${name}.example.com`, port: 2380 }));

describe('--discovery-srv', () => {
  const line =
    '--name b --discovery-srv example.com --initial-advertise-peer-urls http://b.example.com:2380';

  it('finds the first members, this one by its address', async () => {
    const names = namesOf({ '_etcd-server._tcp.example.com': members });
    for (const own of ['b.example.com', '10.0.0.2']) {
      const flags = flagsOf(line.replace(/b\.example\.com/, own));
      const { initialCluster } = await withDiscovery(flags, names);
      expect(initialCluster).toEqual([
        { name: 'example.com-0', url: 'http://a.example.com:2380' },
        { name: 'b', url: 'http://b.example.com:2380' },
        { name: 'example.com-2', url: 'http://c.example.com:2380' },
      ]);
      await checkInitialCluster({ ...flags, initialCluster: initialCluster! }, names);
    }
  });

  it('looks for TLS, too, and for a service of a name', async () => {
    const names = namesOf({ '_etcd-server-ssl-blue._tcp.example.com': members });
    const flags = flagsOf(`${line.replace('http:', 'https:')} --discovery-srv-name blue`);
    const { initialCluster } = await withDiscovery(flags, names);
    expect(initialCluster!.map(({ url }) => url)).toEqual(
      members.map(({ host }) => `https://${host}:2380`),
    );
    await expect(withDiscovery(flagsOf(line), names)).rejects.toThrow(
      '--discovery-srv: dns lookup errors: querySrv ENOTFOUND _etcd-server-ssl._tcp.example.com',
    );
  });

  it('refuses a cluster that this member is not in', async () => {
    const names = namesOf({ '_etcd-server._tcp.example.com': members.slice(0, 1) });
    await expect(withDiscovery(flagsOf(line), names)).rejects.toThrow(
      'cannot find local etcd member "b" in SRV records (http://a.example.com:2380)',
    );
  });
});

describe('--initial-cluster', () => {
  it('may name this member by another name of its address, as long as it can be found', async () => {
    const check = (named: string, own: string): Promise<void> => {
      const line = `--initial-cluster default=${named} --initial-advertise-peer-urls ${own}`;
      return checkInitialCluster(flagsOf(line), namesOf({}));
    };
    await check('http://a.example.com:2380', 'http://10.0.0.1:2380');
    await expect(check('http://a.example.com:2380', 'http://10.0.0.2:2380')).rejects.toThrow(
      '--initial-cluster has default=http://a.example.com:2380 but missing from ' +
        '--initial-advertise-peer-urls=http://10.0.0.2:2380 (resolved urls: ' +
        'http://10.0.0.1:2380 and http://10.0.0.2:2380)',
    );
    await expect(check('http://x:2380', 'http://10.0.0.2:2380')).rejects.toThrow(
      '(failed to resolve: getaddrinfo ENOTFOUND x)',
    );
    await expect(check('http://localhost:2380', 'http://127.0.0.1:2380')).rejects.toThrow(
      'missing from',
    );
  });
});
