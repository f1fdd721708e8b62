import { describe, expect, test } from 'vitest';
import {
  created,
  createErrors,
  row,
  type Sent,
  updateErrors,
  written,
} from '../../../../test/support/kinds.ts';
import { TestApi } from '../../../../test/support/api-core.ts';
import { kinds } from '../index.ts';
import { deployment } from './deployment.ts';
import { replicaSet } from './replicaset.ts';

const template: Sent = {
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'c', image: 'nginx:1' }] },
};
const selector = { matchLabels: { app: 'web' } };
const sent = (spec: Sent = {}): Sent => ({ spec: { selector, template, ...spec } });

test('defaults of a Deployment', () => {
  const { spec, status } = created(deployment, sent());
  expect(spec).toMatchObject({
    replicas: 1,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
    template: { spec: { restartPolicy: 'Always', dnsPolicy: 'ClusterFirst' } },
  });
  expect(spec.template.spec).not.toHaveProperty('enableServiceLinks');
  expect(status).toEqual({});
});

test('Recreate has no rolling update; zero replicas stay zero', () => {
  const { spec } = created(deployment, sent({ replicas: 0, strategy: { type: 'Recreate' } }));
  expect(spec.strategy).toEqual({ type: 'Recreate' });
  expect(spec.replicas).toBe(0);
});

test('defaults of a ReplicaSet', () => {
  const { spec, status } = created(replicaSet, sent());
  expect(spec.replicas).toBe(1);
  expect(status).toEqual({ replicas: 0 });
});

const mismatch =
  'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`';

describe('validation', () => {
  test.each<[string, Sent, string[]]>([
    ['good', sent(), []],
    ['no selector', sent({ selector: undefined }), ['spec.selector: Required value', mismatch]],
    [
      'nothing at all',
      {},
      [
        'spec.selector: Required value',
        'spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`',
        'spec.template.spec.containers: Required value',
      ],
    ],
    ['another selector', sent({ selector: { matchLabels: { app: 'db' } } }), [mismatch]],
    [
      'an empty selector',
      sent({ selector: {} }),
      ['spec.selector: Invalid value: {}: empty selector is invalid for deployment'],
    ],
    [
      'an operator that does not exist',
      sent({ selector: { matchExpressions: [{ key: 'a', operator: 'Near' }] } }),
      [
        'spec.selector.matchExpressions[0].operator: Invalid value: "Near": not a valid selector operator',
        'spec.selector: Invalid value: {"matchExpressions":[{"key":"a","operator":"Near"}]}: invalid label selector',
      ],
    ],
    [
      'numbers',
      sent({ replicas: -1, minReadySeconds: 600, revisionHistoryLimit: -1 }),
      [
        'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
        'spec.revisionHistoryLimit: Invalid value: -1: must be greater than or equal to 0',
        'spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds',
      ],
    ],
    [
      'pods that end',
      sent({
        template: {
          ...template,
          spec: { ...(template['spec'] as Sent), restartPolicy: 'Never', activeDeadlineSeconds: 1 },
        },
      }),
      [
        'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
        'spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported',
      ],
    ],
    [
      'a strategy without room',
      sent({ strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: '0%' } } }),
      [
        'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0',
      ],
    ],
    [
      'shares',
      sent({ strategy: { rollingUpdate: { maxUnavailable: '101%', maxSurge: 'many' } } }),
      [
        "spec.strategy.rollingUpdate.maxSurge: Invalid value: \"many\": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
        'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%',
      ],
    ],
    [
      'Recreate that rolls',
      sent({ strategy: { type: 'Recreate', rollingUpdate: {} } }),
      [
        "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
      ],
    ],
    [
      'an unknown strategy',
      sent({ strategy: { type: 'Hope' } }),
      [
        'spec.strategy: Unsupported value: {"Type":"Hope","RollingUpdate":null}: supported values: "Recreate", "RollingUpdate"',
      ],
    ],
  ])('%s', (_title, object, errors) => {
    expect(createErrors(deployment, object)).toEqual(errors);
  });

  test('selectors are immutable', () => {
    const other = { matchLabels: { app: 'web', tier: 'front' } };
    for (const kind of [deployment, replicaSet]) {
      const errors = updateErrors(
        kind as typeof deployment,
        created(kind as typeof deployment, sent()),
        ({ spec }) => {
          spec.selector = other;
          spec.template.metadata!.labels = { app: 'web', tier: 'front' };
        },
      );
      expect(errors).toEqual([
        'spec.selector: Invalid value: {"matchLabels":{"app":"web","tier":"front"}}: field is immutable',
      ]);
    }
  });
});

