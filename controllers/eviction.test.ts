/**
 * Silent nodes, taints, vanished nodes and evictions that did not happen, against a real API
 * server under a clock of our own.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  events,
  leases,
  nodes,
  podDisruptionBudgets,
  pods,
  serviceAccounts,
} from '../api/resources.ts';
import { formatMicroTime, formatTime } from '../api/time.ts';
import type { Pod, PodCondition, Taint, Toleration } from '../api/types/core-v1.ts';
import type { RestClient } from '../client/rest.ts';
import { Lifecycle } from '../platform/lifecycle.ts';
import { type FakeClock, settle } from '../test/support/fake-clock.ts';
import { startSteppedControllers } from '../test/support/stepped-controllers.ts';

let parts: Lifecycle;
let clock: FakeClock;
let client: RestClient;

const names = [
  ...['node-lifecycle-controller', 'taint-eviction-controller', 'podgc'],
  'disruption-controller',
];

beforeEach(async () => {
  parts = new Lifecycle();
  ({ clock, client } = await startSteppedControllers(parts, {
    controllers: names,
    resourceTypes: [pods, nodes, leases, podDisruptionBudgets],
  }));
  const metadata = { namespace: 'default', name: 'default' };
  await client.create(serviceAccounts, { metadata });
});

afterEach(() => parts.stop());

async function addNode(name: string): Promise<void> {
  await client.create(nodes, { metadata: { name }, spec: {} });
  const condition = { type: 'Ready', status: 'True', reason: 'KubeletReady', message: '' };
  const body = { status: { conditions: [condition] } };
  const type = 'application/strategic-merge-patch+json';
  await client.patch(nodes, { name }, { type, body, subresource: 'status' });
  await client.create(leases, { metadata: { namespace: 'kube-node-lease', name }, spec: {} });
}

async function addPod(name: string, nodeName: string, more: object = {}): Promise<void> {
  const container = { name: 'main', image: 'img' };
  const metadata = { namespace: 'default', name, finalizers: ['test/keep'] };
  await client.create(pods, { metadata, spec: { nodeName, containers: [container], ...more } });
}

/** Lets time pass while these nodes go on renewing their leases. */
async function pass(seconds: number, living: readonly string[] = []): Promise<void> {
  for (let left = seconds; left > 0; left -= 10) {
    for (const name of living) {
      const body = { spec: { renewTime: formatMicroTime(clock.now()) } };
      const type = 'application/merge-patch+json';
      await client.patch(leases, { namespace: 'kube-node-lease', name }, { type, body });
    }
    await clock.advance(Math.min(left, 10) * 1000);
  }
  await settle();
}

/** The server may wait for its cache to follow the store: that takes time too. */
async function answer<T>(call: Promise<T>): Promise<T> {
  await clock.advance(200);
  return call;
}

const podOf = (name: string): Promise<Pod> =>
  answer(client.get(pods, { namespace: 'default', name }));
const deleting = async (name: string): Promise<boolean> =>
  (await podOf(name)).metadata.deletionTimestamp !== undefined;
const disruption = async (name: string): Promise<string | undefined> =>
  (await podOf(name)).status?.conditions?.find(({ type }) => type === 'DisruptionTarget')?.reason;
const taintsOf = async (name: string): Promise<readonly string[]> =>
  ((await answer(client.get(nodes, { name }))).spec?.taints ?? []).map(
    ({ key, effect }) => `${key}:${effect}`,
  );

async function taint(name: string, ...taints: Taint[]): Promise<void> {
  const type = 'application/merge-patch+json';
  await client.patch(nodes, { name }, { type, body: { spec: { taints } } });
}

