import { expect, it } from 'vitest';
import { MemoryKv } from '../../test/model/memory-kv.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { TtlLeases } from './ttl-leases.ts';

it('shares a lease among the objects of a minute', async () => {
  const kv = new MemoryKv();
  const clock = new FakeClock();
  const leases = new TtlLeases(kv, clock);
  const ids = await Promise.all(Array.from({ length: 50 }, () => leases.leaseFor(3600)));
  expect(new Set(ids)).toEqual(new Set(['1']));
  await clock.advance(59_000);
  expect(await leases.leaseFor(3600)).toBe('1');
  expect(await leases.leaseFor(60)).toBe('2');
  await clock.advance(1_000);
  expect(await leases.leaseFor(3600)).toBe('3');
});

it('takes another lease after a thousand objects, and when the store has lost one', async () => {
  const kv = new MemoryKv();
  const leases = new TtlLeases(kv, new FakeClock());
  const ids = await Promise.all(Array.from({ length: 1_001 }, () => leases.leaseFor(60)));
  expect(ids.filter((id) => id === '1')).toHaveLength(1_000);
  leases.forget(60);
  expect(await leases.leaseFor(60)).toBe('3');
});
