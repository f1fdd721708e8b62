import { beforeEach, expect, it } from 'vitest';
import { pods } from '../api/resources.ts';
import { parseTime } from '../api/time.ts';
import type { PodStatus } from '../api/types/core-v1.ts';
import { withLifecycle } from '../platform/lifecycle.ts';
import { silentLogger as logger } from '../platform/logger.ts';
import { realRandom as random } from '../platform/node/random.ts';
import { eventually, startEmbeddedApi } from '../test/support/embedded-api.ts';
import { FakeClock } from '../test/support/fake-clock.ts';
import type { ContainerRecord } from './container-record.ts';
import { startKubelet } from './kubelet.ts';
import { SidecarTurns } from './sidecar-turns.ts';

let clock: FakeClock;
let records: ContainerRecord[];
/** "<name> <grace>", of all that were asked to end. */
let asked: string[];
let turns: SidecarTurns;

const record = (name: string, kind: ContainerRecord['kind']): ContainerRecord => ({
  ...{ container: { name }, kind, phase: 'running', id: name },
  ...{ started: true, ready: true, restartCount: 0, crashes: 0 },
});

beforeEach(() => {
  clock = new FakeClock();
  asked = [];
  records = [
    record('first', 'sidecar'),
    record('last', 'sidecar'),
    record('main', 'regular'),
    record('other', 'regular'),
    record('debugger', 'ephemeral'),
  ];
  turns = new SidecarTurns({
    clock,
    records: () => records,
    stop: (i, graceSeconds) => void asked.push(`${records[i]!.container.name} ${graceSeconds}`),
  });
});

function ends(name: string): void {
  records = records.map((each) =>
    each.container.name === name ? { ...each, phase: 'ended' } : each,
  );
  turns.look();
}

it('the last is asked when all regular containers have ended, then the one before it', async () => {
  turns.begin(30);
  ends('main');
  await clock.advance(10_000);
  expect(asked).toEqual([]);
  ends('other');
  expect(asked).toEqual(['last 20']);
  await clock.advance(5000);
  ends('last');
  expect(asked).toEqual(['last 20', 'first 15']);
  ends('first');
  expect(asked).toHaveLength(2);
  expect(clock.timers).toBe(0);
});

it('all that are left are asked when the grace is over, and have two seconds', async () => {
  turns.begin(30);
  await clock.advance(29_999);
  expect(asked).toEqual([]);
  await clock.advance(1);
  expect(asked).toEqual(['first 2', 'last 2']);
  expect(clock.timers).toBe(0);
});

it('nobody has less than two seconds because others took so long', async () => {
  turns.begin(30);
  ends('main');
  await clock.advance(29_000);
  ends('other');
  expect(asked).toEqual(['last 2']);
});

it('a grace can be made shorter, not longer', async () => {
  turns.begin(30);
  turns.begin(5);
  turns.begin(60);
  await clock.advance(5000);
  expect(asked).toEqual(['first 2', 'last 2']);
});

it('those that do not run are passed over, and nothing comes before the end', () => {
  ends('main');
  ends('other');
  ends('last');
  expect(asked).toEqual([]);
  turns.begin(10);
  expect(asked).toEqual(['first 10']);
});

it('nobody is asked by an agent that has left', async () => {
  turns.begin(5);
  turns.cancel();
  await clock.advance(10_000);
  expect(asked).toEqual([]);
});

it('a pod that is deleted ends in this order', async () =>
  withLifecycle(async (parts) => {
    const { client } = await startEmbeddedApi(parts);
    const node = { name: 'node1' };
    const kubelet = await parts.start(() =>
      startKubelet({ client, clock, random, logger, node, freeze: true }),
    );
    await kubelet.ready();
    const seconds = (name: string, count: number) => ({
      [`${name}.wherry.io/stop-seconds`]: String(count),
    });
    const image = 'nginx';
    await client.create(pods, {
      metadata: {
        ...{ namespace: 'default', name: 'web', finalizers: ['test.wherry.io/hold'] },
        annotations: { ...seconds('main', 5), ...seconds('last', 3), ...seconds('first', 1) },
      },
      spec: {
        nodeName: 'node1',
        initContainers: ['first', 'last'].map((name) => ({
          ...{ name, image, restartPolicy: 'Always' },
        })),
        containers: [{ name: 'main', image }],
      },
    });
    await eventually(client, pods, ([pod]) =>
      Boolean(pod?.status?.containerStatuses?.[0]?.state?.running),
    );
    const beganMs = clock.now();
    await client.delete(pods, { namespace: 'default', name: 'web' });
    let status: PodStatus | undefined;
    while (status?.phase !== 'Succeeded') {
      await clock.advance(1000);
      ({ status } = await client.get(pods, { namespace: 'default', name: 'web' }));
    }
    const { initContainerStatuses = [], containerStatuses = [] } = status;
    const ended = new Map(
      [...containerStatuses, ...initContainerStatuses].map(({ name, state }) => [
        name,
        parseTime(state?.terminated?.finishedAt ?? ''),
      ]),
    );
    const from = (before: string, after: string) => ended.get(after)! - ended.get(before)!;
    expect(ended.get('main')! - beganMs).toBeGreaterThanOrEqual(5000);
    expect([from('main', 'last'), from('last', 'first')]).toEqual([3000, 1000]);
  }));
