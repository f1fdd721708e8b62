import { describe, expect, it } from 'vitest';
import { statusError } from '../api/status.ts';
import type { Event } from '../api/types/core-v1.ts';
import { silentLogger } from '../platform/logger.ts';
import { FakeClock, settle } from '../test/support/fake-clock.ts';
import { EventPace } from './event-pace.ts';
import { createEventRecorder } from './event-recorder.ts';
import type { Client } from './interface.ts';

const pod = (name: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'd', name, uid: `uid-${name}` },
});

function start(limits: { readonly queueLimit?: number } = {}) {
  const clock = new FakeClock();
  const written: string[] = [];
  const created: Event[] = [];
  const failures: Error[] = [];
  const warnings: string[] = [];
  const logger = {
    ...silentLogger,
    warn: (_: object, message: string) => void warnings.push(message),
  };
  const fail = (): void => {
    const error = failures.shift();
    if (error !== undefined) throw error;
  };
  const client = {
    create: async (_: unknown, event: Event) => {
      fail();
      created.push(event);
      written.push(`create ${event.involvedObject.name} ${event.message} x${event.count}`);
      return event;
    },
    patch: async (_: unknown, ref: { name: string }, { body }: { body: Event }) => {
      fail();
      written.push(`patch ${ref.name.split('.')[0]} ${body.message} x${body.count}`);
      return body;
    },
  } as unknown as Client;
  const recorder = createEventRecorder({
    ...{ client, clock, logger, component: 'test', ...limits },
    random: { below: () => 0, bytes: (n) => new Uint8Array(n) },
  });
  const record = (name: string, message: string): void =>
    recorder.record(pod(name), { type: 'Normal', reason: 'Test', message });
  return { clock, written, created, failures, warnings, recorder, record };
}

describe('an event recorder', () => {
  it('writes an event once and counts its repetitions', async () => {
    const { written, created, record, recorder } = start();
    record('a', 'hello');
    record('a', 'hello');
    record('b', 'hello');
    await recorder.stop();
    expect(written).toEqual(['create a hello x1', 'patch a hello x2', 'create b hello x1']);
    expect(created[0]).toMatchObject({
      metadata: { namespace: 'd', name: 'a.0000000000000000' },
      source: { component: 'test' },
      type: 'Normal',
      reason: 'Test',
      firstTimestamp: '2023-11-14T22:13:20Z',
    });
  });

  it('combines many similar ones, then drops the rest of the flood', async () => {
    const { written, record, recorder } = start();
    for (let i = 0; i < 100; i++) record('a', `created ${i}`);
    await recorder.stop();
    expect(written).toHaveLength(25);
    expect(written[8]).toBe('create a created 8 x1');
    expect(written[9]).toBe('create a (combined from similar events): created 9 x1');
    expect(written[24]).toBe('patch a (combined from similar events): created 24 x16');
  });

  it.each([
    [{}, 2000],
    [{ queueLimit: 2500 }, 2500],
  ])('lets %j as many wait as %i', async (limits, most) => {
    const { written, record } = start(limits);
    for (let i = 0; i < 3000; i++) record(`p${i}`, 'x');
    for (let turn = 0; turn < 3000 && written.length < most; turn++) await settle();
    await settle();
    expect(written).toHaveLength(most);
  });

  it('lets an object speak again after a while', async () => {
    const { written, record, recorder, clock } = start();
    for (let i = 0; i < 30; i++) record('a', 'x');
    await clock.advance(300_000);
    record('a', 'x');
    record('a', 'x');
    await recorder.stop();
    expect(written).toHaveLength(26);
  });

  it('makes a new event when the one it counted expired', async () => {
    const { written, record, recorder, failures } = start();
    record('a', 'x');
    await settle();
    failures.push(statusError('NotFound', 'events "a" not found'));
    record('a', 'x');
    await recorder.stop();
    expect(written).toEqual(['create a x x1', 'create a x x2']);
  });

  it('tries again when the server cannot be reached, not when it refuses', async () => {
    const { written, record, recorder, failures, clock } = start();
    failures.push(new Error('connect ECONNREFUSED'), statusError('Forbidden', 'no'));
    record('a', 'x');
    await clock.advance(9999);
    expect(failures).toHaveLength(1);
    await clock.advance(1);
    expect(failures).toHaveLength(0);
    record('b', 'y');
    await recorder.stop();
    expect(written).toEqual(['create b y x1']);
    expect(clock.timers).toBe(0);
  });

  it('warns of a refusal, unless the namespace is going away', async () => {
    const { warnings, record, recorder, failures, written } = start();
    const causes = [{ reason: 'NamespaceTerminating', field: 'metadata.namespace' }];
    failures.push(statusError('Forbidden', 'being terminated', { causes }));
    failures.push(statusError('Forbidden', 'no'));
    record('a', 'x');
    await settle();
    expect(failures).toHaveLength(1);
    expect(warnings).toEqual([]);
    record('b', 'x');
    await recorder.stop();
    expect(warnings).toEqual(['event not written']);
    expect(written).toEqual([]);
  });

  it('does not wait for a dead server when stopped', async () => {
    const { record, recorder, failures, clock } = start();
    failures.push(new Error('connect ECONNREFUSED'), new Error('connect ECONNREFUSED'));
    record('a', 'x');
    await settle();
    await recorder.stop();
    expect(clock.timers).toBe(0);
  });

  it('shares what may still be written at the end with everybody of its process', async () => {
    const clock = new FakeClock();
    let written = 0;
    const client = { create: async (_: unknown, event: Event) => (written++, event) };
    const pace = new EventPace(clock);
    const random = { below: () => 0, bytes: (n: number) => new Uint8Array(n) };
    const told: unknown[] = [];
    const logger = { ...silentLogger, warn: (...line: unknown[]) => void told.push(line) };
    const recorders = Array.from({ length: 50 }, (_, n) =>
      createEventRecorder({
        client: client as unknown as Client,
        clock,
        random,
        logger,
        pace,
        component: `node${n}`,
      }),
    );
    for (const [n, recorder] of recorders.entries())
      for (let i = 0; i < 20; i++)
        recorder.record(pod(`p${n}-${i}`), { type: 'Normal', reason: 'R', message: 'm' });
    pace.end();
    recorders[0]!.record(pod('late'), { type: 'Normal', reason: 'R', message: 'm' });
    await Promise.all(recorders.map((recorder) => recorder.stop()));
    expect(written).toBe(100);
    expect(told).toEqual([]);
    for (let i = 0; i < 2; i++) pace.tellDropped(logger);
    expect(told).toEqual([[{ dropped: 900 }, 'events dropped: too many at the end']]);
    expect(clock.timers).toBe(0);
  });
});
