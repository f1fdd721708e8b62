/** Images that are missing, and images that change, on a hollow node. */
import { afterEach, describe, expect, it } from 'vitest';
import { events, pods } from '../api/resources.ts';
import type { Pod, PodSpec } from '../api/types/core-v1.ts';
import type { RestClient } from '../client/rest.ts';
import { Lifecycle } from '../platform/lifecycle.ts';
import { silentLogger as logger } from '../platform/logger.ts';
import { realRandom as random } from '../platform/node/random.ts';
import { eventually, startEmbeddedApi } from '../test/support/embedded-api.ts';
import { FakeClock } from '../test/support/fake-clock.ts';
import { startKubelet } from './kubelet.ts';

let parts = new Lifecycle();
afterEach(async () => {
  await parts.stop();
  parts = new Lifecycle();
});

const ref = { namespace: 'default', name: 'web' };
const WRONG = 'nginx:1.161';
const wrong = { annotations: { 'wherry.io/missing-images': `example.org/*, ${WRONG}` } };

async function withPod(image: string, { annotations = {} } = {}, more: Partial<PodSpec> = {}) {
  const { client } = await startEmbeddedApi(parts);
  const clock = new FakeClock();
  const node = { name: 'node1' };
  const kubelet = await parts.start(() =>
    startKubelet({ client, clock, random, logger, node, freeze: true }),
  );
  await kubelet.ready();
  await client.create(pods, {
    metadata: { ...ref, annotations },
    spec: { nodeName: 'node1', containers: [{ name: 'c', image }], ...more },
  });
  return { client, clock };
}

const statusOf = (pod: Pod | undefined) => pod?.status?.containerStatuses?.[0];

async function untilState(client: RestClient, holds: (pod: Pod) => boolean): Promise<Pod> {
  const [pod] = await eventually(client, pods, ([each]) => each !== undefined && holds(each));
  return pod!;
}

const waitsFor = (client: RestClient, reason: string): Promise<Pod> =>
  untilState(client, (pod) => statusOf(pod)?.state?.waiting?.reason === reason);

async function setImage(client: RestClient, image: string): Promise<void> {
  const body = { spec: { containers: [{ name: 'c', image }] } };
  await client.patch(pods, ref, { type: 'application/strategic-merge-patch+json', body });
}

/** What was told of the container, as often as it was, in the order of the texts. */
async function told(client: RestClient, last: RegExp): Promise<readonly string[]> {
  const heard = await eventually(client, events, (items) =>
    items.some(({ message }) => last.test(message ?? '')),
  );
  const own = heard.filter(({ involvedObject }) => involvedObject.kind === 'Pod');
  return own.map(({ reason, message }) => `${reason}: ${message}`).sort();
}

describe('an image that is missing', () => {
  it('is told of and waited for as kubelets do', async () => {
    const { client, clock } = await withPod(WRONG, wrong);
    const failed = await waitsFor(client, 'ErrImagePull');
    const why = statusOf(failed)!.state!.waiting!.message!;
    expect(why).toMatch(/"docker.io\/library\/nginx:1.161": .*: not found$/);
    expect(failed.status).toMatchObject({ phase: 'Pending' });
    await clock.advance(1000);
    const waiting = await waitsFor(client, 'ImagePullBackOff');
    expect(statusOf(waiting)).toMatchObject({
      ...{ imageID: '', ready: false, restartCount: 0 },
      state: { waiting: { message: `Back-off pulling image "${WRONG}": ErrImagePull: ${why}` } },
    });
    expect(await told(client, /ImagePullBackOff/)).toEqual([
      `BackOff: Back-off pulling image "${WRONG}"`,
      'Failed: Error: ErrImagePull',
      'Failed: Error: ImagePullBackOff',
      `Failed: Failed to pull image "${WRONG}": ${why}`,
      `Pulling: Pulling image "${WRONG}"`,
    ]);
  });

  it('is asked for after 10 s, then twice as long, until it is there', async () => {
    const { client, clock } = await withPod(WRONG, wrong);
    await waitsFor(client, 'ErrImagePull');
    await clock.advance(10_000);
    await waitsFor(client, 'ErrImagePull');
    const body = { metadata: { annotations: { 'wherry.io/missing-images': 'nginx:2' } } };
    await client.patch(pods, ref, { type: 'application/merge-patch+json', body });
    await clock.advance(19_000);
    await waitsFor(client, 'ImagePullBackOff');
    await clock.advance(1000);
    await clock.advance(0);
    const running = await untilState(client, (pod) => pod.status?.phase === 'Running');
    expect(statusOf(running)).toMatchObject({ ready: true, restartCount: 0 });
  });

  it('is not asked for if its policy is Never', async () => {
    const containers = [{ name: 'c', image: 'example.org/a', imagePullPolicy: 'Never' }];
    const { client } = await withPod('', wrong, { containers });
    const pod = await waitsFor(client, 'ErrImageNeverPull');
    const message = 'Container image "example.org/a" is not present with pull policy of Never';
    expect(statusOf(pod)!.state!.waiting!.message).toBe(message);
  });

  it('is mended by another', async () => {
    const { client } = await withPod(WRONG, wrong);
    await waitsFor(client, 'ErrImagePull');
    await setImage(client, 'nginx:1.27');
    const running = await untilState(client, (pod) => pod.status?.phase === 'Running');
    expect(statusOf(running)).toMatchObject({ image: 'nginx:1.27', restartCount: 0 });
  });
});

describe('an image that changes while its container runs', () => {
  it('has the container restarted, whatever its policy', async () => {
    const { client, clock } = await withPod('a', {}, { restartPolicy: 'Never' });
    const before = await untilState(client, (pod) => pod.status?.phase === 'Running');
    await setImage(client, 'b');
    await told(client, /Container c definition changed, will be restarted/);
    await clock.advance(1000);
    const after = await untilState(client, (pod) => statusOf(pod)?.restartCount === 1);
    expect(statusOf(after)).toMatchObject({
      image: 'b',
      state: { running: {} },
      lastState: { terminated: { containerID: statusOf(before)!.containerID } },
    });
  });
});
