import { setMaxListeners } from 'node:events';
import { configMaps } from '../../api/resources.ts';
import { percentile } from '../statistics.ts';
import { clientOf, rows, say } from '../suite.ts';
import type { BenchCluster } from '../wherry.ts';

/** A server takes at most 1,000 streams on a connection. */
const PER_CONNECTION = 250;

/** Milliseconds from sending a write to its answer, and to the event at the last watcher. */
export async function benchWatch(cluster: BenchCluster, watchers: number): Promise<void> {
  say(`watch latency, ${watchers} watchers`);
  const { client, close } = await clientOf(cluster);
  const others = await Promise.all(
    Array.from({ length: Math.ceil(watchers / PER_CONNECTION) }, () => clientOf(cluster)),
  );
  const abort = new AbortController();
  setMaxListeners(watchers, abort.signal);
  let seen = 0;
  let done: () => void = () => {};
  const following = Array.from({ length: watchers }, async (_, i) => {
    const { client: own } = others[Math.floor(i / PER_CONNECTION)]!;
    const { signal } = abort;
    const fieldSelector = `metadata.name=watched-${watchers}`;
    const options = { namespace: 'default', fieldSelector, resourceVersion: '0', signal };
    try {
      for await (const _event of await own.watch(configMaps, options)) {
        if (++seen % watchers === 0) done();
      }
    } catch {
      // The watch ends with the measurement.
    }
  });
  const all = (): Promise<void> => {
    seen = 0;
    return new Promise((resolve) => (done = resolve));
  };
  const arrived = all();
  const name = `watched-${watchers}`;
  const metadata = { name, namespace: 'default' };
  await client.create(configMaps, { metadata });
  await arrived;
  const answers: number[] = [];
  const events: number[] = [];
  for (let i = 0; i < 200; i++) {
    const last = all();
    const sent = performance.now();
    const at = { namespace: 'default', name };
    const body = { data: { i: String(i) } };
    await client.patch(configMaps, at, { type: 'application/merge-patch+json', body });
    answers.push(performance.now() - sent);
    await last;
    events.push(performance.now() - sent);
  }
  abort.abort();
  await Promise.all(following);
  await Promise.all([close(), ...others.map((other) => other.close())]);
  const goal = (ms: string): object => (watchers === 100 ? { goal: `≤ ${ms} ms` } : {});
  const p99 = (times: readonly number[]): number[] => [percentile(times, 99)];
  const last = `its event at the last of ${watchers} watchers`;
  rows.push({ work: `patch sent → answered, ${watchers} watchers`, unit: 'ms', ours: answers });
  rows.push({ work: `patch sent → ${last}`, unit: 'ms', ours: events });
  const after = events.map((time, i) => Math.max(0, time - answers[i]!));
  rows.push({ work: `answer → ${last}, p50`, unit: 'ms', ours: after, ...goal('1.5') });
  rows.push({ work: 'the same, p99', unit: 'ms', ours: p99(after), ...goal('5') });
}
