import { describe, expect, it } from 'vitest';
import { BIND_COMPLETED, SELECTED_NODE } from '../../api/scheduling/volumes.ts';
import type {
  PersistentVolume,
  PersistentVolumeClaim,
  PersistentVolumeClaimSpec,
  PersistentVolumeSpec,
  Pod,
} from '../../api/types/core-v1.ts';
import type {
  CSINode,
  CSIDriver,
  CSIStorageCapacity,
  StorageClass,
  VolumeAttachment,
} from '../../api/types/storage-v1.ts';
import {
  aCycle,
  aNode,
  aNodeInfo,
  aPod,
  aStorage,
  type StorageSketch,
} from '../../test/support/scheduling.ts';
import type { Cycle, FilterPlugin, PreFilterPlugin } from '../framework/interface.ts';
import { nodeVolumeLimits } from './node-volume-limits.ts';
import { volumeBinding } from './volume-binding.ts';
import { volumeRestrictions } from './volume-restrictions.ts';
import { volumeZone } from './volume-zone.ts';
import type { Storage } from './volumes.ts';

interface ClaimSketch extends PersistentVolumeClaimSpec {
  readonly annotations?: Record<string, string>;
  readonly phase?: string;
}

const aClaim = (name: string, sketch: ClaimSketch = {}): PersistentVolumeClaim => {
  const { annotations = {}, phase = 'Pending', ...spec } = sketch;
  const bound = spec.volumeName === undefined ? {} : { [BIND_COMPLETED]: 'yes' };
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { namespace: 'default', name, uid: name, annotations: { ...bound, ...annotations } },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '1Gi' } },
      storageClassName: 'slow',
      ...spec,
    },
    status: { phase },
  };
};

interface VolumeSketch extends PersistentVolumeSpec {
  readonly labels?: Record<string, string>;
  readonly on?: string;
}

const aVolume = (name: string, sketch: VolumeSketch = {}): PersistentVolume => {
  const { labels = {}, on, ...spec } = sketch;
  const matchExpressions = [{ key: 'host', operator: 'In', values: [on ?? ''] }];
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name, labels },
    spec: {
      accessModes: ['ReadWriteOnce'],
      capacity: { storage: '1Gi' },
      storageClassName: 'slow',
      ...(on === undefined
        ? {}
        : { nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions }] } } }),
      ...spec,
    },
    status: { phase: 'Available' },
  };
};

const aClass = (sketch: Partial<StorageClass> = {}): StorageClass => ({
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: 'slow' },
  provisioner: 'kubernetes.io/no-provisioner',
  volumeBindingMode: 'WaitForFirstConsumer',
  ...sketch,
});

const aDriver = (storageCapacity: boolean): CSIDriver => ({
  apiVersion: 'storage.k8s.io/v1',
  kind: 'CSIDriver',
  metadata: { name: 'p' },
  spec: { storageCapacity },
});

/** What the driver has left for nodes of one name. */
const aCapacity = (on: string, more: Partial<CSIStorageCapacity>): CSIStorageCapacity => ({
  apiVersion: 'storage.k8s.io/v1',
  kind: 'CSIStorageCapacity',
  metadata: { namespace: 'default', name: on },
  storageClassName: 'slow',
  nodeTopology: { matchLabels: { host: on } },
  ...more,
});

const capacious: StorageSketch = {
  claims: [aClaim('data')],
  classes: [aClass({ provisioner: 'p' })],
  csiDrivers: [aDriver(true)],
};

const podWith = (...claims: string[]): Pod =>
  aPod({
    name: `pod-${claims.join('-')}`,
    volumes: claims.map((claimName, i) => ({
      name: `v${i}`,
      persistentVolumeClaim: { claimName },
    })),
  });

const nodes = ['a', 'b'].map((name) => aNodeInfo(aNode({ name, labels: { host: name } })));

type Plugin = PreFilterPlugin & FilterPlugin;

