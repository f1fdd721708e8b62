import { expect, it } from 'vitest';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { startRawApi } from '../../test/support/raw-api.ts';

it('a definition under the name of a built-in kind or structure gets another', async () => {
  const parts = new Lifecycle();
  const api = await startRawApi(parts);
  const definitions = async () => (await api.call('GET', '/openapi/v2')).body.definitions;
  const before = await definitions();
  expect(Object.keys(before).filter((name) => /_v\d+$/.test(name))).toEqual([]);
  const group = 'core.api.k8s.io';
  for (const [kind, plural] of [
    ['Pod', 'pods'],
    ['PodSpec', 'podspecs'],
  ] as const) {
    const schema = { type: 'object', properties: { probe: { type: 'boolean' } } };
    const { code } = await api.call(
      'POST',
      '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
      {
        body: {
          metadata: {
            name: `${plural}.${group}`,
            annotations: { 'api-approved.kubernetes.io': 'unapproved, test-only' },
          },
          spec: {
            ...{ group, scope: 'Namespaced', names: { kind, plural } },
            versions: [
              { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } },
            ],
          },
        },
      },
    );
    expect(code).toBe(201);
  }
  const prefix = 'io.k8s.api.core.v1';
  await api.until('/openapi/v2', ({ body }) => `${prefix}.PodSpec_v2` in body.definitions);
  const { body } = await api.call('GET', '/openapi/v2');
  for (const name of ['Pod', 'PodSpec']) {
    expect(body.definitions[`${prefix}.${name}`]).toEqual(before[`${prefix}.${name}`]);
    expect(JSON.stringify(body.definitions[`${prefix}.${name}_v2`])).toContain('"probe"');
  }
  const list = JSON.stringify(body.definitions[`${prefix}.PodSpecList`]);
  expect(list).toContain(`"#/definitions/${prefix}.PodSpec_v2"`);
  const path = JSON.stringify(body.paths[`/apis/${group}/v1/namespaces/{namespace}/pods/{name}`]);
  expect(path).toContain(`"#/definitions/${prefix}.Pod_v2"`);
  expect(path).not.toContain(`"#/definitions/${prefix}.Pod"`);
  await parts.stop();
});