describe('the pods of a silent node', () => {
  beforeEach(() => Promise.all(['a', 'b', 'c'].map(addNode)));

  it('stay for the five minutes they tolerate, then go', async () => {
    await addPod('web', 'a');
    const tolerations: Toleration[] = [{ operator: 'Exists' }];
    await addPod('agent', 'a', { tolerations });
    await pass(60, ['b', 'c']);
    expect(await taintsOf('a')).toEqual([
      'node.kubernetes.io/unreachable:NoSchedule',
      'node.kubernetes.io/unreachable:NoExecute',
    ]);
    await pass(290, ['b', 'c']);
    expect(await deleting('web')).toBe(false);
    await pass(20, ['b', 'c']);
    expect(await deleting('web')).toBe(true);
    expect(await disruption('web')).toBe('DeletionByTaintManager');
    expect(await deleting('agent')).toBe(false);
  });

  it('stay when the node is heard of again', async () => {
    await addPod('web', 'a');
    await pass(60, ['b', 'c']);
    const condition = { type: 'Ready', status: 'True', lastHeartbeatTime: '2023-11-15T00:00:00Z' };
    const type = 'application/strategic-merge-patch+json';
    const body = { status: { conditions: [condition] } };
    await client.patch(nodes, { name: 'a' }, { type, body, subresource: 'status' });
    await pass(400, ['a', 'b', 'c']);
    expect(await taintsOf('a')).toEqual([]);
    expect(await deleting('web')).toBe(false);
    const told = (await answer(client.list(events))).items.map(({ message }) => message);
    expect(told).toContain('Cancelling deletion of Pod default/web');
  });

  it('stay when every node is silent: it is the manager who is cut off', async () => {
    await addPod('web', 'a');
    await pass(700);
    expect(await taintsOf('a')).toEqual(['node.kubernetes.io/unreachable:NoSchedule']);
    expect(await deleting('web')).toBe(false);
  });
});

describe('a NoExecute taint', () => {
  const maintenance: Taint = { key: 'maintenance', effect: 'NoExecute' };
  beforeEach(() => addNode('a'));

  it('evicts at once, after a time, or never, as pods tolerate it', async () => {
    const tolerating = (more: object): object => ({
      tolerations: [{ key: 'maintenance', operator: 'Exists', ...more }],
    });
    await addPod('now', 'a');
    await addPod('later', 'a', tolerating({ effect: 'NoExecute', tolerationSeconds: 30 }));
    await addPod('never', 'a', tolerating({}));
    await taint('a', maintenance);
    await pass(1, ['a']);
    expect(await deleting('now')).toBe(true);
    expect(await deleting('later')).toBe(false);
    await pass(31, ['a']);
    expect(await deleting('later')).toBe(true);
    expect(await deleting('never')).toBe(false);
  });

  it('that is taken away in time evicts nobody', async () => {
    const toleration = { key: 'maintenance', operator: 'Exists', effect: 'NoExecute' };
    await addPod('later', 'a', { tolerations: [{ ...toleration, tolerationSeconds: 30 }] });
    await taint('a', maintenance);
    await pass(20, ['a']);
    await taint('a');
    await pass(40, ['a']);
    expect(await deleting('later')).toBe(false);
  });
});

