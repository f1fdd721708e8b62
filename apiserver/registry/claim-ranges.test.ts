import fc from 'fast-check';
import { expect, it } from 'vitest';
import { silentLogger } from '../../platform/logger.ts';
import { MemoryKv } from '../../test/model/memory-kv.ts';
import { CountingRandom } from '../../test/support/api-core.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { Storage } from '../storage/storage.ts';
import { claimRanges, firstServiceAddress, parseServiceRanges } from './claim-ranges.ts';
import type { ServiceAddresses } from './service-addresses.ts';

function open(kv = new MemoryKv(), nodePortRange = '30000-30003') {
  const clock = new FakeClock();
  const storage = new Storage({ kv, clock, logger: silentLogger, resources: [] });
  const addresses = { dryRun: () => undefined } as unknown as ServiceAddresses;
  return claimRanges({ storage, random: new CountingRandom(), addresses, nodePortRange });
}

const owner = (name: string) => ({ namespace: 'd', name });

it('reads one range, or one of each family', () => {
  expect(firstServiceAddress('10.0.0.0/24')).toBe('10.0.0.1');
  expect(firstServiceAddress('fd00::/108,10.0.0.0/24')).toBe('fd00::1');
  for (const text of ['', '10.0.0.0', '10.0.0.0/24,', '10.0.0.0/24,10.1.0.0/24', 'fd00::/64,x'])
    expect(parseServiceRanges(text)).toBeUndefined();
});

it('gives a port to one owner, and to another once it is released', async () => {
  const { nodePorts } = open();
  expect(await nodePorts.claim('30000', owner('a'))).toBeUndefined();
  const taken = 'provided port is already allocated';
  expect(await nodePorts.claim('30000', owner('b'))).toBe(taken);
  await nodePorts.release('30000', owner('b'));
  expect(await nodePorts.claim('30000', owner('b'))).toBe(taken);
  await nodePorts.release('30000', owner('a'));
  expect(await nodePorts.claim('30000', owner('b'))).toBeUndefined();
  expect(await nodePorts.claim('30004', owner('b'))).toBe(
    'provided port is not in the valid range. The range of valid ports is 30000-30003',
  );
});

it('leaves the lower part of a large range to those who choose', async () => {
  const { nodePorts } = open(new MemoryKv(), '30000-30031');
  const drawn = await Promise.all(
    Array.from({ length: 16 }, () => nodePorts.claimNext(owner('a'))),
  );
  expect(Math.min(...drawn.map(Number))).toBe(30016);
  expect(await nodePorts.claimNext(owner('a'))).toBe('30000');
});

it('a dry run takes nothing and gives ports that nobody can have', async () => {
  const ranges = open();
  await ranges.nodePorts.claim('30000', owner('a'));
  const { nodePorts } = ranges.dryRun();
  expect(await nodePorts.claim('30000', owner('b'))).toBe('provided port is already allocated');
  expect(await nodePorts.claimNext(owner('b'))).toBe('32769');
  expect(await nodePorts.claimNext(owner('b'))).toBe('32770');
  expect(await nodePorts.claim('30001', owner('b'))).toBeUndefined();
  expect(await ranges.nodePorts.claim('30001', owner('c'))).toBeUndefined();
});

it('gives every port once, whichever server asks, and says when none is left', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(1), { minLength: 4, maxLength: 8 }), async (order) => {
      const kv = new MemoryKv();
      const servers = [open(kv), open(kv)];
      const values = await Promise.all(
        order.map((server, i) => servers[server]!.nodePorts.claimNext(owner(`o${i % 2}`))),
      );
      const given = values.filter((value) => value !== undefined);
      expect(given).toHaveLength(4);
      expect(new Set(given).size).toBe(4);
    }),
    { numRuns: 30 },
  );
});
