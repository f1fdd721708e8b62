import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Toleration } from '../../api/types/core-v1.ts';
import { TestApi } from '../../test/support/api-core.ts';
import { kinds } from '../registry/kinds/index.ts';
import { defaultClass } from './default-class.ts';
import { mergeTolerations } from './merge-tolerations.ts';
import { plugins } from './plugins.ts';

const api = new TestApi(kinds, undefined, {
  admission: plugins({
    enable: [
      'AlwaysPullImages',
      'DenyServiceExternalIPs',
      'ExtendedResourceToleration',
      'LimitPodHardAntiAffinityTopology',
      'PodNodeSelector',
    ],
    disable: [],
  }),
});
const at = '/api/v1/namespaces/n';
let count = 0;
let name: string;

beforeAll(async () => {
  await api.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'n' } } });
  await api.call('POST', `${at}/serviceaccounts`, { body: { metadata: { name: 'default' } } });
});
beforeEach(() => {
  name = `x${count++}`;
});
afterAll(() => api.stop());

const spec = { containers: [{ name: 'a', image: 'i' }] };
const pod = (more: object = {}) =>
  api.call('POST', `${at}/pods`, { body: { metadata: { name }, spec: { ...spec, ...more } } });
const patch = (path: string, body: object) =>
  api.call('PATCH', path, { type: 'application/merge-patch+json', body });

describe('a namespace with a node selector', () => {
  const nodes = (text: string) =>
    patch('/api/v1/namespaces/n', {
      metadata: { annotations: { 'scheduler.alpha.kubernetes.io/node-selector': text } },
    });
  afterAll(() => nodes(''));

  it('gives it to its pods, and refuses those that want others', async () => {
    await nodes('zone=a, disk=ssd');
    const { body } = await pod({ nodeSelector: { disk: 'ssd', gpu: 'yes' } });
    expect(body.spec['nodeSelector']).toEqual({ zone: 'a', disk: 'ssd', gpu: 'yes' });
    const refused = await pod({ nodeSelector: { zone: 'b' } });
    expect([refused.code, refused.body.message]).toEqual([
      403,
      `pods "${name}" is forbidden: ` +
        'pod node label selector conflicts with its namespace node label selector',
    ]);
    await nodes('zone in (a)');
    expect((await pod()).code).toBe(500);
  });
});

describe('a claim', () => {
  const claim = (more: object = {}) => {
    const resources = { requests: { storage: '1Gi' } };
    const body = {
      metadata: { name },
      spec: { accessModes: ['ReadWriteOnce'], resources, ...more },
    };
    return api.call('POST', `${at}/persistentvolumeclaims`, { body });
  };
  const storageClass = (className: string, more: object = {}) => {
    const metadata = { name: className, ...more };
    const provisioner = 'example.com/p';
    const allowVolumeExpansion = className === 'growing';
    const body = { metadata, provisioner, allowVolumeExpansion };
    return api.call('POST', '/apis/storage.k8s.io/v1/storageclasses', { body });
  };
  const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' };

  it('is protected while in use, and has no class where there is no default', async () => {
    const { body } = await claim();
    expect(body.metadata.finalizers).toEqual(['kubernetes.io/pvc-protection']);
    expect(body.spec['storageClassName']).toBeUndefined();
  });

  it('gets the default class, but not in place of none', async () => {
    await storageClass('standard', { annotations });
    await storageClass('growing');
    expect((await claim()).body.spec['storageClassName']).toBe('standard');
    name += 'b';
    expect((await claim({ storageClassName: '' })).body.spec['storageClassName']).toBe('');
  });

  it('grows only when it is bound and its class can', async () => {
    await claim({ storageClassName: 'growing' });
    const path = `${at}/persistentvolumeclaims/${name}`;
    const grow = () => patch(path, { spec: { resources: { requests: { storage: '2Gi' } } } });
    const early = await grow();
    expect(early.body.message).toContain('is immutable after creation except resources.requests');
    await api.call('PATCH', `${path}/status`, {
      type: 'application/merge-patch+json',
      body: { status: { phase: 'Bound', capacity: { storage: '1Gi' } } },
    });
    await patch(path, { spec: { volumeName: 'v' } });
    expect((await grow()).code).toBe(200);
    name += 'b';
    await claim({ storageClassName: 'standard', volumeName: 'v' });
    const other = `${at}/persistentvolumeclaims/${name}`;
    await api.call('PATCH', `${other}/status`, {
      type: 'application/merge-patch+json',
      body: { status: { phase: 'Bound', capacity: { storage: '1Gi' } } },
    });
    const { body } = await patch(other, { spec: { resources: { requests: { storage: '2Gi' } } } });
    expect(body.message).toBe(
      `persistentvolumeclaims "${name}" is forbidden: only dynamically provisioned pvc can be ` +
        'resized and the storageclass that provisions the pvc must support resize',
    );
  });
});

