import { describe, expect, test } from 'vitest';
import type { Pod } from '../../../../api/types/core-v1.ts';
import { created, type Sent, updateErrors, written } from '../../../../test/support/kinds.ts';
import { pod } from './declaration.ts';

const container = (fields: Sent = {}): Sent => ({ name: 'c', image: 'nginx', ...fields });
const podOf = (fields: Sent = {}): Sent => ({ spec: { containers: [container()], ...fields } });
const withContainer = (fields: Sent): Sent => podOf({ containers: [container(fields)] });

describe('defaults', () => {
  test('a pod that names only an image', () => {
    expect(created(pod, podOf())).toEqual({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'x', namespace: 'default' },
      spec: {
        containers: [
          {
            name: 'c',
            image: 'nginx',
            imagePullPolicy: 'Always',
            resources: {},
            terminationMessagePath: '/dev/termination-log',
            terminationMessagePolicy: 'File',
          },
        ],
        dnsPolicy: 'ClusterFirst',
        enableServiceLinks: true,
        restartPolicy: 'Always',
        schedulerName: 'default-scheduler',
        securityContext: {},
        terminationGracePeriodSeconds: 30,
      },
      status: { phase: 'Pending', qosClass: 'BestEffort' },
    });
  });

  test.each([
    ['nginx', 'Always'],
    ['nginx:latest', 'Always'],
    ['nginx:1.27', 'IfNotPresent'],
    ['localhost:5000/nginx', 'Always'],
    ['localhost:5000/nginx:1', 'IfNotPresent'],
    [`nginx@sha256:${'ab'.repeat(32)}`, 'IfNotPresent'],
    [`nginx:latest@sha256:${'ab'.repeat(32)}`, 'Always'],
    ['no reference!', 'IfNotPresent'],
  ])('%s is pulled %s', (image, policy) => {
    const { spec } = created(pod, withContainer({ image }));
    expect(spec.containers[0]!.imagePullPolicy).toBe(policy);
  });

  test.each([
    ['nothing where nothing is said', {}, {}],
    [
      "requests from the containers' most, else from limits",
      { limits: { cpu: '4', memory: '2Gi', 'hugepages-2Mi': '8Mi' } },
      {
        limits: { cpu: '4', memory: '2Gi', 'hugepages-2Mi': '8Mi' },
        requests: { cpu: '700m', memory: '2Gi', 'hugepages-2Mi': '8Mi' },
      },
    ],
    [
      "limits of huge pages from the containers', what is requested stays",
      { limits: { memory: '2Gi' }, requests: { memory: '1Gi' } },
      {
        limits: { memory: '2Gi', 'hugepages-2Mi': '4Mi' },
        requests: { memory: '1Gi', cpu: '700m', 'hugepages-2Mi': '4Mi' },
      },
    ],
  ])('of the resources of a whole pod: %s', (_what, resources, expected) => {
    const huge = { 'hugepages-2Mi': '4Mi' };
    const requesting = (name: string, cpu: string, more: Sent = {}): Sent =>
      container({ name, resources: { requests: { cpu } }, ...more });
    const { spec } = created(
      pod,
      podOf({
        resources,
        initContainers: [
          requesting('sidecar', '100m', { restartPolicy: 'Always' }),
          requesting('init', '600m'),
        ],
        containers: [
          requesting('a', '200m'),
          container({ name: 'b', resources: { requests: { cpu: '0.3', ...huge }, limits: huge } }),
        ],
      }),
    );
    expect(spec.resources).toEqual(expected);
  });

  test('probes, ports, references and hooks', () => {
    const { spec } = created(
      pod,
      withContainer({
        ports: [{ containerPort: 80 }],
        env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
        livenessProbe: { httpGet: { port: 80 } },
        readinessProbe: { grpc: { port: 9 }, periodSeconds: 3 },
        lifecycle: { preStop: { httpGet: { port: 80 } } },
      }),
    );
    expect(spec.containers[0]).toMatchObject({
      ports: [{ containerPort: 80, protocol: 'TCP' }],
      env: [{ valueFrom: { fieldRef: { apiVersion: 'v1' } } }],
      livenessProbe: {
        httpGet: { path: '/', scheme: 'HTTP' },
        timeoutSeconds: 1,
        periodSeconds: 10,
        successThreshold: 1,
        failureThreshold: 3,
      },
      readinessProbe: { grpc: { service: '' }, periodSeconds: 3 },
      lifecycle: { preStop: { httpGet: { path: '/', scheme: 'HTTP' } } },
    });
  });

  test('volumes', () => {
    const { spec } = created(
      pod,
      podOf({
        volumes: [
          { name: 'a' },
          { name: 'b', secret: { secretName: 's' } },
          { name: 'c', configMap: { name: 'm' } },
          { name: 'd', hostPath: { path: '/x' } },
          { name: 'e', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } },
          {
            name: 'f',
            downwardAPI: { items: [{ path: 'p', fieldRef: { fieldPath: 'metadata.uid' } }] },
          },
        ],
      }),
    );
    expect(spec.volumes).toEqual([
      { name: 'a', emptyDir: {} },
      { name: 'b', secret: { secretName: 's', defaultMode: 420 } },
      { name: 'c', configMap: { name: 'm', defaultMode: 420 } },
      { name: 'd', hostPath: { path: '/x', type: '' } },
      {
        name: 'e',
        projected: {
          defaultMode: 420,
          sources: [{ serviceAccountToken: { path: 't', expirationSeconds: 3600 } }],
        },
      },
      {
        name: 'f',
        downwardAPI: {
          defaultMode: 420,
          items: [{ path: 'p', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.uid' } }],
        },
      },
    ]);
  });

  test('limits are requested; on the host network ports are the host’s', () => {
    const { spec } = created(pod, {
      spec: {
        hostNetwork: true,
        serviceAccount: 'robot',
        containers: [
          container({
            ports: [{ containerPort: 80 }],
            resources: { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m' } },
          }),
        ],
      },
    });
    expect(spec.containers[0]!.resources!.requests).toEqual({ cpu: '500m', memory: '1Gi' });
    expect(spec.containers[0]!.ports![0]!.hostPort).toBe(80);
    expect(spec.serviceAccountName).toBe('robot');
  });
});

test.each([
  [{}, 'BestEffort'],
  [{ requests: { cpu: '1' } }, 'Burstable'],
  [{ limits: { cpu: '1' } }, 'Burstable'],
  [{ limits: { cpu: '1', memory: '1Gi' } }, 'Guaranteed'],
  [{ limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1000m' } }, 'Guaranteed'],
  [{ limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m' } }, 'Burstable'],
  [{ limits: { 'ephemeral-storage': '1Gi' } }, 'BestEffort'],
  [{ requests: { cpu: '0' } }, 'BestEffort'],
])('resources %j make the pod %s', (resources, qosClass) => {
  expect(created(pod, withContainer({ resources })).status!.qosClass).toBe(qosClass);
});

test('matchLabelKeys become requirements with the pod’s own values', () => {
  const { spec } = created(pod, {
    metadata: { labels: { app: 'web', version: '2' } },
    spec: {
      containers: [container()],
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: 'zone',
          whenUnsatisfiable: 'DoNotSchedule',
          labelSelector: { matchLabels: { app: 'web' } },
          matchLabelKeys: ['version', 'absent'],
        },
      ],
    },
  });
  expect(spec.topologySpreadConstraints![0]!.labelSelector).toEqual({
    matchLabels: { app: 'web' },
    matchExpressions: [{ key: 'version', operator: 'In', values: ['2'] }],
  });
});

test('what a pod can only come to have is refused at its creation', () => {
  const later = {
    nodeName: 'n',
    schedulingGates: [{ name: 'g' }],
    ephemeralContainers: [{ name: 'e', image: 'x' }],
  };
  expect(() => created(pod, podOf(later))).toThrow(
    'Pod "x" is invalid: [spec.ephemeralContainers: Forbidden: cannot be set on create, ' +
      'spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared]',
  );
});

const onlyThese =
  'spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,' +
  '`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions ' +
  'to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it ' +
  'was previously negative)';

describe('update', () => {
  const old = created(pod, podOf({ tolerations: [{ key: 'k', operator: 'Exists' }] }));

  test('image, deadline and more tolerations may change', () => {
    const errors = updateErrors(pod, old, ({ spec }) => {
      spec.containers[0]!.image = 'nginx:2';
      spec.activeDeadlineSeconds = 10;
      spec.tolerations!.push({ key: 'l', operator: 'Exists' });
    });
    expect(errors).toEqual([]);
  });

  test('nothing else may, and the message says what was changed', () => {
    const errors = updateErrors(pod, old, ({ spec }) => {
      spec.nodeName = 'n';
      spec.containers[0]!.command = ['a'];
    });
    const changes = '\n  spec.containers[0].command: unset → ["a"]\n  spec.nodeName: unset → "n"';
    expect(errors).toEqual([onlyThese + changes]);
  });

  test('containers stay as many', () => {
    const errors = updateErrors(pod, old, ({ spec }) => {
      spec.containers.push({ name: 'd', image: 'x' });
    });
    expect(errors).toEqual([
      'spec.containers: Forbidden: pod updates may not add or remove containers',
    ]);
  });

  test('a deadline only comes nearer; tolerations stay', () => {
    const limited = created(
      pod,
      podOf({ activeDeadlineSeconds: 10, tolerations: [{ operator: 'Exists' }] }),
    );
    const errors = updateErrors(pod, limited, ({ spec }) => {
      spec.activeDeadlineSeconds = 20;
      spec.tolerations = [];
    });
    expect(errors).toEqual([
      'spec.activeDeadlineSeconds: Invalid value: 20: must be less than or equal to previous value',
      'spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds',
    ]);
  });

  test('a gated pod may be narrowed, and gates only go', () => {
    const gated = created(
      pod,
      podOf({ schedulingGates: [{ name: 'a' }], nodeSelector: { zone: 'z' } }),
    );
    expect(gated.status!.conditions![0]).toMatchObject({ reason: 'SchedulingGated' });
    expect(
      updateErrors(pod, gated, ({ spec }) => {
        spec.schedulingGates = [];
        spec.nodeSelector!['disk'] = 'ssd';
      }),
    ).toEqual([]);
    expect(
      updateErrors(pod, gated, ({ spec }) => {
        spec.schedulingGates!.push({ name: 'b' });
        spec.nodeSelector = {};
      }),
    ).toEqual([
      "spec.schedulingGates[1].name: Forbidden: only deletion is allowed, but found new scheduling gate 'b'",
      'spec.nodeSelector: Invalid value: {}: only additions to spec.nodeSelector are allowed (no mutations or deletions)',
    ]);
  });
});

describe('subresources', () => {
  const parent = created(pod, podOf());
  const target = { kind: 'Node', name: 'node1' };

  test('binding names the node, once', () => {
    const sent = { metadata: { name: 'x', annotations: { a: 'b' } }, target };
    const { object, errors } = written(pod, 'binding', { parent, sent });
    expect(errors).toEqual([]);
    expect(object.spec.nodeName).toBe('node1');
    expect(object.metadata.annotations).toEqual({ a: 'b' });
    expect(object.status!.conditions).toMatchObject([{ type: 'PodScheduled', status: 'True' }]);
    expect(() => written(pod, 'binding', { parent: object, sent })).toThrow(
      'Operation cannot be fulfilled on pods/binding "x": pod x is already assigned to node "node1"',
    );
    expect(parent.spec.nodeName).toBeUndefined();
  });

  test.each<[Sent, string]>([
    [{ target: { kind: 'Moon', name: 'n' } }, 'target.kind: Unsupported value: "Moon"'],
    [{ target: {} }, 'target.name: Required value'],
  ])('a binding like %j is refused', (sent, message) => {
    expect(() => written(pod, 'binding', { parent, sent })).toThrow(message);
  });

  test('a gated or ending pod is not bound', () => {
    const gated = created(pod, podOf({ schedulingGates: [{ name: 'a' }] }));
    expect(() => written(pod, 'binding', { parent: gated, sent: { target } })).toThrow(
      'pod x has non-empty .spec.schedulingGates',
    );
    const ending = { ...parent, metadata: { ...parent.metadata, deletionTimestamp: 't' } };
    expect(() => written(pod, 'binding', { parent: ending, sent: { target } })).toThrow(
      'pod x is being deleted, cannot be assigned to a host',
    );
  });

  test('eviction marks the pod and deletes it', () => {
    const { object } = written(pod, 'eviction', { parent, sent: { metadata: { name: 'x' } } });
    expect(object.status!.conditions).toMatchObject([
      { type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI' },
    ]);
  });

  test('ephemeral containers join and stay', () => {
    const join = (parent: Pod, ephemeralContainers: Sent[]) =>
      written(pod, 'ephemeralcontainers', {
        parent,
        sent: { metadata: {}, spec: { ephemeralContainers } },
      });
    const debug = { name: 'debug', image: 'busybox:1', targetContainerName: 'c' };
    const first = join(parent, [debug]);
    expect(first.errors).toEqual([]);
    expect(first.object.spec.ephemeralContainers![0]).toMatchObject({
      terminationMessagePolicy: 'File',
    });
    expect(join(first.object, []).errors).toEqual([
      'spec.ephemeralContainers: Forbidden: existing ephemeral containers "debug" may not be removed\n',
    ]);
    expect(
      join(parent, [{ ...debug, targetContainerName: 'z', ports: [{ containerPort: 1 }] }]).errors,
    ).toEqual([
      'spec.ephemeralContainers[0].targetContainerName: Not found: "z"',
      'spec.ephemeralContainers[0].ports: Forbidden: cannot be set for an Ephemeral Container',
    ]);
  });

  test('a status write leaves the spec and may not raise the dead', () => {
    const once = created(pod, podOf({ restartPolicy: 'Never' }));
    const ended = { containerStatuses: [{ name: 'c', state: { terminated: { exitCode: 1 } } }] };
    const sent = { metadata: once.metadata, spec: { containers: [] }, status: ended };
    const { object, errors } = written(pod, 'status', { parent: once, sent });
    expect(errors).toEqual([]);
    expect(object.spec).toEqual(once.spec);
    const running = { containerStatuses: [{ name: 'c', state: { running: {} } }] };
    const back = written(pod, 'status', { parent: object, sent: { ...sent, status: running } });
    expect(back.errors).toEqual([
      'status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state',
    ]);
  });
});

test.each<[string, Sent, { asked?: number; seconds: number }]>([
  ['not scheduled', {}, { seconds: 0 }],
  ['running', { nodeName: 'n' }, { seconds: 30 }],
  ['running, asked for 5', { nodeName: 'n' }, { asked: 5, seconds: 5 }],
  ['running, forced', { nodeName: 'n' }, { asked: 0, seconds: 0 }],
  ['negative', { nodeName: 'n', terminationGracePeriodSeconds: -1 }, { seconds: 1 }],
])('grace of a pod that is %s', (_title, fields, { asked, seconds }) => {
  expect(pod.gracePeriodSeconds(created(pod, podOf(fields)), asked)).toBe(seconds);
});

test('a pod that ended needs no grace', () => {
  const ended = { ...created(pod, podOf({ nodeName: 'n' })), status: { phase: 'Succeeded' } };
  expect(pod.gracePeriodSeconds(ended, undefined)).toBe(0);
});