/** The reasons before filtering, or per node; '' for a node that will do. */
function verdicts(plugin: Plugin, cycle: Cycle): readonly string[] | string {
  const before = plugin.preFilter(cycle);
  if (before !== undefined && 'code' in before) return before.reasons.join() || before.code;
  return cycle.nodes.map((node) => plugin.filter(cycle, node)?.reasons.join() ?? '');
}

const nothing = "node(s) didn't find available persistent volumes to bind";

describe('VolumeBinding', () => {
  const ask = (pod: Pod, sketch: StorageSketch): readonly string[] | string =>
    verdicts(volumeBinding(aStorage(sketch)), aCycle(pod, ...nodes));
  const pod = podWith('data');

  it.each<[string, StorageSketch, readonly string[] | string]>([
    ['no such claim', {}, 'persistentvolumeclaim "data" not found'],
    [
      'a lost claim',
      { claims: [aClaim('data', { phase: 'Lost', volumeName: 'x' })] },
      'persistentvolumeclaim "data" bound to non-existent persistentvolume "x"',
    ],
    [
      'a claim that does not wait',
      { claims: [aClaim('data')], classes: [aClass({ volumeBindingMode: 'Immediate' })] },
      'pod has unbound immediate PersistentVolumeClaims',
    ],
    [
      'bound to a volume on one node',
      { claims: [aClaim('data', { volumeName: 'x' })], volumes: [aVolume('x', { on: 'a' })] },
      ['', "node(s) didn't match PersistentVolume's node affinity"],
    ],
    [
      'bound to a volume that is gone',
      { claims: [aClaim('data', { volumeName: 'x' })] },
      Array(2).fill('node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)'),
    ],
    [
      'a free volume on one node',
      { claims: [aClaim('data')], classes: [aClass()], volumes: [aVolume('x', { on: 'b' })] },
      [nothing, ''],
    ],
    [
      'a free volume that is too small',
      {
        claims: [aClaim('data')],
        classes: [aClass()],
        volumes: [aVolume('x', { capacity: { storage: '1Mi' } })],
      },
      [nothing, nothing],
    ],
    [
      'a provisioner that makes one anywhere',
      { claims: [aClaim('data')], classes: [aClass({ provisioner: 'p' })] },
      ['', ''],
    ],
    [
      'a provisioner of one place',
      {
        claims: [aClaim('data')],
        classes: [
          aClass({
            provisioner: 'p',
            allowedTopologies: [{ matchLabelExpressions: [{ key: 'host', values: ['b'] }] }],
          }),
        ],
      },
      [nothing, ''],
    ],
    [
      'a node that was selected before',
      {
        claims: [aClaim('data', { annotations: { [SELECTED_NODE]: 'b' } })],
        classes: [aClass({ provisioner: 'p' })],
      },
      [nothing, ''],
    ],
    [
      'a driver with too little left, but on one node',
      { ...capacious, capacities: [aCapacity('a', { capacity: '1Gi' }), aCapacity('b', {})] },
      ['', 'node(s) did not have enough free storage'],
    ],
    [
      'a driver whose largest volume is too small',
      {
        ...capacious,
        capacities: [
          aCapacity('a', { capacity: '9Gi', maximumVolumeSize: '1Mi' }),
          aCapacity('b', { capacity: '9Gi', maximumVolumeSize: '2Gi' }),
        ],
      },
      ['node(s) did not have enough free storage', ''],
    ],
    [
      'a driver with room for another class',
      { ...capacious, capacities: [aCapacity('a', { storageClassName: 'fast' })] },
      Array(2).fill('node(s) did not have enough free storage'),
    ],
    [
      'a driver that does not tell what it has',
      { ...capacious, csiDrivers: [aDriver(false)] },
      ['', ''],
    ],
  ])('%s', (_, ...[sketch, wanted]) => {
    expect(ask(pod, sketch)).toEqual(wanted);
  });

  it('has no say on pods without claims', () => {
    expect(ask(aPod({ volumes: [{ name: 'v', emptyDir: {} }] }), {})).toBe('Skip');
  });

  it('gives two claims of a pod two volumes', () => {
    const claims = [aClaim('data'), aClaim('log')];
    const volumes = [aVolume('x', { on: 'a' }), aVolume('y'), aVolume('z', { on: 'c' })];
    const sketch = { claims, volumes, classes: [aClass()] };
    expect(ask(podWith('data', 'log'), sketch)).toEqual(['', nothing]);
  });

  it('keeps a reserved volume from other pods until it is given back', () => {
    const claims = [aClaim('data'), aClaim('log')];
    const sketch = { claims, volumes: [aVolume('x')], classes: [aClass()] };
    const plugin = volumeBinding(aStorage(sketch));
    const first = aCycle(podWith('data'), ...nodes);
    expect(verdicts(plugin, first)).toEqual(['', '']);
    expect(plugin.reserve(first, first.nodes[0]!)).toBeUndefined();
    const second = aCycle(podWith('log'), ...nodes);
    expect(verdicts(plugin, second)).toEqual([nothing, nothing]);
    plugin.unreserve(first, first.nodes[0]!);
    expect(verdicts(plugin, second)).toEqual(['', '']);
  });

  it('sends a second pod after the first that decides where a shared claim goes', () => {
    const sketch = { claims: [aClaim('data')], classes: [aClass({ provisioner: 'p' })] };
    const plugin = volumeBinding(aStorage(sketch));
    const first = aCycle(aPod({ ...podWith('data').spec, name: 'first' }), ...nodes);
    verdicts(plugin, first);
    plugin.reserve(first, first.nodes[1]!);
    const second = aCycle(aPod({ ...podWith('data').spec, name: 'second' }), ...nodes);
    expect(verdicts(plugin, second)).toEqual([nothing, '']);
  });

  it('writes its decision and waits until the claim is bound', async () => {
    let claim = aClaim('data');
    const written: string[] = [];
    let wake = (): void => {};
    const storage: Storage = {
      ...aStorage({ volumes: [aVolume('x')], classes: [aClass()] }),
      claim: () => claim,
      changed: () => new Promise((resolve) => (wake = resolve)),
      updateVolume: ({ spec }) => Promise.resolve(void written.push(spec.claimRef?.uid ?? '')),
    };
    const plugin = volumeBinding(storage);
    const cycle = aCycle(pod, ...nodes);
    verdicts(plugin, cycle);
    plugin.reserve(cycle, cycle.nodes[0]!);
    expect(plugin.preBindPreFlight?.(cycle, 'a')).toBeUndefined();
    const bound = plugin.preBind(cycle, 'a');
    await Promise.resolve();
    await Promise.resolve();
    expect(written).toEqual(['data']);
    claim = aClaim('data', { volumeName: 'x' });
    wake();
    expect(await bound).toBeUndefined();
    expect(plugin.preBindPreFlight?.(cycle, 'a')?.code).toBe('Skip');
  });

  it('gives up when the provisioner gives the claim back', async () => {
    let claim = aClaim('data');
    let wake = (): void => {};
    const storage: Storage = {
      ...aStorage({ classes: [aClass({ provisioner: 'p' })] }),
      claim: () => claim,
      changed: () => new Promise((resolve) => (wake = resolve)),
      selectNode: (_, nodeName) =>
        Promise.resolve(
          void (claim = aClaim('data', { annotations: { [SELECTED_NODE]: nodeName } })),
        ),
    };
    const plugin = volumeBinding(storage);
    const cycle = aCycle(pod, ...nodes);
    verdicts(plugin, cycle);
    plugin.reserve(cycle, cycle.nodes[0]!);
    const bound = plugin.preBind(cycle, 'a');
    await new Promise(setImmediate);
    expect(claim.metadata.annotations?.[SELECTED_NODE]).toBe('a');
    wake();
    await new Promise(setImmediate);
    claim = aClaim('data');
    wake();
    expect((await bound)?.reasons).toEqual(['binding volumes: provisioning failed for PVC "data"']);
  });
});

