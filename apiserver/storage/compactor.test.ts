import { expect, it } from 'vitest';
import { silentLogger } from '../../platform/logger.ts';
import { MemoryKv } from '../../test/model/memory-kv.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { Compactor } from './compactor.ts';

const intervalMs = 300_000;

/** Writes at the start of an interval; the state stays readable for at least one interval. */
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
