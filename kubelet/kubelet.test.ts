/** Hollow nodes against a real API server in the same process; their time is moved by hand. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { KubernetesList } from '../api/meta.ts';
import { events, leases, nodes, pods } from '../api/resources.ts';
import type { ContainerStatus, Pod, PodSpec } from '../api/types/core-v1.ts';
import type { Client } from '../client/interface.ts';
import type { RestClient } from '../client/rest.ts';
import { JsonValue, type HttpHandler } from '../platform/net/http.ts';
import { Lifecycle } from '../platform/lifecycle.ts';
import { silentLogger as logger } from '../platform/logger.ts';
import { realRandom as random } from '../platform/node/random.ts';
import { eventually, startEmbeddedApi } from '../test/support/embedded-api.ts';
import { FakeClock } from '../test/support/fake-clock.ts';
import {
  KubeletOptionsError,
  startKubelet,
  startKubelets,
  type KubeletNode,
  type RunningKubelets,
} from './kubelet.ts';

let parts = new Lifecycle();
afterEach(async () => {
  await parts.stop();
  parts = new Lifecycle();
});

async function run(
  client: Client,
  clock = new FakeClock(),
  names: readonly KubeletNode[] = [{ name: 'node1' }],
): Promise<RunningKubelets> {
  const kubelets = await parts.start(() =>
    startKubelets({ client, clock, random, logger, nodes: names, freeze: true }),
  );
  await kubelets.ready();
  return kubelets;
}

interface Sketch extends Partial<PodSpec> {
  readonly annotations?: Record<string, string>;
}

/** Bound to node1, as if a scheduler had done it. */
function addPod(client: Client, name: string, sketch: Sketch = {}): Promise<Pod> {
  const { annotations = {}, ...spec } = sketch;
  return client.create(pods, {
    metadata: { namespace: 'default', name, annotations },
    spec: { nodeName: 'node1', containers: [{ name: 'c', image: 'nginx' }], ...spec },
  });
}

const ref = (name: string) => ({ namespace: 'default', name });
const hasPhase = (phase: string) => (items: readonly Pod[]) =>
  items.length > 0 && items.every(({ status }) => status?.phase === phase);
const container = (pod: Pod | undefined): ContainerStatus => pod!.status!.containerStatuses![0]!;
const conditions = (pod: Pod | undefined) =>
  Object.fromEntries((pod?.status?.conditions ?? []).map(({ type, status }) => [type, status]));

/** Counts requests by method and path, names left out. */
function counting(counts: Map<string, number>) {
  return (next: HttpHandler): HttpHandler =>
    (request) => {
      const what = `${request.method} ${request.path.replace(/(pods|nodes)\/[^/]+/, '$1/x')}`;
      counts.set(what, (counts.get(what) ?? 0) + 1);
      return next(request);
    };
}

async function remove(client: RestClient, name: string, seconds?: number): Promise<void> {
  const grace = seconds === undefined ? {} : { gracePeriodSeconds: seconds };
  await client.delete(pods, ref(name), grace);
}