describe('VolumeRestrictions', () => {
  const once = { accessModes: ['ReadWriteOncePod'] };

  it('lets one pod alone mount a ReadWriteOncePod claim', () => {
    const plugin = volumeRestrictions(aStorage({ claims: [aClaim('data', once), aClaim('free')] }));
    const other = aNodeInfo(aNode({ name: 'c' }), aPod({ ...podWith('data').spec, name: 'other' }));
    const cycle = aCycle(podWith('data'), nodes[0]!, other);
    const inUse =
      'node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode ' +
      'already in-use by another pod';
    expect(verdicts(plugin, cycle)).toEqual([inUse, inUse]);
    const [holder] = other.pods.values();
    plugin.podRemoved(cycle, holder!, other);
    expect(plugin.filter(cycle, other)).toBeUndefined();
    plugin.podAdded(cycle, holder!, other);
    expect(plugin.filter(cycle, other)?.reasons).toEqual([inUse]);
    expect(verdicts(plugin, aCycle(podWith('data'), ...nodes))).toEqual(['', '']);
    expect(verdicts(plugin, aCycle(podWith('free'), other))).toBe('Skip');
    const missing = 'persistentvolumeclaim "missing" not found';
    expect(verdicts(plugin, aCycle(podWith('missing'), other))).toBe(missing);
  });

  it.each([
    ['the same, written', 'd', false, 'node(s) had no available disk'],
    ['the same, read by both', 'd', true, ''],
    ['another', 'e', false, ''],
  ])('a disk: %s', (_, ...[pdName, readOnly, wanted]) => {
    const gcePersistentDisk = (name: string) => ({
      volumes: [{ name: 'v', gcePersistentDisk: { pdName: name, readOnly } }],
    });
    const node = aNodeInfo(aNode(), aPod({ name: 'other', ...gcePersistentDisk('d') }));
    const cycle = aCycle(aPod(gcePersistentDisk(pdName)), node);
    expect(verdicts(volumeRestrictions(aStorage()), cycle)).toEqual([wanted]);
  });
});