describe('scale', () => {
  const parent = created(deployment, {
    ...sent({ replicas: 2, selector: { matchLabels: { app: 'web' } } }),
    metadata: { name: 'web', uid: 'u', resourceVersion: '7' },
  });

  test('reads as autoscaling/v1', () => {
    const scale = deployment.subresources.find(({ name }) => name === 'scale')!;
    expect(scale.read!(parent)).toEqual({
      apiVersion: 'autoscaling/v1',
      kind: 'Scale',
      metadata: { name: 'web', namespace: 'default', uid: 'u', resourceVersion: '7' },
      spec: { replicas: 2 },
      status: { replicas: 0, selector: 'app=web' },
    });
  });

  test('writes the replicas alone', () => {
    const { object, errors } = written(deployment, 'scale', {
      parent,
      sent: { spec: { replicas: 5 } },
    });
    expect(errors).toEqual([]);
    expect(object).toEqual({ ...parent, spec: { ...parent.spec, replicas: 5 } });
  });

  test('refuses less than none', () => {
    expect(() =>
      written(deployment, 'scale', { parent, sent: { spec: { replicas: -1 } } }),
    ).toThrow(
      'Scale.autoscaling "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    );
  });

  test.each([replicaSet, deployment])('of a $type.kind is a Table, too', async ({ type }) => {
    const api = new TestApi(kinds);
    await api.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'default' } } });
    const url = `/apis/apps/v1/namespaces/default/${type.resource}`;
    await api.call('POST', url, { body: { metadata: { name: 'd' }, ...sent({ replicas: 3 }) } });
    const as = (form: string): string => `application/json;as=${form};v=v1;g=meta.k8s.io`;
    const ask = (form: string) => api.call('GET', `${url}/d/scale`, { accept: as(form) });
    expect((await ask('Table')).body).toMatchObject({
      kind: 'Table',
      columnDefinitions: [
        { name: 'Name', format: '' },
        { name: 'Desired', type: 'integer' },
        { name: 'Available', type: 'integer' },
        { name: 'Age', type: 'string' },
      ],
      rows: [{ cells: ['d', 3, 0, '0s'], object: { kind: 'PartialObjectMetadata' } }],
    });
    expect((await ask('PartialObjectMetadata')).body).toMatchObject({
      ...{ kind: 'PartialObjectMetadata', metadata: { name: 'd' } },
    });
    expect((await ask('PartialObjectMetadataList')).body.message).toBe(
      'you requested PartialObjectMetadataList, but the requested object is not a list ' +
        '(*autoscaling.Scale)',
    );
    await api.stop();
  });
});

test('a status that cannot be', () => {
  const parent = created(deployment, sent());
  const status = { replicas: 1, readyReplicas: 2, availableReplicas: 3 };
  const { errors } = written(deployment, 'status', { parent, sent: { metadata: {}, status } });
  expect(errors).toEqual([
    'status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas',
    'status.availableReplicas: Invalid value: 3: cannot be greater than status.replicas',
    'status.availableReplicas: Invalid value: 3: cannot be greater than readyReplicas',
  ]);
});

test('rows', () => {
  const object = {
    metadata: { name: 'web', creationTimestamp: '2026-11-21T11:59:15Z' },
    spec: { replicas: 3, selector, template },
    status: { replicas: 3, readyReplicas: 2, updatedReplicas: 3, availableReplicas: 1 },
  };
  expect(row(deployment, object)).toEqual({
    Name: 'web',
    Ready: '2/3',
    'Up-to-date': 3,
    Available: 1,
    Age: '45s',
    Containers: 'c',
    Images: 'nginx:1',
    Selector: 'app=web',
  });
  expect(row(replicaSet, object)).toMatchObject({ Desired: 3, Current: 3, Ready: 2 });
});
