import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../meta.ts';
import type {
  Container,
  PersistentVolumeClaim,
  Pod,
  PodSpec,
  ScopedResourceSelectorRequirement,
  Service,
} from '../types/core-v1.ts';
import { amountsText } from './amounts.ts';
import { evaluatorOf } from './evaluators.ts';

const core = (resource: string) => evaluatorOf({ group: '', resource })!;

const pod = (spec: Partial<PodSpec>, rest: Partial<Pod> = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p' },
  spec: { containers: [{ name: 'a' }], ...spec },
  ...rest,
});

const asking = (
  name: string,
  requests: Record<string, string>,
  limits: Record<string, string> = {},
): Container => ({ name, resources: { requests, limits } });

const usedBy = (resource: string, object: KubernetesObject, nowMs = 0): string =>
  amountsText(core(resource).usage(object, nowMs));

describe('what a pod uses', () => {
  it('is itself, at least', () => {
    expect(usedBy('pods', pod({}))).toBe('count/pods=1,pods=1');
  });

  it('is what its containers ask for, under both names of a request', () => {
    const containers = [
      asking('a', { cpu: '100m', memory: '1Gi' }, { cpu: '1', 'ephemeral-storage': '1Gi' }),
      asking('b', { cpu: '400m', 'hugepages-2Mi': '4Mi', 'example.com/gpu': '2' }),
    ];
    expect(usedBy('pods', pod({ containers })).split(',')).toEqual([
      'count/pods=1',
      'cpu=500m',
      'hugepages-2Mi=4Mi',
      'limits.cpu=1',
      'limits.ephemeral-storage=1Gi',
      'memory=1Gi',
      'pods=1',
      'requests.cpu=500m',
      'requests.example.com/gpu=2',
      'requests.hugepages-2Mi=4Mi',
      'requests.memory=1Gi',
    ]);
  });

  it('is what the largest step of its initialization needs, beside sidecars', () => {
    const initContainers = [
      { ...asking('sidecar', { cpu: '100m' }), restartPolicy: 'Always' },
      asking('step', { cpu: '2' }),
    ];
    const containers = [asking('a', { cpu: '1' })];
    expect(usedBy('pods', pod({ initContainers, containers }))).toContain('requests.cpu=2100m');
  });

  it('is what is given for it as a whole, and what it costs besides', () => {
    const spec = {
      containers: [asking('a', { cpu: '1' }, { cpu: '1' })],
      resources: { requests: { cpu: '3' } },
      overhead: { cpu: '250m', memory: '10Mi' },
    };
    const used = usedBy('pods', pod(spec));
    expect(used).toContain(',requests.cpu=3250m,requests.memory=10Mi');
    expect(used).toContain('limits.cpu=1250m,memory=10Mi');
  });

  it.each([
    ['has succeeded', { status: { phase: 'Succeeded' } }],
    ['has failed', { status: { phase: 'Failed' } }],
    [
      'should be gone by now',
      {
        metadata: {
          deletionTimestamp: '1970-01-01T00:00:10Z',
          deletionGracePeriodSeconds: 30,
        },
      },
    ],
  ])('is only its being there once it %s', (_when, rest: Partial<Pod>) => {
    const object = pod({ containers: [asking('a', { cpu: '1' })] }, rest);
    expect(usedBy('pods', object, 41_000)).toBe('count/pods=1');
  });

  it('is all of it while it stops', () => {
    const metadata = {
      deletionTimestamp: '1970-01-01T00:00:10Z',
      deletionGracePeriodSeconds: 30,
    };
    expect(usedBy('pods', pod({}, { metadata }), 39_000)).toBe('count/pods=1,pods=1');
  });
});

describe('the scopes of a pod', () => {
  const term = { topologyKey: 'zone', namespaceSelector: {} };
  const busy = pod({ containers: [asking('a', { cpu: '1' })] });
  const elsewhere = pod({
    affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } },
  });
  const scope = (scopeName: string, operator = 'Exists', values: string[] = []) => ({
    scopeName,
    operator,
    values,
  });

  it.each<[ScopedResourceSelectorRequirement, Pod, boolean]>([
    [scope('Terminating'), pod({ activeDeadlineSeconds: 5 }), true],
    [scope('Terminating'), pod({}), false],
    [scope('NotTerminating'), pod({}), true],
    [scope('BestEffort'), pod({}), true],
    [scope('BestEffort'), busy, false],
    [scope('NotBestEffort'), busy, true],
    [scope('CrossNamespacePodAffinity'), elsewhere, true],
    [scope('CrossNamespacePodAffinity'), pod({}), false],
    [scope('PriorityClass'), pod({ priorityClassName: 'high' }), true],
    [scope('PriorityClass'), pod({}), false],
    [scope('PriorityClass', 'In', ['high']), pod({ priorityClassName: 'high' }), true],
    [scope('PriorityClass', 'In', ['high']), pod({ priorityClassName: 'low' }), false],
    [scope('PriorityClass', 'In', ['high']), pod({}), false],
    [scope('PriorityClass', 'NotIn', ['high']), pod({}), true],
    [scope('PriorityClass', 'NotIn', ['high']), pod({ priorityClassName: 'high' }), false],
    [scope('PriorityClass', 'DoesNotExist'), pod({}), true],
    [scope('PriorityClass', 'DoesNotExist'), pod({ priorityClassName: 'x' }), false],
  ])('%j', (selector, object, expected) => {
    expect(core('pods').inScope(object, selector)).toBe(expected);
  });
});

