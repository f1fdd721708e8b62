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

it('does not wait for an agent that is silent, or not there', async () => {
  const silent = (signal: AbortSignal) =>
    new Promise<UpstreamAnswer>((_, reject) =>
      signal.addEventListener('abort', () => reject(new Error('late'))),
    );
  const { clock, stats } = statsOf(silent);
  const asked = stats.of(node);
  await clock.advance(10_000);
  expect(await asked).toBeUndefined();
  const gone = statsOf(() => Promise.reject(new Error('ECONNREFUSED')));
  expect(await gone.stats.of(node)).toBeUndefined();
  expect(gone.clock.timers).toBe(0);
});
