import { expect, it } from 'vitest';
import type { Node } from '../../api/types/core-v1.ts';
import type { UpstreamAnswer } from '../../platform/net/upstream.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { AgentStats } from './agent-stats.ts';

const node = { metadata: { name: 'n' } } as Node;
const summary = { node: { nodeName: 'n' }, pods: [] };

async function* bytes(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text.slice(0, 5));
  yield Buffer.from(text.slice(5));
}
const answer = (text: string, status = 200): UpstreamAnswer => ({
  ...{ status, headers: {}, body: bytes(text) },
});

function statsOf(read: (signal: AbortSignal) => Promise<UpstreamAnswer>) {
  const clock = new FakeClock();
  let asked = 0;
  const stats = new AgentStats(clock, {
    read(_, path, signal) {
      expect(path).toBe('/stats/summary');
      asked++;
      return read(signal);
    },
  });
  return { clock, stats, asked: () => asked };
}

it('asks an agent once in five seconds, whoever wants to know', async () => {
  const { clock, stats, asked } = statsOf(async () => answer(JSON.stringify(summary)));
  expect(await Promise.all([stats.of(node), stats.of(node)])).toEqual([summary, summary]);
  await clock.advance(4999);
  await stats.of(node);
  expect(asked()).toBe(1);
  await clock.advance(1);
  await stats.of(node);
  expect(asked()).toBe(2);
});

it.each<[string, () => UpstreamAnswer]>([
  ['a refusal', () => answer(JSON.stringify(summary), 403)],
  ['what is no JSON', () => answer('<html>')],
  ['null', () => answer('null')],
  ['another object', () => answer('{"node":{}}')],
  ['too much', () => answer(`"${'x'.repeat(17 * 1024 * 1024)}"`)],
])('takes %s for no answer', async (_, give) => {
  const { stats } = statsOf(async () => give());
  expect(await stats.of(node)).toBeUndefined();
});

const silent = (signal: AbortSignal) =>
  new Promise<UpstreamAnswer>((_, reject) =>
    signal.addEventListener('abort', () => reject(new Error('late'))),
  );

it('waits little for an agent that is silent, and once', async () => {
  let answers = false;
  const { clock, stats, asked } = statsOf((signal) =>
    answers ? Promise.resolve(answer(JSON.stringify(summary))) : silent(signal),
  );
  const first = [stats.of(node), stats.of(node)];
  await clock.advance(2000);
  expect(await Promise.all(first)).toEqual([undefined, undefined]);
  expect(await stats.of(node)).toBeUndefined();
  expect(asked()).toBe(1);
  // It is asked on, and believed as soon as it answers.
  answers = true;
  await clock.advance(5000);
  expect(await stats.of(node)).toBeUndefined();
  expect(asked()).toBe(2);
  await clock.advance(1);
  expect(await stats.of(node)).toEqual(summary);
  await clock.advance(10_000);
  expect(await stats.of(node)).toEqual(summary);
  expect(clock.timers).toBe(0);
});

it('does not wait for an agent that is not there', async () => {
  const gone = statsOf(() => Promise.reject(new Error('ECONNREFUSED')));
  expect(await gone.stats.of(node)).toBeUndefined();
  expect(gone.clock.timers).toBe(0);
});
