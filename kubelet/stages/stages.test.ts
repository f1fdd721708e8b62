import { afterEach, describe, expect, it } from 'vitest';
import { events, nodes, pods } from '../../api/resources.ts';
import type { Node, Pod } from '../../api/types/core-v1.ts';
import type { RestClient } from '../../client/rest.ts';
import type { Disk } from '../../platform/files/disk.ts';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { silentLogger as logger } from '../../platform/logger.ts';
import { realClock as clock } from '../../platform/node/clock.ts';
import { realDisk } from '../../platform/node/files/disk.ts';
import { realRandom as random } from '../../platform/node/random.ts';
import { eventually, startEmbeddedApi } from '../../test/support/embedded-api.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { SeededRandom } from '../../test/support/seeded-random.ts';
import { startKubelet } from '../kubelet.ts';
import { laidOver, withOverlay } from './overlay.ts';
import { readStages } from './read-stages.ts';
import { StageEngine } from './stage-engine.ts';

const files = (text: string): Disk =>
  ({
    read: (path: string) => Promise.resolve(path === 'none' ? undefined : Buffer.from(text)),
  }) as never;
const stage = (spec: object, name = 'one') =>
  JSON.stringify({ apiVersion: 'wherry.io/v1alpha1', kind: 'Stage', metadata: { name }, spec });
const pod = { resourceRef: { kind: 'Pod' } };
const gone = { delete: true };
const read = (...texts: string[]) => readStages(files(texts.join('\n---\n')), ['s.yaml']);

describe('a file of stages', () => {
  it.each([
    ['{', 's.yaml, document 1 (line 1): yaml: line 1'],
    ['[]', 's.yaml, document 1 (line 1): must be an object'],
    ['{ "apiVersion": "v1" }', 'apiVersion: must be wherry.io/v1alpha1'],
    ['{ "apiVersion": "wherry.io/v1alpha1", "kind": "Pod" }', 'kind: must be Stage'],
    [stage({ next: gone }), 'spec.resourceRef: is needed'],
    [
      stage({ resourceRef: { kind: 'Job' }, next: gone }),
      'spec.resourceRef.kind: must be one of Pod, Node',
    ],
    [stage(pod), 'spec.next: is needed'],
    [stage({ ...pod, next: {} }), 'spec.next: says nothing'],
    [stage({ ...pod, next: gone, wait: 1 }), 'spec.wait: there is no such field'],
    [
      stage({ ...pod, next: gone, delay: { durationMilliseconds: '5' } }),
      'spec.delay.durationMilliseconds: must be a whole number',
    ],
    [stage({ ...pod, next: gone, weight: 0 }), 'spec.weight: must be a whole number from 1'],
    [
      stage({ ...pod, next: { heartbeats: false } }),
      'spec.next.heartbeats: is for stages of Nodes',
    ],
    [
      stage({ ...pod, next: { status: { phase: 'Running' } } }),
      'spec.next.status.phase: must be Failed',
    ],
    [
      stage({ ...pod, next: { status: { conditions: [{}] } } }),
      'spec.next.status.conditions: must be a list',
    ],
    [
      stage({ ...pod, next: { containers: [{ name: 'c' }] } }),
      'spec.next.containers[0]: needs either exit or ready',
    ],
    [
      stage({ ...pod, next: { containers: [{ exit: { code: 256 } }] } }),
      'spec.next.containers[0].exit.code: must be',
    ],
    [
      stage({
        ...pod,
        next: gone,
        selector: { matchExpressions: [{ key: '.a', operator: 'In' }] },
      }),
      'spec.selector.matchExpressions[0].values: is needed with In',
    ],
    [
      stage({ ...pod, next: gone, selector: { matchLabels: { a: 1 } } }),
      'spec.selector.matchLabels["a"]: must be a text',
    ],
    [
      `${stage({ ...pod, next: gone })}\n---\n${stage({ ...pod, next: gone })}`,
      's.yaml, document 2 (line 3): metadata.name: s.yaml, document 1',
    ],
  ])('%j is refused', async (text, says) => {
    await expect(read(text)).rejects.toThrow(says);
  });

  it('that is not there is named', async () => {
    await expect(readStages(files(''), ['none'])).rejects.toThrow('none: there is no such file');
  });

  it('of the examples is one', async () => {
    expect((await readStages(realDisk, ['examples/stages/failures.yaml'])).length).toBe(5);
  });
});