describe('a node', () => {
  it('registers, is ready at once and keeps its Lease', async () => {
    const { client } = await startEmbeddedApi(parts);
    const clock = new FakeClock();
    await run(client, clock, [{ name: 'node1', labels: { disk: 'ssd' } }, { name: 'node2' }]);
    const [one, two] = (await client.list(nodes)).items;
    expect(one).toMatchObject({
      metadata: {
        labels: { 'kubernetes.io/hostname': 'node1', 'kubernetes.io/os': 'linux', disk: 'ssd' },
      },
      spec: { podCIDR: '10.244.1.0/24' },
      status: {
        capacity: { cpu: '4', memory: '8Gi', pods: '110' },
        addresses: [
          { type: 'InternalIP', address: '172.18.0.2' },
          { type: 'Hostname', address: 'node1' },
        ],
      },
    });
    const ready = one!.status!.conditions!.find(({ type }) => type === 'Ready');
    expect(ready).toMatchObject({ status: 'True', reason: 'KubeletReady' });
    expect(two?.spec.podCIDR).toBe('10.244.2.0/24');
    const held = await eventually(client, leases, (items) => items.length === 2);
    expect(held[0]).toMatchObject({
      metadata: {
        namespace: 'kube-node-lease',
        ownerReferences: [{ kind: 'Node', name: 'node1', uid: one!.metadata.uid }],
      },
      spec: { holderIdentity: 'node1', leaseDurationSeconds: 40 },
    });
    await clock.advance(11_000);
    await eventually(client, leases, (items) =>
      items.every(({ spec }, i) => spec.renewTime! > held[i]!.spec.renewTime!),
    );
  });

  it('keeps its Lease while more pods report than may at once', async () => {
    const { client, through } = await startEmbeddedApi(parts);
    let answer = (): void => {};
    const answered = new Promise<void>((resolve) => (answer = resolve));
    let reports = 0;
    const stalled = through((next) => async (request) => {
      if (request.method === 'PUT' && /pods\/[^/]+\/status$/.test(request.path)) {
        reports++;
        await answered;
      }
      return next(request);
    });
    const clock = new FakeClock();
    await run(stalled, clock);
    const [before] = await eventually(client, leases, (items) => items.length === 1);
    for (let n = 0; n < 70; n++) await addPod(client, `p${n}`);
    await vi.waitFor(() => expect(reports).toBe(64));
    await clock.advance(11_000);
    await eventually(client, leases, ([lease]) => lease!.spec.renewTime! > before!.spec.renewTime!);
    answer();
  });

  it('takes its Node over after a restart, and says again that it is ready', async () => {
    const { client } = await startEmbeddedApi(parts);
    const first = await run(client);
    await first.stop();
    const [before] = (await client.list(nodes)).items;
    const silent = before!.status!.conditions!.map((each) => ({ ...each, status: 'Unknown' }));
    const marked = { ...before!, status: { ...before!.status, conditions: silent } };
    await client.update(nodes, marked, { subresource: 'status' });
    const clock = new FakeClock();
    await run(client, clock);
    const [after] = (await client.list(nodes)).items;
    expect(after?.metadata.uid).toBe(before?.metadata.uid);
    expect(after?.spec.podCIDR).toBe(before?.spec.podCIDR);
    expect(after?.status?.conditions?.map(({ status }) => status)).toEqual([
      'False',
      'False',
      'False',
      'True',
    ]);
    // While it runs, its next heartbeat puts right what others wrote.
    const again = { ...after!, status: { ...after!.status, conditions: silent } };
    await client.update(nodes, again, { subresource: 'status' });
    await clock.advance(11_000);
    await eventually(client, nodes, ([node]) => node!.status!.conditions![3]!.status === 'True');
  });

  it('refuses options that cannot work', async () => {
    const { client } = await startEmbeddedApi(parts);
    const options = { client, clock: new FakeClock(), random, logger };
    const twice = [{ name: 'a' }, { name: 'a' }];
    await expect(startKubelets({ ...options, nodes: twice })).rejects.toThrow(KubeletOptionsError);
    const node = { name: 'a', podCidr: '10.0.0.0' };
    await expect(startKubelet({ ...options, node })).rejects.toThrow(/no IPv4 range/);
  });
});

