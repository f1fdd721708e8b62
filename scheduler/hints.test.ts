/**
 * One change each that lets a rejected pod in: the plugins that rejected it wake it for this
 * change. Then changes that cannot help, for which they let it sleep.
 */
import { describe, expect, it } from 'vitest';
import { keyOf } from '../api/meta.ts';
import { BIND_COMPLETED } from '../api/scheduling/volumes.ts';
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod } from '../api/types/core-v1.ts';
import type {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  StorageClass,
  VolumeAttachment,
} from '../api/types/storage-v1.ts';
import { silentLogger as logger } from '../platform/logger.ts';
import {
  aCluster,
  aNode,
  aNodeInfo,
  aPod,
  aStorage,
  inertParts,
  type NodeSketch,
  type StorageSketch,
} from '../test/support/scheduling.ts';
import type { ClusterEvent } from './framework/events.ts';
import { Framework } from './framework/framework.ts';
import { podInfo } from './framework/pod-info.ts';
import { defaultProfile } from './registry.ts';
import { NodeSelection } from './select-node.ts';
import type { Selection } from './selection.ts';

interface World {
  /** With pods on each, or so many of the app. */
  readonly nodes: readonly (readonly [Node, (number | readonly Pod[])?])[];
  readonly storage?: StorageSketch;
}

const web = (name: string): Pod => aPod({ name, labels: { app: 'web' } });

function selectionIn({ nodes, storage }: World, pod: Pod) {
  const infos = nodes.map(([node, pods = 0]) => {
    if (typeof pods !== 'number') return aNodeInfo(node, ...pods);
    const on = Array.from({ length: pods }, (_, i) => web(`${node.metadata.name}-${i}`));
    return aNodeInfo(node, ...on);
  });
  const cluster = aCluster(...infos);
  const profile = defaultProfile({ ...inertParts, storage: aStorage(storage) });
  const framework = new Framework(profile, cluster);
  const { random } = inertParts.preemption;
  const cycle = framework.newCycle(podInfo(pod), cluster);
  const selected = new NodeSelection({ random, logger }).select(framework, cycle) as Selection;
  return { framework, selected };
}

/** Whether the plugin, which has rejected the pod, wakes it. */
function wakes(plugin: string, event: ClusterEvent, { world, pod }: { world: World; pod: Pod }) {
  const { framework, selected } = selectionIn(world, pod);
  expect(selected.kind === 'rejected' && selected.rejectedBy).toContain(plugin);
  return framework.wakes(podInfo(pod), new Set([plugin]), event);
}

const zone = 'topology.kubernetes.io/zone';
const inZone = (name: string, value: string, sketch: NodeSketch = {}): Node =>
  aNode({ name, labels: { [zone]: value }, ...sketch });

const labelSelector = { matchLabels: { app: 'web' } };
const even = { topologyKey: zone, maxSkew: 1, labelSelector, whenUnsatisfiable: 'DoNotSchedule' };
const spread = aPod({
  ...{ name: 'new', labels: { app: 'web' }, requests: { cpu: '1' } },
  topologySpreadConstraints: [{ ...even, nodeTaintsPolicy: 'Honor' }],
});
/** Zone a has a pod, zone b has none, and no room either. */
const a = inZone('a', 'a');
const b = inZone('b', 'b', { allocatable: { cpu: '0' } });
const uneven: World = { nodes: [[a, 1], [b]] };
const tainted = inZone('b', 'b', {
  allocatable: { cpu: '0' },
  taints: [{ key: 'k', effect: 'NoSchedule' }],
});
const unlabelled = aNode({ name: 'b', allocatable: { cpu: '0' } });

const aClaim = (volumeName?: string): PersistentVolumeClaim => ({
  ...{ apiVersion: 'v1', kind: 'PersistentVolumeClaim' },
  metadata: {
    ...{ namespace: 'default', name: 'data', uid: 'data' },
    annotations: volumeName === undefined ? {} : { [BIND_COMPLETED]: 'yes' },
  },
  spec: {
    ...{ accessModes: ['ReadWriteOnce'], storageClassName: 'slow' },
    resources: { requests: { storage: '2Gi' } },
    ...(volumeName === undefined ? {} : { volumeName }),
  },
  status: { phase: volumeName === undefined ? 'Pending' : 'Bound' },
});
const aVolume = (name: string, value?: string): PersistentVolume => ({
  ...{ apiVersion: 'v1', kind: 'PersistentVolume' },
  metadata: { name, ...(value === undefined ? {} : { labels: { [zone]: value } }) },
  spec: {
    ...{ accessModes: ['ReadWriteOnce'], storageClassName: 'slow', capacity: { storage: '2Gi' } },
  },
  status: { phase: 'Available' },
});
const mounting = aPod({
  name: 'new',
  volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }],
});