describe('the engine', () => {
  const object = (labels: Record<string, string>, uid = 'u'): Pod =>
    ({ metadata: { name: 'p', uid, labels }, spec: {}, status: { phase: 'Running' } }) as never;
  const running = {
    matchExpressions: [{ key: '.status.phase', operator: 'In', values: ['Running'] }],
  };

  async function run(...specs: object[]) {
    const time = new FakeClock();
    const came: string[] = [];
    const stages = await read(
      ...specs.map((spec, i) => stage({ ...pod, next: gone, ...spec }, `s${i}`)),
    );
    const engine = new StageEngine<Pod>({
      ...{ stages, clock: time, random: new SeededRandom(1) },
      apply: ({ name }) => void came.push(name),
    });
    return { time, came, engine };
  }

  it('lets a stage come after its delay, and again only after a pause', async () => {
    const on = { matchLabels: { on: 'yes' } };
    const { time, came, engine } = await run({
      selector: on,
      delay: { durationMilliseconds: 1000 },
    });
    engine.seen(object({ on: 'yes' }));
    await time.advance(999);
    expect(came).toEqual([]);
    engine.seen(object({ on: 'yes', other: 'label' }));
    await time.advance(1);
    expect(came).toEqual(['s0']);
    engine.seen(object({ on: 'yes' }));
    await time.advance(5000);
    expect(came).toEqual(['s0']);
    engine.seen(object({ on: 'no' }));
    engine.seen(object({ on: 'yes' }));
    await time.advance(1000);
    expect(came).toEqual(['s0', 's0']);
  });

  it('forgets what stopped matching or is gone', async () => {
    const { time, came, engine } = await run({
      selector: { matchLabels: { on: 'yes' } },
      delay: { durationMilliseconds: 10 },
    });
    engine.seen(object({ on: 'yes' }));
    engine.seen(object({ on: 'no' }));
    engine.seen(object({ on: 'yes' }, 'other'));
    engine.gone(object({ on: 'yes' }, 'other'));
    await time.advance(100);
    expect([came, time.timers]).toEqual([[], 0]);
  });

  it('chooses among several by weight', async () => {
    const { time, came, engine } = await run(
      { selector: running, weight: 1 },
      { selector: running, weight: 9 },
    );
    for (let i = 0; i < 200; i++) engine.seen(object({}, `u${i}`));
    await time.advance(0);
    const first = came.slice(0, 200).filter((name) => name === 's1').length;
    expect(first).toBeGreaterThan(150);
    expect(came).toContain('s0');
  });

  it('adds jitter to the delay', async () => {
    const delay = { durationMilliseconds: 1000, jitterDurationMilliseconds: 1000 };
    const { time, came, engine } = await run({ selector: running, delay });
    for (let i = 0; i < 100; i++) engine.seen(object({}, `u${i}`));
    await time.advance(999);
    expect(came).toEqual([]);
    await time.advance(500);
    expect(came.length).toBeGreaterThan(10);
    expect(came.length).toBeLessThan(90);
    await time.advance(501);
    expect(came).toHaveLength(100);
  });
});

describe('an overlay', () => {
  it('goes over conditions by their type, and keeps when they changed', () => {
    const computed = {
      conditions: [{ type: 'Ready', status: 'True', reason: 'A', lastTransitionTime: 't0' }],
      phase: 'x',
    };
    const overlay = withOverlay(
      { conditions: [{ type: 'Disk', status: 'True' }], a: 1 },
      { conditions: [{ type: 'Ready', status: 'False', reason: 'B' }], a: 2 },
    );
    const first = laidOver(computed, overlay, { before: computed, now: 't1' });
    expect(first).toEqual({
      ...{ phase: 'x', a: 2 },
      conditions: [
        { type: 'Disk', status: 'True', lastTransitionTime: 't1' },
        { type: 'Ready', status: 'False', reason: 'B', lastTransitionTime: 't1' },
      ],
    });
    expect(laidOver(computed, overlay, { before: first, now: 't2' })).toEqual(first);
  });
});

