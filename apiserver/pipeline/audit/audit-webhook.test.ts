import { beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../platform/logger.ts';
import { realRandom } from '../../../platform/node/random.ts';
import { FakeClock, settle } from '../../../test/support/fake-clock.ts';
import { AuditWebhook, type AuditWebhookOptions } from './audit-webhook.ts';
import type { AuditEvent } from './event.ts';

const event = (n: number, more: object = {}): AuditEvent => ({ auditID: `id-${n}`, ...more });

describe('the audit webhook', () => {
  let clock: FakeClock;
  /** Of each call: the events' ids. */
  let calls: string[][];
  let lists: { items: AuditEvent[] }[];
  let fails: number;
  beforeEach(() => {
    clock = new FakeClock();
    [calls, lists, fails] = [[], [], 0];
  });
  const send = (list: string): Promise<void> => {
    const parsed = JSON.parse(list) as { kind: string; items: AuditEvent[] };
    expect(parsed).toMatchObject({ kind: 'EventList', apiVersion: 'audit.k8s.io/v1' });
    lists.push(parsed);
    calls.push(parsed.items.map(({ auditID }) => auditID));
    return fails-- > 0 ? Promise.reject(new Error('away')) : Promise.resolve();
  };
  const webhook = (more: Partial<AuditWebhookOptions> = {}) =>
    new AuditWebhook({
      ...{ send, mode: 'batch' as const, clock, random: realRandom, logger: silentLogger },
      batch: { bufferSize: 10, maxSize: 3, maxWaitMs: 30_000 },
      initialBackoffMs: 10_000,
      ...more,
    });
  const add = (hook: AuditWebhook, from: number, to: number) => {
    for (let n = from; n <= to; n++)
      expect(hook.add(event(n), JSON.stringify(event(n)))).toBe(undefined);
  };

  it('gets full batches at once, and the rest after the longest wait', async () => {
    const hook = webhook();
    add(hook, 1, 4);
    await settle();
    expect(calls).toEqual([['id-1', 'id-2', 'id-3']]);
    await clock.advance(29_999);
    expect(calls).toHaveLength(1);
    await clock.advance(1);
    expect(calls[1]).toEqual(['id-4']);
    await hook.stop();
    expect(clock.timers).toBe(0);
  });

  it('that hangs keeps no request waiting; what does not fit is lost and counted', async () => {
    const hang = () => new Promise<void>(() => {});
    const hook = webhook({ send: hang, batch: { bufferSize: 10, maxSize: 1, maxWaitMs: 1 } });
    add(hook, 1, 100);
    expect(hook.lost).toBe(100 - 16 - 10);
  });

  it('that hangs is kept 64 MiB of events for, and gets new ones once it answers', async () => {
    let answer = (): void => {};
    const hang = () => new Promise<void>((resolve) => (answer = resolve));
    const hook = webhook({ send: hang, batch: { bufferSize: 100, maxSize: 1, maxWaitMs: 1 } });
    const large = 'x'.repeat(20 * 2 ** 20);
    for (let n = 0; n < 5; n++) expect(hook.add(event(n), large)).toBe(undefined);
    expect(hook.lost).toBe(2);
    answer();
    await settle();
    expect(hook.add(event(5), large)).toBe(undefined);
    expect(hook.lost).toBe(2);
  });

  it('is asked five times, each time later, before a batch is lost', async () => {
    const hook = webhook();
    fails = 5;
    add(hook, 1, 3);
    await clock.advance(200_000);
    expect(calls).toHaveLength(5);
    expect(hook.lost).toBe(3);
    fails = 2;
    add(hook, 4, 6);
    await clock.advance(9_999);
    expect(calls).toHaveLength(6);
    await clock.advance(60_000);
    expect(calls).toHaveLength(8);
    expect(hook.lost).toBe(3);
  });

  it('gets no more batches than the throttle lets through', async () => {
    const batch = { bufferSize: 100, maxSize: 1, maxWaitMs: 30_000 };
    const hook = webhook({ batch: { ...batch, throttle: { qps: 2, burst: 3 } } });
    add(hook, 1, 10);
    await settle();
    expect(calls).toHaveLength(3);
    await clock.advance(1_000);
    expect(calls).toHaveLength(5);
    await hook.stop();
    expect(calls).toHaveLength(10);
  });

  it('gets large events without their objects, and none that is too large even so', async () => {
    const hook = webhook({ truncate: { maxBatchBytes: 400, maxEventBytes: 200 } });
    const objects = { requestObject: 'x'.repeat(300), responseObject: {}, annotations: { a: 'b' } };
    const huge = { auditID: 'y'.repeat(300) };
    for (const each of [event(1, objects), huge, event(2), event(3)])
      void hook.add(each, JSON.stringify(each));
    await settle();
    expect(lists[0]!.items[0]).toEqual({
      auditID: 'id-1',
      annotations: { a: 'b', 'audit.k8s.io/truncated': 'true' },
    });
    expect(hook.lost).toBe(1);
  });

  it('gets batches that are too large in parts', async () => {
    const hook = webhook({ truncate: { maxBatchBytes: 250, maxEventBytes: 200 } });
    for (const each of [1, 2, 3].map((n) => event(n, { requestObject: 'x'.repeat(100) })))
      void hook.add(each, JSON.stringify(each));
    await settle();
    expect(calls).toEqual([['id-1'], ['id-2'], ['id-3']]);
  });

  it.each([
    ['blocking' as const, true],
    ['blocking-strict' as const, false],
  ])('in mode %s keeps each request until its event is sent, or is lost', async (mode, told) => {
    const hook = webhook({ mode });
    expect(await hook.add(event(1), JSON.stringify(event(1)))).toBe(true);
    fails = 5;
    const waiting = hook.add(event(2), JSON.stringify(event(2)));
    await clock.advance(200_000);
    expect(await waiting).toBe(told);
    expect(hook.lost).toBe(1);
  });

  it('gets what waits when the server stops, once', async () => {
    const hook = webhook();
    add(hook, 1, 2);
    fails = 1;
    await hook.stop();
    expect(calls).toEqual([['id-1', 'id-2']]);
    expect(hook.lost).toBe(2);
  });
});