/** A volume in zone y, and the node it is looked for on in zone x. */
const apart: StorageSketch = { claims: [aClaim('v')], volumes: [aVolume('v', 'y')] };
const x = inZone('n', 'x');
const zoned: World = { nodes: [[x]], storage: apart };

const aClass = (provisioner: string): StorageClass => ({
  ...{ apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata: { name: 'slow' } },
  ...{ provisioner, volumeBindingMode: 'WaitForFirstConsumer' },
});
const driver = (storageCapacity: boolean): CSIDriver => ({
  ...{ apiVersion: 'storage.k8s.io/v1', kind: 'CSIDriver', metadata: { name: 'p' } },
  spec: { storageCapacity },
});
const capacityOf = (capacity: string): CSIStorageCapacity => ({
  ...{ apiVersion: 'storage.k8s.io/v1', kind: 'CSIStorageCapacity', metadata: { name: 'c' } },
  ...{ storageClassName: 'slow', nodeTopology: { matchLabels: { [zone]: 'y' } }, capacity },
});
const waiting: StorageSketch = {
  ...{ claims: [aClaim()], classes: [aClass('p')], csiDrivers: [driver(true)] },
  capacities: [capacityOf('1Gi')],
};
const y = inZone('n', 'y');
const exhausted: World = { nodes: [[y]], storage: waiting };
const roomy: StorageSketch = { ...waiting, capacities: [capacityOf('5Gi')] };
const noVolume: StorageSketch = {
  ...{ claims: [aClaim()], classes: [aClass('kubernetes.io/no-provisioner')] },
};

const claimEvent = (object: PersistentVolumeClaim, old?: PersistentVolumeClaim): ClusterEvent => ({
  ...{ kind: 'Claim', key: keyOf(object), object },
  ...(old === undefined ? {} : { old }),
});
const foreignClaim: ClusterEvent = { kind: 'Claim', key: 'default/other', object: aClaim('v') };

type Case = readonly [string, Pod, World, World, ClusterEvent];

const spreading: readonly Case[] = [
  [
    'the node of the empty domain goes',
    spread,
    uneven,
    { nodes: [[a, 1]] },
    { kind: 'NodeDelete', node: b },
  ],
  [
    'its label goes',
    spread,
    uneven,
    { nodes: [[a, 1], [unlabelled]] },
    { kind: 'NodeLabels', node: unlabelled, old: b },
  ],
  [
    'a taint takes it out of the count',
    spread,
    uneven,
    { nodes: [[a, 1], [tainted]] },
    { kind: 'NodeTaints', node: tainted, old: b },
  ],
  [
    'a node with room comes to it',
    spread,
    uneven,
    { nodes: [[a, 1], [b], [inZone('c', 'b')]] },
    { kind: 'NodeAdd', node: inZone('c', 'b') },
  ],
  [
    'a pod comes to it',
    spread,
    uneven,
    {
      nodes: [
        [a, 1],
        [b, 1],
      ],
    },
    { kind: 'AssignedPodAdd', pod: podInfo(web('b-0')) },
  ],
  [
    'a pod leaves the full one',
    spread,
    uneven,
    { nodes: [[a], [b]] },
    { kind: 'AssignedPodDelete', pod: podInfo(web('a-0')) },
  ],
];

const zones: readonly Case[] = [
  [
    'a node comes to its zone',
    mounting,
    zoned,
    { nodes: [[x], [inZone('m', 'y')]], storage: apart },
    { kind: 'NodeAdd', node: inZone('m', 'y') },
  ],
  [
    'the node is said to be in its zone',
    mounting,
    zoned,
    { nodes: [[y]], storage: apart },
    { kind: 'NodeLabels', node: y, old: x },
  ],
  [
    "the volume's labels change",
    mounting,
    zoned,
    { nodes: [[x]], storage: { ...apart, volumes: [aVolume('v', 'x')] } },
    { kind: 'Volume', object: aVolume('v', 'x'), old: aVolume('v', 'y') },
  ],
  [
    'the claim has another volume',
    mounting,
    { ...zoned, storage: { ...apart, volumes: [aVolume('v', 'y'), aVolume('w', 'x')] } },
    { nodes: [[x]], storage: { claims: [aClaim('w')], volumes: [aVolume('w', 'x')] } },
    claimEvent(aClaim('w'), aClaim('v')),
  ],
];