describe('VolumeZone', () => {
  const zone = 'topology.kubernetes.io/zone';
  const beta = 'failure-domain.beta.kubernetes.io/zone';
  const region = 'topology.kubernetes.io/region';
  // The last one is in no zone, in a cluster that has none.
  const zoned = [{ [zone]: 'x' }, { [zone]: 'y' }, { [region]: 'r' }, {}].map((labels, i) =>
    aNodeInfo(aNode({ name: `n${i}`, labels })),
  );
  const conflict = 'node(s) had no available volume zone';
  it.each<[string, Record<string, string>, readonly string[] | string]>([
    ['of one zone', { [zone]: 'x' }, ['', conflict, conflict, '']],
    ['of one zone, labelled as of old', { [beta]: 'x' }, ['', conflict, conflict, '']],
    ['of two zones', { [zone]: 'x__y' }, ['', '', conflict, '']],
    ['of no zone', {}, 'Skip'],
  ])('a volume %s', (_, labels, wanted) => {
    const storage = aStorage({
      claims: [aClaim('data', { volumeName: 'v' })],
      volumes: [aVolume('v', { labels })],
    });
    const cycle = aCycle(podWith('data'), ...zoned);
    const order = cycle.nodes.map(({ name }) => Number(name.slice(1)));
    const found = verdicts(volumeZone(storage), cycle);
    const sorted =
      typeof found === 'string' ? found : order.map((_n, i) => found[order.indexOf(i)]);
    expect(sorted).toEqual(wanted);
  });

  it.each<[string, StorageSketch, string]>([
    ['that is missing', {}, 'persistentvolumeclaim "data" not found'],
    [
      'whose class is missing',
      { claims: [aClaim('data')] },
      'storageclass.storage.k8s.io "slow" not found',
    ],
    [
      'without a class',
      { claims: [aClaim('data', { storageClassName: '' })] },
      'PersistentVolumeClaim had no pv name and storageClass name',
    ],
    [
      'that is to be bound at once',
      { claims: [aClaim('data')], classes: [aClass({ volumeBindingMode: 'Immediate' })] },
      'PersistentVolume had no name',
    ],
    ['that waits for the pod', { claims: [aClaim('data')], classes: [aClass()] }, 'Skip'],
    [
      'whose volume is missing',
      { claims: [aClaim('data', { volumeName: 'v' })] },
      'persistentvolume "v" not found',
    ],
  ])('a claim %s', (_, sketch, wanted) => {
    expect(verdicts(volumeZone(aStorage(sketch)), aCycle(podWith('data'), ...zoned))).toBe(wanted);
  });

  it('leaves a volume that is made for the pod to VolumeBinding', () => {
    const pod = aPod({ name: 'new', volumes: [{ name: 'v', ephemeral: {} }] });
    expect(verdicts(volumeZone(aStorage({})), aCycle(pod, ...zoned))).toBe('Skip');
  });
});