describe('a pod', () => {
  it('runs and is ready after one write of its status', async () => {
    const { client, through } = await startEmbeddedApi(parts);
    const counts = new Map<string, number>();
    await run(through(counting(counts)));
    await addPod(client, 'web');
    const [pod] = await eventually(client, pods, hasPhase('Running'));
    expect(pod?.status).toMatchObject({
      hostIP: '172.18.0.2',
      podIP: '10.244.1.2',
      podIPs: [{ ip: '10.244.1.2' }],
      qosClass: 'BestEffort',
      observedGeneration: 1,
    });
    expect(conditions(pod)).toEqual({
      ...{ PodReadyToStartContainers: 'True', Initialized: 'True', Ready: 'True' },
      ...{ ContainersReady: 'True', PodScheduled: 'True' },
    });
    expect(container(pod)).toMatchObject({
      ...{ name: 'c', image: 'nginx', imageID: 'docker.io/library/nginx:latest' },
      ...{ ready: true, started: true, restartCount: 0 },
      containerID: expect.stringMatching(/^wherry:\/\/[0-9a-f]{64}$/) as string,
    });
    const told = await eventually(client, events, (items) =>
      items.some(({ reason }) => reason === 'Started'),
    );
    expect(told.map(({ reason, message }) => `${reason}: ${message}`).sort()).toEqual([
      'Created: Created container: c',
      'Pulled: Container image "nginx" already present on machine',
      'Started: Started container c',
      'Starting: Starting kubelet.',
    ]);
    expect(counts.get('PUT /api/v1/namespaces/default/pods/x/status')).toBe(1);
  });

  it('is resized while it runs', async () => {
    const { client } = await startEmbeddedApi(parts);
    await run(client);
    const asking = (cpu: string) => [
      { name: 'c', image: 'nginx', resources: { requests: { cpu } } },
    ];
    await addPod(client, 'web', { containers: asking('100m') });
    const [pod] = await eventually(client, pods, hasPhase('Running'));
    const having = (cpu: string) => ({
      allocatedResources: { cpu },
      resources: { requests: { cpu } },
      restartCount: 0,
    });
    expect(container(pod)).toMatchObject(having('100m'));
    const larger = { ...pod!, spec: { ...pod!.spec, containers: asking('200m') } };
    await client.update(pods, larger, { subresource: 'resize' });
    const [resized] = await eventually(
      client,
      pods,
      ([each]) => each?.status?.observedGeneration === 2,
    );
    expect(container(resized)).toMatchObject(having('200m'));
    expect(container(resized).containerID).toBe(container(pod).containerID);
  });

  it('waits for its image, its probes and its init containers', async () => {
    const { client } = await startEmbeddedApi(parts);
    const clock = new FakeClock();
    await run(client, clock);
    await addPod(client, 'slow', {
      initContainers: [{ name: 'init', image: 'busybox' }],
      annotations: {
        'init.wherry.io/run-seconds': '2',
        'wherry.io/start-seconds': '3',
        'wherry.io/ready-seconds': '4',
      },
    });
    const [first] = await eventually(client, pods, ([pod]) => pod?.status?.podIP !== undefined);
    expect(first?.status).toMatchObject({
      phase: 'Pending',
      containerStatuses: [{ state: { waiting: { reason: 'PodInitializing' } } }],
    });
    expect(first?.status?.conditions?.find(({ type }) => type === 'Initialized')).toMatchObject({
      status: 'False',
      reason: 'ContainersNotInitialized',
      message: 'containers with incomplete status: [init]',
    });
    await clock.advance(2500);
    await eventually(client, pods, ([pod]) => conditions(pod)['Initialized'] === 'True');
    await clock.advance(3000);
    const [unready] = await eventually(client, pods, hasPhase('Running'));
    expect(unready?.status?.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({
      status: 'False',
      reason: 'ContainersNotReady',
      message: 'containers with unready status: [c]',
    });
    await clock.advance(5000);
    await eventually(client, pods, ([pod]) => conditions(pod)['Ready'] === 'True');
  });

  it('succeeds or fails when its containers end and do not restart', async () => {
    const { client } = await startEmbeddedApi(parts);
    await run(client);
    const annotations = { 'wherry.io/exit-code': '3' };
    await addPod(client, 'bad', { restartPolicy: 'Never', annotations });
    const [bad] = await eventually(client, pods, hasPhase('Failed'));
    expect(container(bad).state?.terminated).toMatchObject({ exitCode: 3, reason: 'Error' });
    expect(conditions(bad)).toMatchObject({ Ready: 'False', PodReadyToStartContainers: 'False' });
    await remove(client, 'bad');
    const ends = { 'wherry.io/run-seconds': '0' };
    await addPod(client, 'good', { restartPolicy: 'OnFailure', annotations: ends });
    const [good] = await eventually(client, pods, hasPhase('Succeeded'));
    expect(good?.status?.conditions?.find(({ type }) => type === 'Ready')?.reason).toBe(
      'PodCompleted',
    );
  });

  it('restarts with growing backoffs', async () => {
    const { client } = await startEmbeddedApi(parts);
    const clock = new FakeClock();
    await run(client, clock);
    await addPod(client, 'crash', { annotations: { 'wherry.io/exit-code': '1' } });
    const crashed =
      (restarts: number) =>
      ([pod]: readonly Pod[]) =>
        pod?.status?.containerStatuses?.[0]?.restartCount === restarts;
    const [first] = await eventually(client, pods, crashed(1));
    const { uid } = first!.metadata;
    expect(container(first)).toMatchObject({
      state: {
        waiting: {
          reason: 'CrashLoopBackOff',
          message: `back-off 10s restarting failed container=c pod=crash_default(${uid})`,
        },
      },
      lastState: { terminated: { exitCode: 1 } },
    });
    await clock.advance(10_000);
    await eventually(client, pods, crashed(2));
    await clock.advance(20_000);
    const [third] = await eventually(client, pods, crashed(3));
    expect(container(third).state?.waiting?.message).toContain('back-off 40s');
    await eventually(client, events, (items) =>
      items.some(
        ({ type, reason, message }) =>
          type === 'Warning' &&
          reason === 'BackOff' &&
          message === `Back-off restarting failed container c in pod crash_default(${uid})`,
      ),
    );
  });

  it('is refused when the node has no room for it', async () => {
    const { client } = await startEmbeddedApi(parts);
    await run(client);
    const image = 'nginx';
    const large = [{ name: 'c', image, resources: { requests: { cpu: '5' } } }];
    await addPod(client, 'large', { containers: large });
    const [pod] = await eventually(client, pods, hasPhase('Failed'));
    expect(pod?.status).toMatchObject({
      reason: 'OutOfcpu',
      message:
        "Pod was rejected: Node didn't have enough resource: cpu, " +
        'requested: 5000, used: 0, capacity: 4000',
    });
    expect(pod?.status?.podIP).toBeUndefined();
    await eventually(client, events, (items) => items.some(({ reason }) => reason === 'OutOfcpu'));
  });

  it('fails when its deadline is over', async () => {
    const { client } = await startEmbeddedApi(parts);
    const clock = new FakeClock();
    await run(client, clock);
    await addPod(client, 'late', { activeDeadlineSeconds: 30 });
    await eventually(client, pods, hasPhase('Running'));
    await clock.advance(31_000);
    const [pod] = await eventually(client, pods, hasPhase('Failed'));
    expect(pod?.status?.reason).toBe('DeadlineExceeded');
  });

  it('of a deadline hears when it comes nearer', async () => {
    const { client } = await startEmbeddedApi(parts);
    const clock = new FakeClock();
    await run(client, clock);
    await addPod(client, 'late', { activeDeadlineSeconds: 3600 });
    await eventually(client, pods, hasPhase('Running'));
    await clock.advance(31_000);
    const body = { spec: { activeDeadlineSeconds: 30 } };
    await client.patch(pods, ref('late'), { type: 'application/merge-patch+json', body });
    const isOver = ({ reason }: { reason?: string }) => reason === 'DeadlineExceeded';
    await eventually(client, events, (items) => items.some(isOver));
    await clock.advance(1000);
    await eventually(client, pods, hasPhase('Failed'));
  });
});

describe('deletion', () => {
  it('lets containers end, reports how, and removes the pod', async () => {
    const { client, through } = await startEmbeddedApi(parts);
    const clock = new FakeClock();
    const counts = new Map<string, number>();
    await run(through(counting(counts)), clock);
    await addPod(client, 'web', { annotations: { 'wherry.io/stop-seconds': '5' } });
    await eventually(client, pods, hasPhase('Running'));
    // A finalizer keeps the object where its last status can be seen.
    const type = 'application/merge-patch+json';
    const finalizers = ['test.wherry.io/hold'];
    await client.patch(pods, ref('web'), { type, body: { metadata: { finalizers } } });
    await remove(client, 'web');
    await clock.advance(4000);
    expect((await client.get(pods, ref('web'))).status?.phase).toBe('Running');
    await clock.advance(2000);
    const [ended] = await eventually(client, pods, hasPhase('Succeeded'));
    expect(container(ended).state?.terminated).toMatchObject({ exitCode: 0, reason: 'Completed' });
    await client.patch(pods, ref('web'), { type, body: { metadata: { finalizers: null } } });
    await eventually(client, pods, (items) => items.length === 0);
    await eventually(client, events, (items) => items.some(({ reason }) => reason === 'Killing'));
  });

  it('frees what the pod held, also when the pod is removed by force', async () => {
    const { client } = await startEmbeddedApi(parts);
    const node = { name: 'node1', podCidr: '10.9.0.0/30' };
    await run(client, new FakeClock(), [node]);
    for (const seconds of [undefined, 0]) {
      await addPod(client, 'web', { annotations: { 'wherry.io/stop-seconds': '0' } });
      const [pod] = await eventually(client, pods, hasPhase('Running'));
      // The only address of this range.
      expect(pod?.status?.podIP).toBe('10.9.0.2');
      await remove(client, 'web', seconds);
      await eventually(client, pods, (items) => items.length === 0);
    }
  });
});

describe('a restarted agent', () => {
  it('takes its pods over as they are', async () => {
    const { client, through } = await startEmbeddedApi(parts);
    const clock = new FakeClock();
    const first = await run(client, clock);
    await addPod(client, 'web');
    await addPod(client, 'crash', { annotations: { 'wherry.io/exit-code': '1' } });
    const running = (items: readonly Pod[]): boolean =>
      items.length === 2 &&
      items.every(({ status }) => status?.phase === 'Running') &&
      items[0]!.status!.containerStatuses![0]!.restartCount === 1;
    const before = await eventually(client, pods, running);
    await first.stop();
    const counts = new Map<string, number>();
    await run(through(counting(counts)), clock);
    await addPod(client, 'new');
    const after = await eventually(
      client,
      pods,
      (items) => items.length === 3 && hasPhase('Running')(items),
    );
    expect(after.filter(({ metadata }) => metadata.name !== 'new')).toEqual(before);
    expect(after.find(({ metadata }) => metadata.name === 'new')?.status?.podIP).toBe('10.244.1.4');
    // Only the new pod needed a write.
    expect(counts.get('PUT /api/v1/namespaces/default/pods/x/status')).toBe(1);
  });

  it('does not start a pod twice because of an old list', async () => {
    const { client, through } = await startEmbeddedApi(parts);
    const first = await run(client);
    const created = await addPod(client, 'web');
    const before = await eventually(client, pods, hasPhase('Running'));
    await first.stop();
    // The server's cache is behind: it shows the pod as it was before it ran.
    const behind = through((next) => async (request) => {
      const response = await next(request);
      const isList = request.path === '/api/v1/pods' && request.query.get('watch') === null;
      if (!isList || !(response.body instanceof JsonValue)) return response;
      const list = response.body.value as KubernetesList<Pod>;
      return { ...response, body: new JsonValue({ ...list, items: [created] }) };
    });
    await run(behind);
    await eventually(client, nodes, (items) => items.length === 1);
    await addPod(client, 'new');
    const after = await eventually(
      client,
      pods,
      (items) => items.length === 2 && hasPhase('Running')(items),
    );
    expect(after.find(({ metadata }) => metadata.name === 'web')).toEqual(before[0]);
  });

  it('finishes deletions that were under way', async () => {
    const { client } = await startEmbeddedApi(parts);
    const clock = new FakeClock();
    const first = await run(client, clock);
    await addPod(client, 'slow', { annotations: { 'wherry.io/stop-seconds': '20' } });
    await addPod(client, 'web');
    await eventually(client, pods, (items) => items.length === 2 && hasPhase('Running')(items));
    await remove(client, 'slow');
    await clock.advance(1000);
    await first.stop();
    await remove(client, 'web');
    await addPod(client, 'never-started');
    await remove(client, 'never-started');
    await run(client, clock);
    await clock.advance(21_000);
    await eventually(client, pods, (items) => items.length === 0);
  });

  it('leaves no timer behind', async () => {
    const { client } = await startEmbeddedApi(parts);
    const clock = new FakeClock();
    const kubelets = await run(client, clock);
    await addPod(client, 'web', { annotations: { 'wherry.io/run-seconds': '100' } });
    await eventually(client, pods, hasPhase('Running'));
    expect(clock.timers).toBeGreaterThan(0);
    await kubelets.stop();
    expect(clock.timers).toBe(0);
  });
});

describe('in bad weather', () => {
  it('every pod runs once and every deleted pod goes', async () => {
    const { client, flaky } = await startEmbeddedApi(parts);
    // A fixed sequence: the same faults in each run of the test.
    let seed = 11;
    const draw = (): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    const faults = { draw, refusalRate: 0.1, lostAnswerRate: 0.2, brokenWatchRate: 0.05 };
    const clock = new FakeClock();
    const moving = setInterval(() => void clock.advance(100), 5);
    try {
      await run(flaky(faults), clock);
      for (let i = 0; i < 12; i++) await addPod(client, `p${i}`);
      const ids = new Map<string, string>();
      await eventually(client, pods, (items) => {
        for (const pod of items) {
          const id = pod.status?.containerStatuses?.[0]?.containerID;
          if (id === undefined) continue;
          expect(ids.get(pod.metadata.uid!) ?? id).toBe(id);
          ids.set(pod.metadata.uid!, id);
        }
        return hasPhase('Running')(items) && items.length === 12;
      });
      for (let i = 0; i < 12; i++) await remove(client, `p${i}`);
      await eventually(client, pods, (items) => items.length === 0);
    } finally {
      clearInterval(moving);
    }
  });
});

describe('many nodes in one process', () => {
  it('watch pods once and give every pod an address of its own', async () => {
    const { client, through } = await startEmbeddedApi(parts);
    const counts = new Map<string, number>();
    const names = Array.from({ length: 10 }, (_, i) => ({ name: `node${i + 1}` }));
    await run(through(counting(counts)), new FakeClock(), names);
    for (let i = 0; i < 40; i++) await addPod(client, `p${i}`, { nodeName: `node${(i % 10) + 1}` });
    const items = await eventually(
      client,
      pods,
      (all) => all.length === 40 && hasPhase('Running')(all),
    );
    expect(new Set(items.map(({ status }) => status?.podIP)).size).toBe(40);
    // A list and a watch.
    expect(counts.get('GET /api/v1/pods')).toBe(2);
  });
});
