import fc from 'fast-check';
import { expect, it } from 'vitest';
import { silentLogger } from '../../platform/logger.ts';
import { MemoryKv } from '../../test/model/memory-kv.ts';
import { CountingRandom } from '../../test/support/api-core.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { Storage } from '../storage/storage.ts';
import { claimRanges } from './claim-ranges.ts';

function open(kv = new MemoryKv(), clusterIPRange = '10.0.0.0/29', nodePortRange = '30000-30003') {
  const clock = new FakeClock();
  const storage = new Storage({ kv, clock, logger: silentLogger, resources: [] });
  return claimRanges({ storage, random: new CountingRandom(), clusterIPRange, nodePortRange });
}

const owner = (name: string) => ({ namespace: 'd', name });

it('knows what belongs to a range', () => {
  const { clusterIPs, nodePorts } = open();
  for (const ip of ['10.0.0.1', '10.0.0.6']) expect(clusterIPs.contains(ip)).toBe(true);
  for (const ip of ['10.0.0.0', '10.0.0.7', '10.0.0.8', 'fd00::1', 'x', ''])
    expect(clusterIPs.contains(ip)).toBe(false);
  expect(nodePorts.contains('30003')).toBe(true);
  for (const port of ['30004', '29999', '', '3e4']) expect(nodePorts.contains(port)).toBe(false);
});

it('gives a value to one owner, again to the same, and to another once it is released', async () => {
  const { clusterIPs } = open();
  expect(await clusterIPs.claim('10.0.0.1', owner('a'))).toBe(true);
  expect(await clusterIPs.claim('10.0.0.1', owner('a'))).toBe(true);
  expect(await clusterIPs.claim('10.0.0.1', owner('b'))).toBe(false);
  await clusterIPs.release('10.0.0.1', owner('b'));
  expect(await clusterIPs.claim('10.0.0.1', owner('b'))).toBe(false);
  await clusterIPs.release('10.0.0.1', owner('a'));
  expect(await clusterIPs.claim('10.0.0.1', owner('b'))).toBe(true);
});

it('works in IPv6', async () => {
  const { clusterIPs } = open(new MemoryKv(), 'fd00::/108');
  const ip = (await clusterIPs.claimNext(owner('a')))!;
  expect(ip).toMatch(/^fd00::/);
  expect(clusterIPs.contains(ip)).toBe(true);
});

it('gives every value once, whichever server asks, and says when none is left', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(1), { minLength: 6, maxLength: 10 }), async (order) => {
      const kv = new MemoryKv();
      const servers = [open(kv), open(kv)];
      const values = await Promise.all(
        order.map((server, i) => servers[server]!.clusterIPs.claimNext(owner(`o${i % 2}`))),
      );
      const given = values.filter((value) => value !== undefined);
      expect(given).toHaveLength(6);
      expect(new Set(given).size).toBe(6);
    }),
    { numRuns: 30 },
  );
});
