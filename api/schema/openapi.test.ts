import { describe, expect, it } from 'vitest';
import { openApiSchemas, schemaName } from './openapi.ts';
import { resourceFacts } from './table.ts';

const deployment = { group: 'apps', version: 'v1', kind: 'Deployment' };
const reference = (name: string): object => ({
  allOf: [{ $ref: `#/components/schemas/${name}` }],
});

describe('openApiSchemas', () => {
  const schemas = openApiSchemas([
    deployment,
    { group: '', version: 'meta/v1', kind: 'DeleteOptions' },
    { group: '', version: 'meta/v1', kind: 'Patch' },
  ]);

  it('gives kinds their group, version and kind', () => {
    expect(schemas['io.k8s.api.apps.v1.Deployment']).toMatchObject({
      type: 'object',
      properties: { spec: reference('io.k8s.api.apps.v1.DeploymentSpec') },
      'x-kubernetes-group-version-kind': [deployment],
    });
    expect(
      schemas['io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions']![
        'x-kubernetes-group-version-kind'
      ],
    ).toContainEqual({ group: 'apps', version: 'v1', kind: 'DeleteOptions' });
    expect(schemas['io.k8s.apimachinery.pkg.apis.meta.v1.Patch']).toEqual({ type: 'object' });
  });

  it('says how lists merge', () => {
    const spec = schemas['io.k8s.api.core.v1.PodSpec']! as {
      properties: object;
      required: string[];
    };
    expect(spec.required).toEqual(['containers']);
    expect(spec.properties).toMatchObject({
      containers: {
        type: 'array',
        items: { ...reference('io.k8s.api.core.v1.Container'), default: {} },
        'x-kubernetes-list-map-keys': ['name'],
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-patch-merge-key': 'name',
        'x-kubernetes-patch-strategy': 'merge',
      },
      nodeSelector: {
        type: 'object',
        additionalProperties: { type: 'string', default: '' },
        'x-kubernetes-map-type': 'atomic',
      },
      activeDeadlineSeconds: { type: 'integer', format: 'int64' },
    });
    expect(schemas['io.k8s.api.core.v1.ResourceRequirements']).toMatchObject({
      properties: {
        limits: {
          additionalProperties: reference('io.k8s.apimachinery.pkg.api.resource.Quantity'),
        },
      },
    });
  });

  it('refers only to schemas that it contains, for every served kind', () => {
    const all = openApiSchemas(resourceFacts());
    const names = new Set(Object.keys(all));
    const text = JSON.stringify(all);
    const refs = [...text.matchAll(/#\/components\/schemas\/([^"]+)/g)].map((match) => match[1]!);
    expect(refs.length).toBeGreaterThan(900);
    for (const name of refs) expect(names).toContain(name);
    for (const kind of resourceFacts()) expect(names).toContain(schemaName(kind));
    expect([...names]).toEqual([...names].sort());
  });

  it('puts descriptions where they belong', () => {
    const described = openApiSchemas([deployment], {
      'apps-v1.Deployment': { '': 'A deployment.', spec: 'What is wanted.' },
    })['io.k8s.api.apps.v1.Deployment'];
    expect(described).toMatchObject({
      description: 'A deployment.',
      properties: { spec: { description: 'What is wanted.' } },
    });
  });

  it('names kinds', () => {
    expect(schemaName(deployment)).toBe('io.k8s.api.apps.v1.Deployment');
    expect(schemaName({ ...deployment, kind: 'DeploymentList' })).toBe(
      'io.k8s.api.apps.v1.DeploymentList',
    );
    expect(schemaName({ group: 'apiregistration.k8s.io', version: 'v1', kind: 'APIService' })).toBe(
      'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService',
    );
    expect(schemaName({ group: '', version: 'meta/v1', kind: 'Patch' })).toBe(
      'io.k8s.apimachinery.pkg.apis.meta.v1.Patch',
    );
    expect(schemaName({ group: 'example.com', version: 'v1', kind: 'Boat' })).toBe(
      'com.example.v1.Boat',
    );
  });
});