describe('a pod', () => {
  const runtimeClass = (className: string, more: object) =>
    api.call('POST', '/apis/node.k8s.io/v1/runtimeclasses', {
      body: { metadata: { name: className }, handler: 'h', ...more },
    });

  it('gets overhead and place from its runtime class', async () => {
    const toleration = { key: 'vm', operator: 'Exists', effect: 'NoSchedule' };
    await runtimeClass('vm', {
      overhead: { podFixed: { cpu: '250m', memory: '120Mi' } },
      scheduling: { nodeSelector: { vm: 'yes' }, tolerations: [toleration] },
    });
    const { body } = await pod({ runtimeClassName: 'vm', nodeSelector: { disk: 'ssd' } });
    expect(body.spec).toMatchObject({
      overhead: { cpu: '250m', memory: '120Mi' },
      nodeSelector: { disk: 'ssd', vm: 'yes' },
    });
    expect(body.spec['tolerations']).toContainEqual(toleration);
    await runtimeClass('plain', {});
  });

  it.each([
    [{ runtimeClassName: 'gone' }, 'pod rejected: RuntimeClass "gone" not found'],
    [
      { runtimeClassName: 'vm', overhead: { cpu: '1' } },
      "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead",
    ],
    [
      { runtimeClassName: 'plain', overhead: { cpu: '1' } },
      'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
    ],
    [
      { overhead: { cpu: '1' } },
      'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
    ],
    [
      { runtimeClassName: 'vm', nodeSelector: { vm: 'no' } },
      'conflict: runtimeClass.scheduling.nodeSelector[vm] = yes; pod.spec.nodeSelector[vm] = no',
    ],
    [
      {
        affinity: {
          podAntiAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [
              { topologyKey: 'topology.kubernetes.io/zone', labelSelector: {} },
            ],
          },
        },
      },
      'affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey ' +
        'topology.kubernetes.io/zone but only key kubernetes.io/hostname is allowed',
    ],
  ])('is refused: %j', async (more, detail) => {
    const { code, body } = await pod(more);
    expect([code, body.message]).toEqual([403, `pods "${name}" is forbidden: ${detail}`]);
  });

  it('stays five minutes where the node is away, unless it says otherwise', async () => {
    const own = { key: 'node.kubernetes.io/not-ready', operator: 'Exists', tolerationSeconds: 5 };
    const exact = { ...own, effect: 'NoExecute' };
    const { body } = await pod({ tolerations: [exact] });
    const unreachable = { ...exact, key: 'node.kubernetes.io/unreachable', tolerationSeconds: 300 };
    expect(body.spec['tolerations']).toEqual([exact, unreachable]);
    name = `${name}-always`;
    const always = await pod({ tolerations: [{ operator: 'Exists' }] });
    expect(always.body.spec['tolerations']).toEqual([{ operator: 'Exists' }]);
  });

  it('always pulls its images, and tolerates where its devices are', async () => {
    const resources = { limits: { 'example.com/gpu': '1' } };
    const { body } = await pod({
      containers: [{ name: 'a', image: 'i', imagePullPolicy: 'Never', resources }],
    });
    expect(body.spec).toMatchObject({ containers: [{ imagePullPolicy: 'Always' }] });
    expect(body.spec['tolerations']).toContainEqual({
      key: 'example.com/gpu',
      operator: 'Exists',
      effect: 'NoSchedule',
    });
  });
});

describe('others', () => {
  it('nodes take no pods at first', async () => {
    const { body } = await api.call('POST', '/api/v1/nodes', { body: { metadata: { name } } });
    expect(body.spec['taints']).toEqual([
      { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' },
    ]);
  });

  it('an Ingress gets the default class', async () => {
    const path = '/apis/networking.k8s.io/v1';
    const annotations = { 'ingressclass.kubernetes.io/is-default-class': 'true' };
    await api.call('POST', `${path}/ingressclasses`, {
      body: { metadata: { name: 'edge', annotations }, spec: { controller: 'example.com/c' } },
    });
    const service = { name: 's', port: { number: 80 } };
    const body = { metadata: { name }, spec: { defaultBackend: { service } } };
    const ingresses = `${path}/namespaces/n/ingresses`;
    const answer = await api.call('POST', ingresses, { body });
    expect(answer.body.spec['ingressClassName']).toBe('edge');
  });

  it('a Service gets no external addresses, but may keep fewer', async () => {
    const ports = [{ port: 80 }];
    const body = { metadata: { name }, spec: { ports, externalIPs: ['192.0.2.1'] } };
    const { code, body: refused } = await api.call('POST', `${at}/services`, { body });
    expect([code, refused.message]).toEqual([
      403,
      `services "${name}" is forbidden: Use of external IPs is denied by admission control.`,
    ]);
  });
});

it('the newest default class counts, of those of one second the first', () => {
  const of = (className: string, creationTimestamp: string, value = 'true') => ({
    apiVersion: 'v1',
    kind: 'C',
    metadata: { name: className, creationTimestamp, annotations: { default: value } },
  });
  const chosen = defaultClass(
    [
      of('old', '2026-01-01T00:00:00Z'),
      of('c', '2026-01-02T00:00:00Z'),
      of('b', '2026-01-02T00:00:00Z'),
      of('no', '2026-01-03T00:00:00Z', 'false'),
    ],
    ['default'],
  );
  expect(chosen?.metadata.name).toBe('b');
});

it.each<[Toleration[], Toleration[], string[]]>([
  [[{ key: 'a' }], [{ key: 'a' }], ['a']],
  [[{ key: 'a', value: 'x' }], [{ key: 'a', operator: 'Exists' }], ['a Exists']],
  [[{ operator: 'Exists' }], [{ key: 'a' }, { key: 'b' }], [' Exists']],
  [[{ key: 'a', effect: 'NoSchedule' }], [{ key: 'a' }], ['a']],
  [
    [{ key: 'a', effect: 'NoExecute', tolerationSeconds: 5 }],
    [{ key: 'a', effect: 'NoExecute', tolerationSeconds: 9 }],
    ['a 9'],
  ],
  [[{ key: 'a' }], [{ key: 'b' }], ['a', 'b']],
])('tolerations %j and %j are %j', (first, second, expected) => {
  const texts = mergeTolerations(first, second).map(({ key = '', operator, tolerationSeconds }) =>
    [key, operator, tolerationSeconds].filter((part) => part !== undefined).join(' '),
  );
  expect(texts).toEqual(expected);
});
