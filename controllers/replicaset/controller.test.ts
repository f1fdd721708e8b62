import { afterEach, expect, it, vi } from 'vitest';
import { pods, replicaSets, replicationControllers } from '../../api/resources.ts';
import { Indexer } from '../../client/indexer.ts';
import { EXPECTATION_TTL_MS } from '../../client/expectations.ts';
import { InformerFactory } from '../../client/informer-factory.ts';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { silentLogger as logger } from '../../platform/logger.ts';
import { realClock as clock } from '../../platform/node/clock.ts';
import { realRandom as random } from '../../platform/node/random.ts';
import { startEmbeddedApi } from '../../test/support/embedded-api.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { startControllers } from '../manager.ts';
import { ServedTypes } from '../runtime/served-types.ts';
import { replicaSetController } from './controller.ts';

let parts = new Lifecycle();
afterEach(async () => {
  vi.restoreAllMocks();
  await parts.stop();
  parts = new Lifecycle();
});

const namespace = 'default';
const labels = { app: 'web' };

/** Objects that the caches handed out while one pod of a ReplicaSet of `replicas` became ready. */
async function visitedForOnePod(replicas: number): Promise<number> {
  const { client } = await startEmbeddedApi(parts);
  const controllers = await parts.start(() =>
    startControllers({
      ...{ client, clock, random, logger },
      controllers: ['replicaset-controller'],
      resourceTypes: [pods, replicaSets, replicationControllers],
      freeze: true,
    }),
  );
  await controllers.ready();
  const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } };
  await client.create(replicaSets, {
    metadata: { namespace, name: 'web' },
    spec: { replicas, selector: { matchLabels: labels }, template },
  });
  const status = async () => (await client.get(replicaSets, { namespace, name: 'web' })).status;
  const shows = (expected: object): Promise<void> =>
    vi.waitFor(async () => expect(await status()).toMatchObject(expected), { timeout: 20_000 });
  await shows({ replicas, fullyLabeledReplicas: replicas });
  let visited = 0;
  // eslint-disable-next-line @typescript-eslint/unbound-method -- applied below
  const { byIndex, list } = Indexer.prototype;
  const counted = (found: readonly unknown[]): readonly unknown[] => {
    visited += found.length;
    return found;
  };
  vi.spyOn(Indexer.prototype, 'byIndex').mockImplementation(function (
    this: Indexer<unknown>,
    ...of
  ) {
    return counted(byIndex.apply(this, of));
  });
  vi.spyOn(Indexer.prototype, 'list').mockImplementation(function (this: Indexer<unknown>) {
    return counted(list.apply(this));
  });
  const [first] = (await client.list(pods, { namespace })).items;
  const conditions = [{ type: 'Ready', status: 'True' }];
  const ready = { ...first!, status: { phase: 'Running', conditions } };
  await client.update(pods, ready, { subresource: 'status' });
  await shows({ replicas, readyReplicas: 1, availableReplicas: 1 });
  return visited;
}

it('looks at none of the other pods when one of them changes', async () => {
  expect(await visitedForOnePod(60)).toBe(0);
});

it('looks again when what it expects never comes', async () => {
  const { client, through } = await startEmbeddedApi(parts);
  const deaf = through((next) => (request) => {
    const isPodWatch = request.path.endsWith('/pods') && request.query.get('watch') === 'true';
    if (!isPodWatch) return next(request);
    return new Promise((_, reject) =>
      request.signal.addEventListener('abort', () => reject(new Error('left'))),
    );
  });
  const informers = await parts.start(
    () => new InformerFactory({ client: deaf, clock, random, logger }),
  );
  const own = new FakeClock();
  const types = new ServedTypes({ client, clock: own, informers, initial: [pods, replicaSets] });
  const controller = replicaSetController({ client, clock: own, random, logger, informers, types });
  informers.start();
  await informers.whenSynced();
  await client.create(replicaSets, {
    metadata: { namespace, name: 'web' },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } },
    },
  });
  const { lister } = informers.of(replicaSets);
  await vi.waitFor(() => expect(lister.get('default/web')).toBeDefined(), { timeout: 20_000 });
  const count = async () => (await client.list(pods, { namespace })).items.length;
  expect(await controller.reconcile('default/web')).toEqual({
    requeueAfterMs: EXPECTATION_TTL_MS + 1,
  });
  expect(await count()).toBe(2);
  await own.advance(EXPECTATION_TTL_MS);
  expect(await controller.reconcile('default/web')).toEqual({ requeueAfterMs: 1 });
  expect(await count()).toBe(2);
  await own.advance(1);
  await controller.reconcile('default/web');
  expect(await count()).toBe(4);
  await controller.stop?.();
});
