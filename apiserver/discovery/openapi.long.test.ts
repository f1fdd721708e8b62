/**
 * What OpenAPI calls each operation, by which generators of clients name their methods: as a
 * kube-apiserver that runs beside calls it. Needs etcd and kube-apiserver on the PATH.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiVersionOf } from '../../api/resource.ts';
import { schemaName } from '../../api/schema/openapi.ts';
import { hasKubeApiserver, KubeApiserver, START_MS } from '../../test/support/kube-apiserver.ts';
import { kinds } from '../registry/kinds/index.ts';
import { openApiPaths } from './openapi-operations.ts';
import { servedGroups } from './served.ts';

type Paths = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** What is compared of an operation. */
function told(operation: unknown): object {
  const { operationId, tags, description, ...rest } = operation as Record<string, unknown>;
  const kind = rest['x-kubernetes-group-version-kind'];
  return { operationId, tags, description, action: rest['x-kubernetes-action'], kind };
}

const versions = servedGroups(kinds)
  .flatMap((group) => group.versions)
  .filter(({ group }) => group !== 'metrics.k8s.io')
  .map((version) => [apiVersionOf(version), version] as const);

describe.skipIf(!hasKubeApiserver())('operations beside kube-apiserver', () => {
  let beside: KubeApiserver;
  beforeAll(async () => {
    beside = await KubeApiserver.start();
  }, START_MS);
  afterAll(() => beside.stop());

  test.each(versions)('%s', async (apiVersion, version) => {
    const root = version.group === '' ? 'api' : 'apis';
    const { body } = await beside.call('GET', `/openapi/v3/${root}/${apiVersion}`);
    const theirs = body['paths'] as Paths;
    const ours = Object.entries(openApiPaths(version, schemaName) as Paths);
    expect(ours.length).toBeGreaterThan(0);
    for (const [path, { parameters: _parameters, ...operations }] of ours)
      for (const [method, operation] of Object.entries(operations))
        expect(told(operation), `${method} ${path}`).toEqual(told(theirs[path]?.[method]));
  });
});
