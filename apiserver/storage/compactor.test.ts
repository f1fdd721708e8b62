import { expect, it } from 'vitest';
import { silentLogger } from '../../platform/logger.ts';
import { MemoryKv } from '../../test/model/memory-kv.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { Compactor } from './compactor.ts';

const intervalMs = 300_000;

/** Writes at the start of an interval; the state stays readable for at least one interval. */
it('tells every server how old what it keeps is', async () => {
  const kv = new MemoryKv();
  const clock = new FakeClock();
  const told: number[][] = [[], []];
  const servers = told.map((list) => {
    const aged = (revision: number) => void list.push(revision);
    return new Compactor({ kv, clock, logger: silentLogger, intervalMs, aged });
  });
  for (const server of servers) server.start();
  const current: number[] = [0];
  for (let interval = 0; interval < 4; interval++) {
    await clock.advance(intervalMs);
    current.push((await kv.range({ key: 'a' })).revision);
  }
  for (const list of told) {
    expect(list).toHaveLength(4);
    // What a server learned in an interval is what it tells of in the next, never more.
    list.forEach((revision, index) => expect(revision).toBeLessThanOrEqual(current[index]!));
    expect(list.at(-1)).toBeGreaterThan(0);
  }
  for (const server of servers) await server.stop();
});

it('lets one of several servers compact, to where the store was an interval before', async () => {
  const kv = new MemoryKv();
  const clock = new FakeClock();
  const compacted: number[] = [];
  const compact = kv.compact.bind(kv);
  kv.compact = (revision) => {
    compacted.push(revision);
    return compact(revision);
  };
  const servers = [1, 2].map(() => new Compactor({ kv, clock, logger: silentLogger, intervalMs }));
  for (const server of servers) server.start();
  const put = { key: '/registry/x', value: Buffer.from('1') };
  const revisions: number[] = [];
  for (let interval = 0; interval < 4; interval++) {
    const { revision } = await kv.txn({
      compare: [],
      success: [{ type: 'put', request: put }],
      failure: [],
    });
    revisions.push(revision);
    await clock.advance(intervalMs);
  }
  expect(compacted).toHaveLength(3);
  // Never beyond what was written in the last whole interval.
  expect(compacted.at(-1)).toBeLessThan(revisions.at(-1)!);
  await expect(kv.range({ key: put.key, revision: revisions.at(-1)! })).resolves.toBeDefined();
  await expect(kv.range({ key: put.key, revision: revisions[0]! })).rejects.toThrow('compacted');
  for (const server of servers) await server.stop();
  expect(clock.timers).toBe(0);
});
