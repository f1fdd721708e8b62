/**
 * The controllers against a real API server in the same process, with stand-ins for scheduler and
 * kubelets: first on a good day, then with refused requests, lost answers and broken watches.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { controllerOf } from '../api/meta.ts';
import {
  deployments,
  endpoints,
  events,
  namespaces,
  pods,
  replicaSets,
  services,
} from '../api/resources.ts';
import { isStatus } from '../api/status.ts';
import type { Deployment } from '../api/types/apps-v1.ts';
import type { Pod } from '../api/types/core-v1.ts';
import { startApiServer } from '../apiserver/server.ts';
import { createClient, type RestClient } from '../client/rest.ts';
import type { HttpHandler } from '../platform/net/http.ts';
import { Lifecycle } from '../platform/lifecycle.ts';
import { silentLogger } from '../platform/logger.ts';
import { realClock as clock } from '../platform/node/clock.ts';
import { realRandom as random } from '../platform/node/random.ts';
import { MemoryKv } from '../test/model/memory-kv.ts';
import { withoutControllers } from '../test/support/admission.ts';
import { type Faults, faulty } from '../test/support/faulty-handler.ts';
import { startHollowPods } from '../test/support/hollow-pods.ts';
import { startControllers } from './manager.ts';
import { until } from '../test/support/until.ts';

const logger = silentLogger;
let parts = new Lifecycle();
afterEach(async () => {
  await parts.stop();
  parts = new Lifecycle();
});

interface World {
  readonly client: RestClient;
  readonly handler: HttpHandler;
  readonly startControllers: (faults?: Faults) => Promise<{ stop(): Promise<void> }>;
}

async function startWorld(options: { ready?: (pod: Pod) => boolean } = {}): Promise<World> {
  const server = await parts.start(() =>
    startApiServer({
      kv: new MemoryKv(),
      clock,
      random,
      logger,
      admissionPlugins: withoutControllers,
    }),
  );
  await server.ready();
  const certificate = { commonName: 'admin', organizations: ['system:masters'] };
  const handler: HttpHandler = (request) =>
    server.handler({ ...request, peer: { address: 'in-process', certificate } });
  const client = createClient({ handler, userAgent: 'test', clock });
  await parts.start(() => startHollowPods({ client, clock, random, ...options }));
  return {
    client,
    handler,
    startControllers: async (faults) => {
      const own = faults === undefined ? handler : faulty(handler, faults);
      const running = await parts.start(async () =>
        startControllers({
          client: createClient({ handler: own, userAgent: 'controllers', clock }),
          ...{ clock, random, logger },
          resourceTypes: [pods, deployments, replicaSets, namespaces, services, endpoints],
          freeze: true,
        }),
      );
      await running.ready();
      return running;
    },
  };
}

const web = (replicas: number, image = 'nginx:1'): Deployment => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { namespace: 'default', name: 'web' },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'web', image, ports: [{ name: 'http', containerPort: 80 }] }] },
    },
  },
});

const ref = { namespace: 'default', name: 'web' };

/** Rolled out: what `kubectl rollout status` waits for. */
async function rolledOut(client: RestClient): Promise<boolean> {
  const { metadata, spec, status = {} } = await client.get(deployments, ref);
  const progressing = status.conditions?.find(({ type }) => type === 'Progressing');
  return (
    status.observedGeneration === metadata.generation &&
    (status.updatedReplicas ?? 0) === spec.replicas &&
    (status.replicas ?? 0) === spec.replicas &&
    (status.availableReplicas ?? 0) === spec.replicas &&
    progressing?.reason === 'NewReplicaSetAvailable'
  );
}

async function change(client: RestClient, body: object): Promise<void> {
  await client.patch(deployments, ref, { type: 'application/merge-patch+json', body });
}

const template = (image: string) => ({
  spec: { template: web(0, image).spec.template },
});

