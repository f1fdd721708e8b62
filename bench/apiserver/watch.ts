import { setMaxListeners } from 'node:events';
import { configMaps } from '../../api/resources.ts';
import { contest, type Sides } from '../contest.ts';
import { percentile } from '../statistics.ts';
import { clientOf } from '../suite.ts';
import type { ApiSide } from './peer.ts';

/** What kube-apiserver takes on a connection; further streams wait until one ends. */
const PER_CONNECTION = 100;

const CHANGES = 200;
let made = 0;

/** Milliseconds from sending a write to its answer, and to the event at the last watcher. */
async function latencies(cluster: ApiSide, watchers: number): Promise<number[]> {
  const name = `watched-${made++}`;
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
    const fieldSelector = `metadata.name=${name}`;
    const options = { namespace: 'default', fieldSelector, resourceVersion: '0', signal };
    try {
      for await (const _event of await own.watch(configMaps, options)) {
        if (++seen % watchers === 0) done();
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  });
  const all = (): Promise<void> => {
    seen = 0;
    return new Promise((resolve) => (done = resolve));
  };
  const arrived = all();
  const metadata = { name, namespace: 'default' };
  await client.create(configMaps, { metadata });
  await arrived;
  const answers: number[] = [];
  const events: number[] = [];
  for (let i = 0; i < CHANGES; i++) {
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
  const after = events.map((time, i) => Math.max(0, time - answers[i]!));
  return [
    ...[percentile(answers, 50), percentile(events, 50)],
    ...[percentile(after, 50), percentile(after, 99)],
  ];
}

export async function benchWatch(sides: Sides<ApiSide>, watchers: number): Promise<void> {
  const goal = (ms: string): object => (watchers === 100 ? { goal: `≤ ${ms} ms` } : {});
  const last = `its event at the last of ${watchers} watchers`;
  const shown = [
    { work: `patch sent → answered, ${watchers} watchers, p50`, unit: 'ms' },
    { work: `patch sent → ${last}, p50`, unit: 'ms' },
    { work: `answer → ${last}, p50`, unit: 'ms', ...goal('1.5') },
    { work: 'the same, p99', unit: 'ms', ...goal('5') },
  ] as const;
  await contest(shown, sides, (side) => latencies(side, watchers));
}
