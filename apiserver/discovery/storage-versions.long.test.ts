/**
 * The hashes by which clients that migrate stored objects know a version: those of a kube-apiserver
 * that runs beside, kind by kind. Needs etcd and kube-apiserver on the PATH.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { realCiphers } from '../../platform/node/crypto/ciphers.ts';
import { apiVersionOf } from '../../api/resource.ts';
import { hasKubeApiserver, KubeApiserver, START_MS } from '../../test/support/kube-apiserver.ts';
import { kinds } from '../registry/kinds/index.ts';
import { apiResourceList } from './group-lists.ts';
import { servedGroups } from './served.ts';

/** What Kubernetes 1.34 still writes in an older version, and ours as it is served. */
const older = new Set([
  'storage.k8s.io/v1 volumeattributesclasses',
  'apiextensions.k8s.io/v1 customresourcedefinitions',
  'resource.k8s.io/v1 deviceclasses',
  'resource.k8s.io/v1 resourceclaims',
  'resource.k8s.io/v1 resourceclaimtemplates',
  'resource.k8s.io/v1 resourceslices',
]);

interface Resource {
  readonly name: string;
  readonly storageVersionHash?: string;
}

describe.skipIf(!hasKubeApiserver())('discovery beside kube-apiserver', () => {
  let beside: KubeApiserver;
  beforeAll(async () => {
    beside = await KubeApiserver.start();
  }, START_MS);
  afterAll(() => beside.stop());

  const versions = servedGroups(kinds).flatMap((group) => group.versions);
  const ofMetrics = (group: string): boolean => group === 'metrics.k8s.io';

  test.each(
    versions
      .filter(({ group }) => !ofMetrics(group))
      .map((version) => [apiVersionOf(version), version] as const),
  )('%s', async (apiVersion, version) => {
    const root = version.group === '' ? '/api' : '/apis';
    const { body } = await beside.call('GET', `${root}/${apiVersion}`);
    const theirs = new Map(
      (body['resources'] as Resource[]).map((each) => [each.name, each.storageVersionHash]),
    );
    const { resources } = apiResourceList(version, realCiphers.fingerprint) as {
      resources: Resource[];
    };
    for (const { name, storageVersionHash: hash } of resources) {
      const same = hash === theirs.get(name);
      expect(same, `${name}: ${hash}`).toBe(!older.has(`${apiVersion} ${name}`));
    }
  });
});
