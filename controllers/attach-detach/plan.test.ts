import { describe, expect, it } from 'vitest';
import type { Node, PersistentVolume, Pod } from '../../api/types/core-v1.ts';
import type { VolumeAttachment } from '../../api/types/storage-v1.ts';
import { aPod } from '../../test/support/scheduling.ts';
import {
  FORCE_AFTER_MS,
  isExclusive,
  multiAttachMessage,
  type NodeVolumes,
  planNode,
  uniqueNameOf,
  usesVolumes,
} from './plan.ts';

const volume = (name = 'pv', accessModes = ['ReadWriteOnce']): PersistentVolume => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name },
  spec: { accessModes, csi: { driver: 'd.example', volumeHandle: `h-${name}` } },
});

const attachment = (more: Partial<VolumeAttachment['metadata']> = {}, attached = true) =>
  ({
    metadata: { name: 'csi-1', ...more },
    spec: { attacher: 'd.example', nodeName: 'n', source: { persistentVolumeName: 'pv' } },
    status: { attached },
  }) as VolumeAttachment;

const told = 'kubernetes.io/csi/d.example^h-pv';

const node = (status: Node['status'] = {}, ready = 'True', taints: object[] = []): Node =>
  ({
    metadata: { name: 'n' },
    spec: { taints },
    status: { conditions: [{ type: 'Ready', status: ready }], ...status },
  }) as unknown as Node;

const inUse = { volumesInUse: [told], volumesAttached: [{ name: told, devicePath: '' }] };
const pod = aPod({ name: 'p' });
const wanting = new Map([['csi-1', { volume: volume(), pods: [pod] }]]);

const plan = (more: Partial<NodeVolumes> = {}) =>
  planNode({
    node: node(),
    wanted: new Map(),
    attachments: [],
    elsewhere: () => [],
    uniqueName: () => told,
    unwantedMs: () => 0,
    ...more,
  });

const names = (list: readonly (readonly [string, unknown])[]): string[] =>
  list.map(([name]) => name);

describe('what a node is to have attached', () => {
  it('is what its pods want', () => {
    const { attach, blocked, detach, report } = plan({ wanted: wanting });
    expect([names(attach), blocked, detach, report]).toEqual([['csi-1'], [], [], undefined]);
  });

  it('is told to it when the driver has attached it', () => {
    const waiting = plan({ wanted: wanting, attachments: [attachment({}, false)] });
    expect([waiting.attach, waiting.report]).toEqual([[], undefined]);
    const done = plan({ wanted: wanting, attachments: [attachment()] });
    expect(done.report).toEqual([{ name: told, devicePath: '' }]);
    const volumesAttached = [{ name: told, devicePath: '' }];
    const again = { wanted: wanting, attachments: [attachment()], node: node({ volumesAttached }) };
    expect(plan(again).report).toBeUndefined();
  });

  it('waits while another node has it, if it is for one only', () => {
    const elsewhere = () => [attachment({ name: 'csi-2' })];
    const once = plan({ wanted: wanting, elsewhere });
    expect([names(once.attach), names(once.blocked)]).toEqual([[], ['csi-1']]);
    const shared = { volume: volume('pv', ['ReadWriteMany']), pods: [pod] };
    const many = plan({ wanted: new Map([['csi-1', shared]]), elsewhere });
    expect([names(many.attach), names(many.blocked)]).toEqual([['csi-1'], []]);
  });
});

describe('what a node is to lose', () => {
  const attachments = [attachment()];

  it.each<[string, Partial<NodeVolumes>, boolean, number | undefined]>([
    ['what nobody uses, at once', {}, true, undefined],
    ['nothing that it still uses', { node: node(inUse) }, false, undefined],
    ['not yet, when it is not ready', { node: node(inUse, 'Unknown') }, false, FORCE_AFTER_MS],
    [
      'all, when it was not ready for long',
      { node: node(inUse, 'Unknown'), unwantedMs: () => FORCE_AFTER_MS },
      true,
      undefined,
    ],
    [
      'all, out of service',
      { node: node(inUse, 'Unknown', [{ key: 'node.kubernetes.io/out-of-service' }]) },
      true,
      undefined,
    ],
    ['not yet, when it is gone', { node: undefined }, false, FORCE_AFTER_MS],
    ['what is wanted: never', { wanted: wanting, node: node(inUse) }, false, undefined],
  ])('is %s', (...[, state, isDetached, waitMs]) => {
    const { detach, waitMs: wait } = plan({ attachments, ...state });
    expect([detach.length === 1, wait]).toEqual([isDetached, waitMs]);
  });

  it('is not told to it any more', () => {
    const volumesAttached = [{ name: told, devicePath: '' }];
    expect(plan({ attachments, node: node({ volumesAttached }) }).report).toEqual([]);
    const leaving = [attachment({ deletionTimestamp: 'now' })];
    const seen = plan({ attachments: leaving, node: node({ volumesAttached }), wanted: wanting });
    expect([seen.report, seen.detach]).toEqual([[], []]);
  });
});

describe('volumes and their pods', () => {
  it('are for one node by their access modes', () => {
    expect(isExclusive(volume())).toBe(true);
    expect(isExclusive(volume('v', []))).toBe(false);
    expect(isExclusive(volume('v', ['ReadWriteOnce', 'ReadOnlyMany']))).toBe(false);
    expect(uniqueNameOf(volume())).toBe(told);
  });

  const state = (name: 'running' | 'terminated') =>
    ({ containerStatuses: [{ state: { [name]: {} } }] }) as unknown as NonNullable<Pod['status']>;
  const deleted = (status: NonNullable<Pod['status']>): Pod => ({
    ...pod,
    metadata: { ...pod.metadata, deletionTimestamp: 'now' },
    status,
  });

  it.each<[boolean, string, Pod]>([
    [true, 'a new pod', pod],
    [true, 'one that ends', deleted(state('running'))],
    [false, 'one whose containers have ended', deleted(state('terminated'))],
    [false, 'one that succeeded', { ...pod, status: { phase: 'Succeeded' } }],
  ])('use is %s of %s', (uses, _, which) => expect(usesVolumes(which)).toBe(uses));

  it('are told why they wait', () => {
    const other = (name: string, namespace: string): Pod => aPod({ name, namespace });
    const message = (...others: Pod[]): string =>
      multiAttachMessage(volume(), aPod({ name: 'p', namespace: 'a' }), others);
    const prefix = 'Multi-Attach error for volume "pv" Volume is already';
    expect(message()).toBe(
      `${prefix} exclusively attached to one node and can't be attached to another`,
    );
    expect(message(other('q', 'a'))).toBe(`${prefix} used by pod(s) q`);
    expect(message(other('q', 'a'), other('r', 'b'))).toBe(
      `${prefix} used by pod(s) q and 1 pod(s) in different namespaces`,
    );
    expect(message(other('r', 'b'))).toBe(`${prefix} used by 1 pod(s) in different namespaces`);
  });
});