describe('the controllers', () => {
  it('bring a Deployment from nothing through scaling, rollout and undo to nothing', async () => {
    const { client, startControllers } = await startWorld();
    await startControllers();
    await client.create(deployments, web(3));
    await until('rolled out', () => rolledOut(client));
    await change(client, { spec: { replicas: 5 } });
    await until('scaled', () => rolledOut(client));
    await change(client, template('nginx:2'));
    await until('updated', () => rolledOut(client));
    const { items: sets } = await client.list(replicaSets);
    expect(sets.map(({ spec }) => spec.replicas).sort()).toEqual([0, 5]);
    expect((await client.get(deployments, ref)).metadata.annotations).toMatchObject({
      'deployment.kubernetes.io/revision': '2',
    });
    const running = (await client.list(pods)).items.filter(
      ({ metadata }) => metadata.deletionTimestamp === undefined,
    );
    expect(running.map(({ spec }) => spec.containers[0]!.image)).toEqual(Array(5).fill('nginx:2'));

    await change(client, template('nginx:1'));
    await until('rolled back', () => rolledOut(client));
    const history = (await client.list(replicaSets)).items.map(({ metadata }) => [
      metadata.annotations?.['deployment.kubernetes.io/revision'],
      metadata.annotations?.['deployment.kubernetes.io/revision-history'],
    ]);
    expect(history.sort()).toEqual([
      ['2', undefined],
      ['3', '1'],
    ]);

    await client.delete(deployments, ref);
    await until('no pods', async () => (await client.list(pods)).items.length === 0);
    expect((await client.list(replicaSets)).items).toEqual([]);
  });

  it('write the Events that kubectl describe shows', async () => {
    const { client, startControllers } = await startWorld();
    await startControllers();
    await client.create(deployments, web(2));
    await until('rolled out', () => rolledOut(client));
    await until('three events', async () => (await client.list(events)).items.length >= 3);
    const texts = (await client.list(events)).items.map(
      ({ reason, message, source }) => `${source?.component} ${reason}: ${message}`,
    );
    const name = (await client.list(replicaSets)).items[0]!.metadata.name;
    expect(texts).toContain(
      `deployment-controller ScalingReplicaSet: Scaled up replica set ${name} from 0 to 2`,
    );
    expect(
      texts.filter((t) => /^replicaset-controller SuccessfulCreate: Created/.test(t)),
    ).toHaveLength(2);
  });

  it('replace a deleted pod, adopt an orphan instead of creating, and release a stranger', async () => {
    const { client, startControllers } = await startWorld();
    await startControllers();
    await client.create(deployments, web(2));
    await until('rolled out', () => rolledOut(client));
    const [first, second] = (await client.list(pods)).items;
    await client.delete(pods, { namespace: 'default', name: first!.metadata.name! });
    await until('a pod in the place of the deleted', async () => {
      const names = (await client.list(pods)).items.map(({ metadata }) => metadata.name);
      return names.length === 2 && !names.includes(first!.metadata.name);
    });
    const name = second!.metadata.name!;
    await client.patch(
      pods,
      { namespace: 'default', name },
      {
        type: 'application/merge-patch+json',
        body: { metadata: { labels: { app: 'stranger' } } },
      },
    );
    await until('three pods', async () => (await client.list(pods)).items.length === 3);
    await until('the pod let go of', async () => {
      const pod = await client.get(pods, { namespace: 'default', name });
      return controllerOf(pod) === undefined;
    });
    await client.patch(
      pods,
      { namespace: 'default', name },
      {
        type: 'application/merge-patch+json',
        body: { metadata: { labels: { app: 'web' } } },
      },
    );
    await until('two pods', async () => (await client.list(pods)).items.length === 2);
  });

  it('publish ready pods in Endpoints', async () => {
    const { client, startControllers } = await startWorld();
    await startControllers();
    await client.create(services, {
      metadata: ref,
      spec: { selector: { app: 'web' }, ports: [{ port: 8080, targetPort: 'http' }] },
    });
    await client.create(deployments, web(3));
    await until('three addresses', async () => {
      const found = await client.get(endpoints, ref).catch(() => undefined);
      return found?.subsets?.[0]?.addresses?.length === 3;
    });
    const { subsets } = await client.get(endpoints, ref);
    expect(subsets![0]!.ports).toEqual([{ port: 80, protocol: 'TCP' }]);
    expect(subsets![0]!.addresses![0]!.targetRef?.kind).toBe('Pod');
  });

  it('empty a namespace that is deleted', async () => {
    const { client, startControllers } = await startWorld();
    await startControllers();
    await client.create(namespaces, { metadata: { name: 'gone' }, spec: {} });
    const inside = { ...web(3), metadata: { namespace: 'gone', name: 'web' } };
    await client.create(deployments, inside);
    await until(
      'three pods',
      async () => (await client.list(pods, { namespace: 'gone' })).items.length === 3,
    );
    await client.delete(namespaces, { name: 'gone' });
    await until('the namespace gone', async () => {
      const found = await client.get(namespaces, { name: 'gone' }).catch((e: unknown) => e);
      return isStatus(found, 'NotFound');
    });
    expect((await client.list(pods)).items).toEqual([]);
  });

  it('hold an owner deleted in the foreground, and leave orphans alone', async () => {
    const { client, startControllers } = await startWorld();
    await startControllers();
    await client.create(deployments, web(2));
    await until('rolled out', () => rolledOut(client));
    await client.delete(deployments, ref, { propagationPolicy: 'Orphan' });
    await until(
      'the Deployment gone',
      async () => (await client.list(deployments)).items.length === 0,
    );
    const orphan = (await client.list(replicaSets)).items[0]!;
    expect(orphan.metadata.ownerReferences ?? []).toEqual([]);
    expect((await client.list(pods)).items).toHaveLength(2);
    const name = orphan.metadata.name!;
    const options = { propagationPolicy: 'Foreground' } as const;
    await client.delete(replicaSets, { namespace: 'default', name }, options);
    await until(
      'the ReplicaSet gone',
      async () => (await client.list(replicaSets)).items.length === 0,
    );
    expect((await client.list(pods)).items).toEqual([]);
  });

  it('never go below what a rolling update allows, even if the new version never gets ready', async () => {
    const ready = (pod: Pod): boolean => pod.spec.containers[0]!.image !== 'broken';
    const { client, startControllers } = await startWorld({ ready });
    await startControllers();
    await client.create(deployments, web(4));
    await until('rolled out', () => rolledOut(client));
    await change(client, template('broken'));
    await until('two updated pods that are not available', async () => {
      const { status } = await client.get(deployments, ref);
      return status?.updatedReplicas === 2 && status.availableReplicas === 3;
    });
    // Surge 25% up is 1, unavailable 25% down is 1: 5 pods, 3 of them of the good version.
    await new Promise((resolve) => setTimeout(resolve, 100));
    const { status } = await client.get(deployments, ref);
    expect(status).toMatchObject({ replicas: 5, updatedReplicas: 2, availableReplicas: 3 });
    await change(client, template('nginx:1'));
    await until('rolled back', () => rolledOut(client));
  });

  it('create nothing twice when they start anew in the middle', async () => {
    const world = await startWorld();
    const { client } = world;
    const first = await world.startControllers();
    await client.create(deployments, web(40));
    await until('six pods', async () => (await client.list(pods)).items.length > 5);
    await first.stop();
    await world.startControllers();
    await until('rolled out', () => rolledOut(client));
    expect((await client.list(pods)).items).toHaveLength(40);
    expect((await client.list(replicaSets)).items).toHaveLength(1);
  });
});

describe('the controllers on a bad day', () => {
  /** A linear congruential generator: the same seed gives the same draws. */
  function draws(seed: number): () => number {
    let state = seed;
    return () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 32;
    };
  }

  it.each([1, 2, 3])('reach the wanted state all the same (seed %i)', async (seed) => {
    const world = await startWorld();
    const { client } = world;
    const faults = { refusalRate: 0.03, lostAnswerRate: 0.03, brokenWatchRate: 0.02 };
    await world.startControllers({ draw: draws(seed), ...faults });
    await client.create(deployments, web(6));
    await until('rolled out', () => rolledOut(client));
    await change(client, template('nginx:2'));
    await until('updated', () => rolledOut(client));
    await change(client, { spec: { replicas: 2 } });
    await until('scaled', () => rolledOut(client));
    await until('two pods', async () => (await client.list(pods)).items.length === 2);
    await client.delete(deployments, ref);
    await until('no pods', async () => (await client.list(pods)).items.length === 0);
    expect((await client.list(replicaSets)).items).toEqual([]);
  });
});