const bindings: readonly Case[] = [
  [
    'the driver has room again',
    mounting,
    exhausted,
    { nodes: [[y]], storage: roomy },
    { kind: 'StorageCapacity', object: capacityOf('5Gi'), old: capacityOf('1Gi') },
  ],
  [
    'the driver does not say any more how much it has',
    mounting,
    exhausted,
    { nodes: [[y]], storage: { ...waiting, csiDrivers: [driver(false)] } },
    { kind: 'CSIDriver', object: driver(false), old: driver(true) },
  ],
  [
    'a node comes where the driver has room',
    mounting,
    { nodes: [[x]], storage: roomy },
    { nodes: [[x], [inZone('m', 'y')]], storage: roomy },
    { kind: 'NodeAdd', node: inZone('m', 'y') },
  ],
  [
    'the node is said to be where the driver has room',
    mounting,
    { nodes: [[x]], storage: roomy },
    { nodes: [[y]], storage: roomy },
    { kind: 'NodeLabels', node: y, old: x },
  ],
  [
    'a volume is made',
    mounting,
    { nodes: [[y]], storage: noVolume },
    { nodes: [[y]], storage: { ...noVolume, volumes: [aVolume('v')] } },
    { kind: 'Volume', object: aVolume('v') },
  ],
  [
    'the class gets a provisioner',
    mounting,
    { nodes: [[y]], storage: noVolume },
    { nodes: [[y]], storage: { ...noVolume, classes: [aClass('q')] } },
    { kind: 'StorageClass', object: aClass('q') },
  ],
];

const gce = { name: 'v', gcePersistentDisk: { pdName: 'd' } };
const onDisk = aPod({ name: 'new', volumes: [gce] });
const holding = aPod({ name: 'holds', volumes: [gce] });

const claims: readonly Case[] = [
  [
    'a pod with its disk goes',
    onDisk,
    { nodes: [[y, [holding]]] },
    { nodes: [[y]] },
    { kind: 'AssignedPodDelete', pod: podInfo(holding) },
  ],
  [
    'a node comes where nobody has its disk',
    onDisk,
    { nodes: [[y, [holding]]] },
    { nodes: [[y, [holding]], [inZone('m', 'x')]] },
    { kind: 'NodeAdd', node: inZone('m', 'x') },
  ],
  [
    'the claim is made',
    mounting,
    { nodes: [[y]], storage: { volumes: [aVolume('v')] } },
    { nodes: [[y]], storage: { claims: [aClaim('v')], volumes: [aVolume('v')] } },
    claimEvent(aClaim('v')),
  ],
];

const greedy = aPod({ name: 'new', requests: { cpu: '3' } });
const sized = (allocatable: Record<string, string>): Node => aNode({ name: 'n', allocatable });
const little = sized({ cpu: '2', memory: '1Gi', pods: '9' });
const more = sized({ cpu: '3', memory: '1Gi', pods: '9' });
const taken = sized({ cpu: '3', memory: '1Gi', pods: '1' });
const small: World = { nodes: [[little]] };

const sizes: readonly Case[] = [
  [
    'a node grows in what it asks for',
    greedy,
    small,
    { nodes: [[more]] },
    { kind: 'NodeAllocatable', node: more, old: little },
  ],
];

/** The node takes one volume of the driver, and still has one of a pod that is gone. */
const aDisk = (name: string): PersistentVolume => {
  const volume = aVolume(name);
  return { ...volume, spec: { ...volume.spec, csi: { driver: 'p', volumeHandle: name } } };
};
const taking = (count: number): CSINode => ({
  ...{ apiVersion: 'storage.k8s.io/v1', kind: 'CSINode', metadata: { name: 'n' } },
  spec: { drivers: [{ name: 'p', nodeID: 'n', allocatable: { count } }] },
});
const onlyOne = taking(1);
const unlimited: CSINode = { ...onlyOne, spec: { drivers: [{ name: 'p', nodeID: 'n' }] } };
const leftOver: VolumeAttachment = {
  ...{ apiVersion: 'storage.k8s.io/v1', kind: 'VolumeAttachment', metadata: { name: 'w' } },
  spec: { attacher: 'p', nodeName: 'n', source: { persistentVolumeName: 'w' } },
};
const disks: StorageSketch = {
  ...{ claims: [aClaim('v')], volumes: [aDisk('v'), aDisk('w')], csiNodes: [onlyOne] },
};

const limits: readonly Case[] = [
  [
    'a volume is detached',
    mounting,
    { nodes: [[x]], storage: { ...disks, attachments: [leftOver] } },
    { nodes: [[x]], storage: disks },
    { kind: 'VolumeAttachmentDelete', object: leftOver },
  ],
  [
    'the node takes one more',
    mounting,
    { nodes: [[x]], storage: { ...disks, attachments: [leftOver] } },
    { nodes: [[x]], storage: { ...disks, csiNodes: [taking(2)], attachments: [leftOver] } },
    { kind: 'CSINode', object: taking(2), old: onlyOne },
  ],
  [
    'the node names no limit any more',
    mounting,
    { nodes: [[x]], storage: { ...disks, attachments: [leftOver] } },
    { nodes: [[x]], storage: { ...disks, csiNodes: [unlimited], attachments: [leftOver] } },
    { kind: 'CSINode', object: unlimited, old: onlyOne },
  ],
];