describe('the pod garbage collector', () => {
  beforeEach(() => Promise.all(['a', 'b'].map(addNode)));

  it('removes the pods of a node that stays away', async () => {
    await addPod('web', 'a');
    await client.delete(nodes, { name: 'a' });
    await pass(30, ['b']);
    expect(await deleting('web')).toBe(false);
    await pass(15, ['b']);
    expect(await podOf('web')).toMatchObject({
      metadata: { deletionGracePeriodSeconds: 0 },
      status: { phase: 'Failed' },
    });
    expect(await disruption('web')).toBe('DeletionByPodGC');
  });

  it('leaves the pods of a node that came back', async () => {
    await addPod('web', 'a');
    await client.delete(nodes, { name: 'a' });
    await pass(30, ['b']);
    await client.create(nodes, { metadata: { name: 'a' }, spec: {} });
    await pass(60, ['b']);
    expect(await deleting('web')).toBe(false);
  });

  it('ends what terminates on a node that is out of service', async () => {
    await addPod('web', 'a', { tolerations: [{ operator: 'Exists' }] });
    await pass(60, ['b']);
    await client.delete(pods, { namespace: 'default', name: 'web' });
    await pass(60, ['b']);
    expect((await podOf('web')).metadata.deletionGracePeriodSeconds).toBe(30);
    const old = (await answer(client.get(nodes, { name: 'a' }))).spec?.taints ?? [];
    await taint('a', ...old, { key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' });
    await pass(1, ['b']);
    expect(await podOf('web')).toMatchObject({
      metadata: { deletionGracePeriodSeconds: 0 },
      status: { phase: 'Failed' },
    });
  });
});

describe('an eviction that nobody carried out', () => {
  const named = (name: string) => ({ namespace: 'default', name });
  const disrupted = async (name: string, reason: string): Promise<void> => {
    const type = 'application/strategic-merge-patch+json';
    const lastTransitionTime = formatTime(clock.now());
    const condition = { type: 'DisruptionTarget', status: 'True', reason, lastTransitionTime };
    const body = { status: { conditions: [condition] } };
    await client.patch(pods, named(name), { type, body, subresource: 'status' });
  };
  const conditionOf = async (name: string): Promise<PodCondition | undefined> =>
    (await podOf(name)).status?.conditions?.find(({ type }) => type === 'DisruptionTarget');
  beforeEach(async () => {
    await addNode('a');
    await addPod('web', 'a');
  });

  it('is no longer told of the pod after two minutes, unless its kubelet means it', async () => {
    await addPod('pressed', 'a');
    await disrupted('web', 'EvictionByEvictionAPI');
    await disrupted('pressed', 'TerminationByKubelet');
    await pass(110, ['a']);
    expect(await conditionOf('web')).toMatchObject({ status: 'True' });
    await pass(20, ['a']);
    const taken = await conditionOf('web');
    expect(taken).toMatchObject({ status: 'False', observedGeneration: 1 });
    expect(taken?.reason).toBeUndefined();
    await pass(60, ['a']);
    expect(await conditionOf('pressed')).toMatchObject({ status: 'True' });
  });

  it('no longer counts for its budget, with an event', async () => {
    const metadata = named('all');
    await client.create(podDisruptionBudgets, { metadata, spec: { selector: {} } });
    const type = 'application/merge-patch+json';
    const body = { status: { disruptedPods: { web: formatTime(clock.now()) } } };
    await client.patch(podDisruptionBudgets, metadata, { type, body, subresource: 'status' });
    await pass(110, ['a']);
    const budget = () => answer(client.get(podDisruptionBudgets, metadata));
    expect(Object.keys((await budget()).status?.disruptedPods ?? {})).toEqual(['web']);
    await pass(20, ['a']);
    expect((await budget()).status?.disruptedPods).toBeUndefined();
    const told = (await answer(client.list(events))).items;
    expect(told.find(({ reason }) => reason === 'NotDeleted')).toMatchObject({
      involvedObject: { kind: 'Pod', name: 'web' },
      message: "Pod was expected by PDB default/all to be deleted but it wasn't",
    });
  });

  it('is told of, where it has several budgets', async () => {
    for (const name of ['all', 'every'])
      await client.create(podDisruptionBudgets, { metadata: named(name), spec: { selector: {} } });
    await pass(10, ['a']);
    await addPod('shared', 'a');
    await pass(10, ['a']);
    const told = (await answer(client.list(events))).items;
    expect(told.filter(({ reason }) => reason === 'MultiplePodDisruptionBudgets')).toMatchObject([
      {
        involvedObject: { kind: 'Pod', name: 'shared' },
        message: expect.stringMatching(
          /^Pod "default"\/"shared" matches multiple PodDisruptionBudgets. {2}Chose "(all|every)" arbitrarily\.$/,
        ) as string,
      },
    ]);
  });
});
