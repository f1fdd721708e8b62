/** Claims and volumes that keep pods waiting. */
import { node, nodes, object, pod, type SchedulingCase } from './case.ts';

const zone = 'topology.kubernetes.io/zone';
const storageClass = (name: string, volumeBindingMode: string, more: object = {}) =>
  object('storage.k8s.io/v1', 'StorageClass', {
    name,
    provisioner: 'disk.example.com',
    volumeBindingMode,
    ...more,
  });
const waiting = storageClass('late', 'WaitForFirstConsumer');
const static_ = storageClass('static', 'WaitForFirstConsumer', {
  provisioner: 'kubernetes.io/no-provisioner',
});
const claim = (name: string, storageClassName: string, more: object = {}) =>
  object('v1', 'PersistentVolumeClaim', {
    name,
    spec: {
      storageClassName,
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '1Gi' } },
      ...more,
    },
  });
const volume = (name: string, more: object = {}, labels?: Readonly<Record<string, string>>) => ({
  ...object('v1', 'PersistentVolume', {
    name,
    spec: {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOnce'],
      hostPath: { path: '/tmp' },
      storageClassName: 'static',
      ...more,
    },
  }),
  ...(labels === undefined ? {} : { metadata: { name, labels } }),
});
const onNode = (name: string) => ({
  nodeAffinity: {
    required: {
      nodeSelectorTerms: [
        { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [name] }] },
      ],
    },
  },
});
/** A claim that the volume controller bound. */
const bound = (name: string, volumeName: string, more: object = {}) => ({
  ...claim(name, 'static', { volumeName, ...more }),
  metadata: {
    name,
    namespace: 'default',
    annotations: { 'pv.kubernetes.io/bind-completed': 'yes' },
  },
  status: { phase: 'Bound' },
});
const csiNode = (name: string, driver: string, count: number) =>
  object('storage.k8s.io/v1', 'CSINode', {
    name,
    spec: { drivers: [{ name: driver, nodeID: name, topologyKeys: [], allocatable: { count } }] },
  });

export const storageCases: readonly SchedulingCase[] = [
  { name: 'a claim that is not there', steps: [[...nodes(2), pod('p', { claims: ['c'] })]] },
  {
    name: 'a claim of the pod itself that is not there yet',
    steps: [
      [
        node('n1'),
        pod('p', {
          volumes: [
            {
              name: 'v',
              ephemeral: {
                volumeClaimTemplate: {
                  spec: {
                    accessModes: ['ReadWriteOnce'],
                    resources: { requests: { storage: '1Gi' } },
                  },
                },
              },
            },
          ],
        }),
      ],
    ],
  },
  {
    name: 'a claim that is not bound and does not wait for pods',
    steps: [
      [...nodes(2), storageClass('soon', 'Immediate'), claim('c', 'soon')],
      [pod('p', { claims: ['c'] })],
    ],
  },
  {
    name: 'a claim of a class that is not there',
    steps: [[node('n1'), claim('c', 'nope')], [pod('p', { claims: ['c'] })]],
  },
  {
    name: 'a claim that no volume fits and nobody provisions',
    steps: [
      [...nodes(2), static_, claim('c', 'static', { resources: { requests: { storage: '9Gi' } } })],
      [pod('p', { claims: ['c'] })],
    ],
  },
  {
    name: 'a volume of another node',
    steps: [
      [...nodes(2), static_, volume('v', onNode('n9')), claim('c', 'static')],
      [pod('p', { claims: ['c'] })],
    ],
  },
  {
    name: 'a bound volume of another node',
    steps: [
      [...nodes(2), static_, volume('v', onNode('n9')), bound('c', 'v')],
      [pod('p', { claims: ['c'] })],
    ],
  },
  {
    name: 'a bound volume of this node, and one of another',
    steps: [
      [
        ...[node('n1'), static_, volume('v', onNode('n1')), volume('w', onNode('n9'))],
        ...[bound('c', 'v'), bound('d', 'w')],
      ],
      [pod('p', { claims: ['c'] })],
      [pod('q', { claims: ['c', 'd'] })],
    ],
  },
  {
    name: 'a claim bound to a volume that is gone',
    steps: [[node('n1'), static_, bound('c', 'gone')], [pod('p', { claims: ['c'] })]],
  },
  {
    name: 'a claim that lost its volume',
    steps: [
      [node('n1'), static_, { ...bound('c', 'gone'), status: { phase: 'Lost' } }],
      [pod('p', { claims: ['c'] })],
    ],
  },
  {
    name: 'a volume of another zone',
    steps: [
      [
        node('n1', { labels: { [zone]: 'a' } }),
        static_,
        volume('v', {}, { [zone]: 'b' }),
        bound('c', 'v'),
      ],
      [pod('p', { claims: ['c'] })],
    ],
  },
  {
    name: 'provisioning in another place only',
    steps: [
      [
        node('n1', { labels: { [zone]: 'a' } }),
        storageClass('there', 'WaitForFirstConsumer', {
          allowedTopologies: [{ matchLabelExpressions: [{ key: zone, values: ['b'] }] }],
        }),
        claim('c', 'there'),
      ],
      [pod('p', { claims: ['c'] })],
    ],
  },
  {
    name: 'provisioning without room',
    steps: [
      [
        node('n1'),
        waiting,
        object('storage.k8s.io/v1', 'CSIDriver', {
          name: 'disk.example.com',
          spec: { storageCapacity: true },
        }),
        claim('c', 'late'),
      ],
      [pod('p', { claims: ['c'] })],
    ],
  },
  {
    name: 'a claim that one pod alone may mount',
    steps: [
      [
        ...[...nodes(2), static_, volume('v', { accessModes: ['ReadWriteOncePod'] })],
        bound('c', 'v', { accessModes: ['ReadWriteOncePod'] }),
      ],
      [pod('p', { claims: ['c'], nodeSelector: { 'kubernetes.io/hostname': 'n1' } })],
      [pod('q', { claims: ['c'] })],
    ],
  },
  {
    name: 'a disk that one pod alone may write',
    steps: [
      [node('n1'), pod('p', { volumes: [{ name: 'd', gcePersistentDisk: { pdName: 'x' } }] })],
      [pod('q', { volumes: [{ name: 'd', gcePersistentDisk: { pdName: 'x' } }] })],
    ],
  },
  {
    name: 'as many volumes of a driver as a node takes',
    steps: [
      [
        ...[node('n1'), csiNode('n1', 'example.com', 1), static_],
        ...['v', 'w'].map((name) =>
          volume(name, {
            hostPath: undefined,
            csi: { driver: 'example.com', volumeHandle: name },
          }),
        ),
        ...[bound('c', 'v'), bound('d', 'w')],
      ],
      [pod('p', { claims: ['c'] })],
      [pod('q', { claims: ['d'] })],
    ],
  },
];
