/** A hollow node under pressure, against a real API server; time is moved by hand. */
import { afterEach, describe, expect, it } from 'vitest';
import { events, nodes, pods } from '../../api/resources.ts';
import type { Node, Pod } from '../../api/types/core-v1.ts';
import type { Client } from '../../client/interface.ts';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { silentLogger as logger } from '../../platform/logger.ts';
import { Metrics } from '../../platform/metrics/metrics.ts';
import { metricsText } from '../../platform/metrics/text.ts';
import { realRandom as random } from '../../platform/node/random.ts';
import { eventually, startEmbeddedApi } from '../../test/support/embedded-api.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { startKubelet } from '../kubelet.ts';

let parts = new Lifecycle();
afterEach(async () => {
  await parts.stop();
  parts = new Lifecycle();
});

const addPod = (client: Client, name: string, memory?: string): Promise<Pod> =>
  client.create(pods, {
    metadata: {
      ...{ namespace: 'default', name },
      ...(memory === undefined ? {} : { annotations: { 'wherry.io/memory-usage': memory } }),
    },
    spec: { nodeName: 'node1', containers: [{ name: 'c', image: 'nginx' }] },
  });

const condition = (node: Node | undefined, type: string) =>
  node?.status?.conditions?.find((each) => each.type === type);
const named = (items: readonly Pod[], name: string) =>
  items.find(({ metadata }) => metadata.name === name);

describe('a pod that takes more of the disk than it may', () => {
  it('is evicted, and not for others’ sake', async () => {
    const { client } = await startEmbeddedApi(parts);
    const clock = new FakeClock();
    const options = { client, clock, random, logger, node: { name: 'node1' }, freeze: true };
    const kubelet = await parts.start(() => startKubelet(options));
    await kubelet.ready();
    const limits = { 'ephemeral-storage': '1Gi' };
    const add = (name: string, usage: string): Promise<Pod> =>
      client.create(pods, {
        metadata: {
          ...{ namespace: 'default', name },
          annotations: { 'wherry.io/ephemeral-storage-usage': usage },
        },
        spec: {
          nodeName: 'node1',
          containers: [{ name: 'c', image: 'nginx', resources: { limits } }],
        },
      });
    await add('modest', '1Gi');
    await add('greedy', '1100Mi');
    await eventually(client, pods, (items) =>
      items.every(({ status }) => status?.phase === 'Running'),
    );
    await clock.advance(11_000);
    const seen = await eventually(
      client,
      pods,
      (items) => named(items, 'greedy')?.status?.phase === 'Failed',
    );
    expect(named(seen, 'modest')?.status?.phase).toBe('Running');
    const { reason, message, conditions } = named(seen, 'greedy')!.status!;
    expect({ reason, message }).toEqual({
      reason: 'Evicted',
      message: 'Pod ephemeral local storage usage exceeds the total limit of containers 1Gi. ',
    });
    expect(conditions?.find(({ type }) => type === 'DisruptionTarget')).toBeUndefined();
  });
});

describe('a node that runs out of memory', () => {
  it('evicts a pod, keeps others out, and recovers', async () => {
    const { client } = await startEmbeddedApi(parts);
    const clock = new FakeClock();
    const node = { name: 'node1', capacity: { memory: '1Gi' } };
    const metrics = new Metrics();
    const options = { client, clock, random, logger, node, metrics, freeze: true };
    const kubelet = await parts.start(() => startKubelet(options));
    await kubelet.ready();
    await addPod(client, 'modest', '100Mi');
    await addPod(client, 'greedy', '900Mi');
    await eventually(client, pods, (items) =>
      items.every(({ status }) => status?.phase === 'Running'),
    );
    await clock.advance(11_000);
    const failed = await eventually(
      client,
      pods,
      (items) => named(items, 'greedy')?.status?.phase === 'Failed',
    );
    expect(named(failed, 'modest')?.status?.phase).toBe('Running');
    const greedy = named(failed, 'greedy')!.status!;
    expect(greedy).toMatchObject({
      reason: 'Evicted',
      message:
        'The node was low on resource: memory. Threshold quantity: 100Mi, available: 24Mi. ' +
        'Container c was using 900Mi, request is 0, has larger consumption of memory. ',
    });
    expect(greedy.conditions?.find(({ type }) => type === 'DisruptionTarget')).toMatchObject({
      ...{ status: 'True', reason: 'TerminationByKubelet' },
    });
    expect(metricsText(metrics)).toContain(
      '\nkubelet_evictions{eviction_signal="memory.available"} 1\n',
    );
    const [pressed] = await eventually(
      client,
      nodes,
      ([each]) => condition(each, 'MemoryPressure')?.status === 'True',
    );
    expect(condition(pressed, 'MemoryPressure')?.reason).toBe('KubeletHasInsufficientMemory');
    expect(condition(pressed, 'Ready')?.status).toBe('True');
    await addPod(client, 'late');
    const refused = await eventually(
      client,
      pods,
      (items) => named(items, 'late')?.status?.phase === 'Failed',
    );
    expect(named(refused, 'late')?.status).toMatchObject({
      ...{ reason: 'Evicted' },
      message: 'Pod was rejected: The node had condition: [MemoryPressure]. ',
    });
    for (let beats = 0; beats < 32; beats++) await clock.advance(10_500);
    await eventually(
      client,
      nodes,
      ([each]) => condition(each, 'MemoryPressure')?.status === 'False',
    );
    const told = (items: readonly { reason?: string }[], reason: string): boolean =>
      items.some((each) => each.reason === reason);
    await eventually(client, events, (items) =>
      [
        ...['Evicted', 'EvictionThresholdMet'],
        ...['NodeHasInsufficientMemory', 'NodeHasSufficientMemory'],
      ].every((reason) => told(items, reason)),
    );
  });
});