describe('a node with stages', () => {
  let parts = new Lifecycle();
  afterEach(async () => {
    await parts.stop();
    parts = new Lifecycle();
  });

  async function node(...texts: string[]): Promise<RestClient> {
    const { client } = await startEmbeddedApi(parts);
    const effects = { client, clock, random, logger, freeze: true };
    const stages = await read(...texts);
    const kubelet = await parts.start(() =>
      startKubelet({ ...effects, stages, node: { name: 'node1' } }),
    );
    await kubelet.ready();
    return client;
  }
  const create = (client: RestClient, metadata: object = {}) =>
    client.create(pods, {
      metadata: { namespace: 'default', name: 'p', ...metadata },
      spec: { nodeName: 'node1', containers: [{ name: 'c', image: 'x' }] },
    });
  const ready = {
    matchExpressions: [{ key: '.status.phase', operator: 'In', values: ['Running'] }],
  };

  it('ends containers, which restart, and says so in events', async () => {
    const exit = { code: 137, reason: 'OOMKilled' };
    const event = { type: 'Warning', reason: 'Chaos', message: 'as asked' };
    const client = await node(
      stage({ ...pod, selector: ready, next: { event, containers: [{ name: 'c', exit }] } }),
    );
    await create(client);
    const [after] = await eventually(
      client,
      pods,
      ([each]: readonly Pod[]) => each?.status?.containerStatuses?.[0]?.restartCount === 1,
    );
    expect(after!.status!.containerStatuses![0]!.lastState).toMatchObject({
      terminated: { exitCode: 137, reason: 'OOMKilled' },
    });
    await eventually(client, events, (items) => items.some(({ reason }) => reason === 'Chaos'));
  });

  it('fails pods, with reason and message, for good', async () => {
    const status = { phase: 'Failed', reason: 'Evicted', message: 'gone' };
    const client = await node(stage({ ...pod, selector: ready, next: { status } }));
    await create(client);
    const [after] = await eventually(
      client,
      pods,
      ([each]: readonly Pod[]) => each?.status?.phase === 'Failed',
    );
    expect(after!.status).toMatchObject(status);
    expect(after!.status!.containerStatuses![0]!.state).toHaveProperty('terminated');
  });

  it('writes metadata, takes finalizers away and deletes', async () => {
    const client = await node(
      stage(
        {
          ...pod,
          selector: ready,
          next: { annotations: { a: 'b' }, finalizers: { add: ['x.io/one'] }, delete: true },
        },
        'one',
      ),
      stage(
        {
          ...pod,
          selector: {
            matchAnnotations: { a: 'b' },
            matchExpressions: [{ key: '.metadata.deletionTimestamp', operator: 'Exists' }],
          },
          next: { finalizers: { empty: true } },
        },
        'two',
      ),
    );
    await create(client);
    await eventually(client, pods, (items) => items.length === 0);
  });

  it('says of itself what a stage says', async () => {
    const status = { conditions: [{ type: 'DiskPressure', status: 'True', reason: 'Full' }] };
    const client = await node(
      stage({
        resourceRef: { kind: 'Node' },
        selector: { matchLabels: { disk: 'full' } },
        next: { status },
      }),
    );
    const body = { metadata: { labels: { disk: 'full' } } };
    await client.patch(nodes, { name: 'node1' }, { type: 'application/merge-patch+json', body });
    const pressed = ([each]: readonly Node[]) =>
      each?.status?.conditions?.some(
        ({ type, status: value }) => type === 'DiskPressure' && value === 'True',
      ) === true;
    await eventually(client, nodes, pressed);
  });
});