describe.each([
  ['NodeResourcesFit', sizes],
  ['NodeVolumeLimits', limits],
  ['PodTopologySpread', spreading],
  ['VolumeZone', zones],
  ['VolumeRestrictions', claims],
  ['VolumeBinding', bindings],
])('a pod that %s rejected is woken when', (plugin, cases) => {
  it.each(cases)('%s', (_, ...[pod, world, after, event]) => {
    expect(wakes(plugin, event, { world, pod })).toBe(true);
    expect(selectionIn(after, pod).selected.kind).toBe('node');
  });
});

const otherDriver = (storageCapacity: boolean): CSIDriver => ({
  ...driver(storageCapacity),
  metadata: { name: 'q' },
});
const aSecret = { name: 's', secret: { secretName: 's' } };
const other = podInfo(aPod({ name: 'other', labels: { app: 'db' } }));
const elsewhere = aNode({ name: 'z' });

describe('a rejected pod sleeps on when', () => {
  it.each<[string, string, Pod, World, ClusterEvent]>([
    [
      'a node without the label goes',
      'PodTopologySpread',
      spread,
      uneven,
      { kind: 'NodeDelete', node: elsewhere },
    ],
    [
      'a pod of another app comes',
      'PodTopologySpread',
      spread,
      uneven,
      { kind: 'AssignedPodAdd', pod: other },
    ],
    ["somebody else's claim changes", 'VolumeZone', mounting, zoned, foreignClaim],
    [
      'a driver has more room',
      'VolumeZone',
      mounting,
      zoned,
      { kind: 'StorageCapacity', object: capacityOf('5Gi') },
    ],
    ["somebody else's claim changes", 'VolumeBinding', mounting, exhausted, foreignClaim],
    [
      'a node grows in what it does not ask for',
      'NodeResourcesFit',
      greedy,
      { nodes: [[taken, 1]] },
      {
        kind: 'NodeAllocatable',
        node: sized({ cpu: '3', memory: '2Gi', pods: '1' }),
        old: taken,
      },
    ],
    ['a node goes', 'VolumeBinding', mounting, exhausted, { kind: 'NodeDelete', node: y }],
    [
      "its class is changed, but for the node's topology",
      'VolumeBinding',
      mounting,
      exhausted,
      { kind: 'StorageClass', object: aClass('p'), old: aClass('p') },
    ],
    [
      'a driver has less room',
      'VolumeBinding',
      mounting,
      exhausted,
      { kind: 'StorageCapacity', object: capacityOf('1Gi'), old: capacityOf('2Gi') },
    ],
    [
      'a driver begins to say how much it has',
      'VolumeBinding',
      mounting,
      exhausted,
      { kind: 'CSIDriver', object: driver(true), old: driver(false) },
    ],
    [
      'a driver of other volumes does not say any more how much it has',
      'VolumeBinding',
      mounting,
      exhausted,
      { kind: 'CSIDriver', object: otherDriver(false), old: otherDriver(true) },
    ],
    [
      'a volume is changed but for its zone',
      'VolumeZone',
      mounting,
      zoned,
      { kind: 'Volume', object: aVolume('v', 'y'), old: aVolume('v', 'y') },
    ],
    [
      'a class is made whose claims are bound at once',
      'VolumeZone',
      mounting,
      zoned,
      { kind: 'StorageClass', object: { ...aClass('p'), volumeBindingMode: 'Immediate' } },
    ],
    [
      'a claim that it waits for nothing of is changed',
      'VolumeRestrictions',
      mounting,
      { nodes: [[y]] },
      claimEvent(aClaim('v'), aClaim()),
    ],
    [
      'a pod with other volumes goes',
      'VolumeRestrictions',
      mounting,
      { nodes: [[y]] },
      { kind: 'AssignedPodDelete', pod: podInfo(aPod({ name: 'z', volumes: [aSecret] })) },
    ],
    [
      'a node takes fewer volumes',
      'NodeVolumeLimits',
      mounting,
      { nodes: [[x]], storage: { ...disks, attachments: [leftOver] } },
      { kind: 'CSINode', object: onlyOne, old: taking(2) },
    ],
    [
      'a pod without volumes goes',
      'NodeVolumeLimits',
      mounting,
      { nodes: [[x]], storage: { ...disks, attachments: [leftOver] } },
      { kind: 'AssignedPodDelete', pod: other },
    ],
  ])('%s, if %s rejected it', (_, ...[plugin, pod, world, event]) => {
    expect(wakes(plugin, event, { world, pod })).toBe(false);
  });
});
