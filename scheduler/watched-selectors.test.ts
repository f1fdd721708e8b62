/** Which pods belong together, by what services and controllers say. */
import { afterEach, describe, expect, it } from 'vitest';
import { replicaSets, replicationControllers, services, statefulSets } from '../api/resources.ts';
import type { LabelSelector } from '../api/types/meta-v1.ts';
import { InformerFactory } from '../client/informer-factory.ts';
import { Lifecycle } from '../platform/lifecycle.ts';
import { silentLogger as logger } from '../platform/logger.ts';
import { realClock as clock } from '../platform/node/clock.ts';
import { realRandom as random } from '../platform/node/random.ts';
import { startEmbeddedApi } from '../test/support/embedded-api.ts';
import { aPod } from '../test/support/scheduling.ts';
import { watchedSelectors } from './watched-selectors.ts';

const parts = new Lifecycle();
afterEach(() => parts.stop());

const namespace = 'default';
const template = (labels: Record<string, string>) => ({
  metadata: { labels },
  spec: { containers: [{ name: 'c', image: 'i' }] },
});
const ownedBy = (apiVersion: string, kind: string, name = 'x') => [
  { apiVersion, kind, name, uid: 'u', controller: true },
];

describe('the selector of a pod without constraints of its own', () => {
  it("joins those of its services with its controller's", async () => {
    const { client } = await startEmbeddedApi(parts);
    const port = [{ port: 80 }];
    for (const [name, selector] of [
      ['web', { app: 'web' }],
      ['tier', { tier: 'front' }],
      ['other', { app: 'other' }],
    ] as const)
      await client.create(services, {
        metadata: { namespace, name },
        spec: { selector, ports: port },
      });
    const labels = { app: 'web', hash: '1' };
    const matchExpressions = [{ key: 'app', operator: 'Exists' }];
    await client.create(replicaSets, {
      metadata: { namespace, name: 'x' },
      spec: {
        selector: { matchLabels: { hash: '1' }, matchExpressions },
        template: template(labels),
      },
    });
    await client.create(statefulSets, {
      metadata: { namespace, name: 'x' },
      spec: { serviceName: 's', selector: { matchLabels: labels }, template: template(labels) },
    });
    await client.create(replicationControllers, {
      metadata: { namespace, name: 'x' },
      spec: { selector: { rc: 'x' }, template: template({ rc: 'x' }) },
    });
    const informers = await parts.start(
      () => new InformerFactory({ client, clock, random, logger, freeze: true }),
    );
    const selectorOf = watchedSelectors(informers);
    informers.start();
    await informers.whenSynced();
    const cases: [string, Parameters<typeof aPod>[0], LabelSelector | undefined][] = [
      ['nobody', { labels: { x: 'y' } }, undefined],
      ['no labels', {}, undefined],
      ['a service', { labels: { app: 'web' } }, { matchLabels: { app: 'web' } }],
      [
        'two services',
        { labels: { app: 'web', tier: 'front' } },
        { matchLabels: { app: 'web', tier: 'front' } },
      ],
      ['a service of another namespace', { labels: { app: 'web' }, namespace: 'n' }, undefined],
      [
        'a ReplicaSet and a service',
        { labels, ownerReferences: ownedBy('apps/v1', 'ReplicaSet') },
        { matchLabels: { app: 'web', hash: '1' }, matchExpressions },
      ],
      [
        'a StatefulSet',
        { labels: { a: 'b' }, ownerReferences: ownedBy('apps/v1', 'StatefulSet') },
        { matchLabels: labels },
      ],
      [
        'a ReplicationController',
        { labels: { rc: 'x' }, ownerReferences: ownedBy('v1', 'ReplicationController') },
        { matchLabels: { rc: 'x' } },
      ],
      [
        'a controller that is gone',
        { labels: { x: 'y' }, ownerReferences: ownedBy('apps/v1', 'ReplicaSet', 'gone') },
        undefined,
      ],
      [
        "a controller of somebody's own kind",
        { labels: { x: 'y' }, ownerReferences: ownedBy('example.com/v1', 'ReplicaSet') },
        undefined,
      ],
    ];
    for (const [name, sketch, wanted] of cases)
      expect([name, selectorOf(aPod(sketch))]).toEqual([name, wanted]);
  });
});