describe('what a pod must say', () => {
  const missing = (object: Pod, limited: string[]) => core('pods').missing!(object, limited);

  it('is the cpu and memory that a quota limits, by every container', () => {
    const object = pod({
      containers: [asking('b', { cpu: '1' }), { name: 'a' }],
      initContainers: [{ name: 'i' }],
    });
    expect(missing(object, ['limits.memory', 'requests.cpu', 'pods', 'ephemeral-storage'])).toBe(
      'must specify limits.memory for: a,b,i; requests.cpu for: a,i',
    );
  });

  it('is nothing where it says it for the whole pod', () => {
    const object = pod({ resources: { limits: { memory: '1Gi' } } });
    expect(missing(object, ['limits.memory'])).toBeUndefined();
  });
});

describe('what others use', () => {
  const service = (spec: Service['spec']): Service => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 's' },
    spec,
  });
  const ports = [{ port: 80 }, { port: 81, nodePort: 30_000 }];

  it.each<[string, Service['spec'], string]>([
    ['an internal one', { ports }, '0,services.nodeports=0'],
    ['one on every node', { ports, type: 'NodePort' }, '0,services.nodeports=2'],
    ['a balanced one', { ports, type: 'LoadBalancer' }, '1,services.nodeports=2'],
    [
      'a balanced one that wants few node ports',
      { ports, type: 'LoadBalancer', allocateLoadBalancerNodePorts: false },
      '1,services.nodeports=1',
    ],
  ])('services: %s', (_name, spec, rest) => {
    expect(usedBy('services', service(spec))).toBe(
      `count/services=1,services.loadbalancers=${rest},services=1`,
    );
  });

  const claim = (storage: string, rest: Partial<PersistentVolumeClaim> = {}) => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'c' },
    spec: { storageClassName: 'gold', resources: { requests: { storage } } },
    ...rest,
  });

  it('claims: by class too, in whole bytes', () => {
    expect(usedBy('persistentvolumeclaims', claim('1500m'))).toBe(
      'count/persistentvolumeclaims=1,' +
        'gold.storageclass.storage.k8s.io/persistentvolumeclaims=1,' +
        'gold.storageclass.storage.k8s.io/requests.storage=2,' +
        'persistentvolumeclaims=1,requests.storage=2',
    );
  });

  it('claims: what was allocated already, if that is more', () => {
    const status = { allocatedResources: { storage: '3Gi' } };
    expect(usedBy('persistentvolumeclaims', claim('1Gi', { status }))).toContain(
      ',requests.storage=3Gi',
    );
  });

  it('claims: the scope of attributes', () => {
    const scope = { scopeName: 'VolumeAttributesClass', operator: 'In', values: ['fast'] };
    const inScope = (object: KubernetesObject) =>
      core('persistentvolumeclaims').inScope(object, scope);
    const status = { currentVolumeAttributesClassName: 'fast' };
    expect(inScope(claim('1Gi', { status }))).toBe(true);
    expect(inScope(claim('1Gi'))).toBe(false);
  });

  it('anything: its being there, under its old name too where it has one', () => {
    const object = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' } };
    expect(usedBy('secrets', object)).toBe('count/secrets=1,secrets=1');
    const deployments = evaluatorOf({ group: 'apps', resource: 'deployments' })!;
    expect(amountsText(deployments.usage(object, 0))).toBe('count/deployments.apps=1');
    expect(deployments.covers('count/deployments.apps')).toBe(true);
    expect(deployments.covers('deployments')).toBe(false);
  });

  it('device claims: the most that may be given, by class', () => {
    const claim = {
      apiVersion: 'resource.k8s.io/v1',
      kind: 'ResourceClaim',
      metadata: { name: 'c' },
      spec: {
        devices: {
          requests: [
            { name: 'a', exactly: { deviceClassName: 'gpu', count: 2 } },
            {
              name: 'b',
              firstAvailable: [
                { name: 'x', deviceClassName: 'gpu', count: 3 },
                { name: 'y', deviceClassName: 'gpu', count: 1 },
                { name: 'z', deviceClassName: 'nic', allocationMode: 'All' },
              ],
            },
          ],
        },
      },
    };
    const evaluator = evaluatorOf({ group: 'resource.k8s.io', resource: 'resourceclaims' })!;
    expect(amountsText(evaluator.usage(claim, 0))).toBe(
      'count/resourceclaims.resource.k8s.io=1,gpu.deviceclass.resource.k8s.io/devices=5,' +
        'nic.deviceclass.resource.k8s.io/devices=32',
    );
  });

  it('events: nothing', () => {
    expect(evaluatorOf({ group: '', resource: 'events' })).toBeUndefined();
    expect(evaluatorOf({ group: 'events.k8s.io', resource: 'events' })).toBeUndefined();
  });
});