describe('NodeVolumeLimits', () => {
  const csiNode: CSINode = {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'CSINode',
    metadata: { name: 'a' },
    spec: { drivers: [{ name: 'p', nodeID: 'a', allocatable: { count: 2 } }] },
  };
  const storage = aStorage({
    claims: [
      ...['one', 'two'].map((name) => aClaim(name, { volumeName: name })),
      aClaim('new'),
      aClaim('shared', { volumeName: 'two' }),
    ],
    volumes: ['one', 'two'].map((name) =>
      aVolume(name, { csi: { driver: 'p', volumeHandle: name } }),
    ),
    classes: [aClass({ provisioner: 'p' })],
    csiNodes: [csiNode],
  });
  const full = aNodeInfo(aNode({ name: 'a' }), podWith('one'), podWith('two'));
  const free = aNodeInfo(aNode({ name: 'b' }), podWith('one'), podWith('two'));
  const over = 'node(s) exceed max volume count';
  it.each<[string, string, readonly string[]]>([
    ['a volume to be made', 'new', [over, '']],
    ['a volume the node has', 'shared', ['', '']],
  ])('%s', (_, claim, wanted) => {
    const cycle = aCycle(podWith(claim), full, free);
    expect(verdicts(nodeVolumeLimits(storage), cycle)).toEqual(wanted);
  });

  const anAttachment = (volume: string, attacher = 'p', nodeName = 'a'): VolumeAttachment => ({
    apiVersion: 'storage.k8s.io/v1',
    kind: 'VolumeAttachment',
    metadata: { name: `${volume}-${attacher}-${nodeName}` },
    spec: { attacher, nodeName, source: { persistentVolumeName: volume } },
  });
  const half = aNodeInfo(aNode({ name: 'a' }), podWith('one'));
  it.each<[string, readonly VolumeAttachment[], string]>([
    ['of a pod that is gone counts', [anAttachment('two')], over],
    ['of a pod that is there counts once', [anAttachment('one')], ''],
    ['by another driver counts for that one', [anAttachment('two', 'q')], ''],
    ['to another node does not count', [anAttachment('two', 'p', 'b')], ''],
    ['of a volume that is gone does not count', [anAttachment('three')], ''],
  ])('an attachment %s', (_, attachments, wanted) => {
    const cycle = aCycle(podWith('new'), half);
    const from = aStorage({ attachments });
    const attached = { ...storage, attachments: (node: string) => from.attachments(node) };
    expect(verdicts(nodeVolumeLimits(attached), cycle)).toEqual([wanted]);
  });

  it('a claim whose volume is not there yet is counted by its class', () => {
    const early = { ...storage, claim: () => aClaim('new', { volumeName: 'soon' }) };
    const cycle = aCycle(podWith('new'), aNodeInfo(aNode({ name: 'a' })));
    const none = {
      ...csiNode,
      spec: { drivers: [{ ...csiNode.spec.drivers![0]!, allocatable: { count: 0 } }] },
    };
    expect(verdicts(nodeVolumeLimits({ ...early, csiNode: () => none }), cycle)).toEqual([over]);
  });

  it('a claim that is not there is named', () => {
    const text = 'looking up PVC default/lost: persistentvolumeclaim "lost" not found';
    const cycle = aCycle(podWith('lost'), half);
    expect(verdicts(nodeVolumeLimits(storage), cycle)).toEqual([text]);
  });
});
