/**
 * Every valid manifest, written by a kube-apiserver: what it answers of each, in whatever version
 * it was stored, ours answers from the same store. Needs etcd and kube-apiserver on the PATH.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiVersionOf } from '../../api/resource.ts';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { silentLogger as logger } from '../../platform/logger.ts';
import { realClock as clock } from '../../platform/node/clock.ts';
import { turnsBy } from '../../platform/turns.ts';
import { connectEtcd } from '../../store/client/connect.ts';
import { hasKubeApiserver, KubeApiserver, START_MS } from '../../test/support/kube-apiserver.ts';
import { collectionOf, type Manifest, manifests } from '../../test/support/manifests.ts';
import { kinds } from './kinds/index.ts';
import { Storage } from '../storage/storage.ts';
import type { ResourceDeclaration } from './declaration.ts';
import { storedResources } from './registry.ts';
import { isStored } from './stored-resources.ts';

/** What manifests refer to. */
const needed = [
  [
    '/apis/node.k8s.io/v1/runtimeclasses',
    { metadata: { name: 'needed' }, handler: 'h', overhead: { podFixed: { cpu: '10m' } } },
  ],
  ['/apis/scheduling.k8s.io/v1/priorityclasses', { metadata: { name: 'needed' }, value: 1 }],
] as const;

const PATCH = 'application/merge-patch+json';
const labelled = { metadata: { labels: { 'resource.kubernetes.io/admin-access': 'true' } } };

const resources = storedResources(kinds);

const declarationOf = ({ apiVersion, kind }: Manifest): ResourceDeclaration =>
  kinds.find(({ type }) => apiVersionOf(type) === apiVersion && type.kind === kind)!;

/** What judges others comes after them. */
const judges = (manifest: Manifest): boolean => manifest.apiVersion.startsWith('admission');
const own = manifests
  .filter((manifest) => isStored(declarationOf(manifest)))
  .sort((a, b) => Number(judges(a)) - Number(judges(b)));

/** Go shows some fields that are absent. */
const withoutNulls = (value: object): object =>
  JSON.parse(JSON.stringify(value), (_key, each: unknown) => each ?? undefined) as object;

describe.skipIf(!hasKubeApiserver())('a store that kube-apiserver wrote', () => {
  const parts = new Lifecycle();
  let beside: KubeApiserver;
  let storage: Storage;

  beforeAll(async () => {
    beside = await parts.start(() => KubeApiserver.start());
    const url = '/api/v1/namespaces/default';
    await beside.call('PATCH', url, { body: labelled, type: PATCH });
    for (const [path, body] of needed) await beside.call('POST', path, { body });
    const kv = connectEtcd({ endpoints: [beside.storeUrl], clock, logger });
    await parts.start(() => ({ stop: () => kv.close() }));
    const turns = turnsBy(clock);
    storage = await parts.start(() => new Storage({ kv, clock, turns, logger, resources }));
    storage.start();
  }, START_MS);
  afterAll(() => parts.stop());

  /** Until both are of the same version: Kubernetes' controllers write meanwhile. */
  async function readByBoth(path: string, declaration: ResourceDeclaration) {
    const { type, storagePrefix = type.resource } = declaration;
    const namespace = type.namespaced ? 'default' : '';
    const name = path.slice(path.lastIndexOf('/') + 1);
    for (;;) {
      const { body } = await beside.call('GET', path);
      const found = await storage.resource(storagePrefix)!.read(namespace, name);
      const { resourceVersion } = body['metadata'] as { resourceVersion: string };
      if (found?.value.metadata.resourceVersion !== resourceVersion) continue;
      return [found.value, withoutNulls(body)] as const;
    }
  }

  test.each(own.map((each) => [each.kind, each.metadata.name, each] as const))(
    'a whole %s %s is read as there',
    async (_kind, name, manifest) => {
      const path = collectionOf(kinds, manifest);
      const made = await beside.call('POST', path, { body: manifest });
      expect(made.code, String(made.body['message'])).toBe(201);
      const [ours, theirs] = await readByBoth(`${path}/${name}`, declarationOf(manifest));
      expect(ours).toEqual(theirs);
      // Two of them ask for one address.
      await beside.call('DELETE', `${path}/${name}`);
    },
  );
});
