import dns from 'node:dns/promises';
import type { Names } from '../../net/names.ts';

export const realNames: Names = {
  async services(name) {
    const records = await dns.resolveSrv(name);
    records.sort((a, b) => a.priority - b.priority || b.weight - a.weight);
    return records.map(({ name: host, port }) => ({ host, port }));
  },
  address: async (host) => (await dns.lookup(host)).address,
};
