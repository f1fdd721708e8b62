import { beforeEach, describe, expect, it } from 'vitest';
import type { Node, Service } from '../../api/types/core-v1.ts';
import type { EventRecorder } from '../../client/event-recorder.ts';
import type { Informer } from '../../client/informer-interface.ts';
import { Topology } from './topology.ts';

const node = (name: string, zone: string, cpu = '4'): Node => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, labels: { 'topology.kubernetes.io/zone': zone } },
  spec: {},
  status: { allocatable: { cpu }, conditions: [{ type: 'Ready', status: 'True' }] },
});
const service: Service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'd', name: 'web', uid: 's' },
  spec: {},
};

let nodes: Node[];
let handler: Parameters<Informer<Node>['addHandler']>[0];
let told: string[];
let queued: string[];
let topology: Topology;

beforeEach(() => {
  nodes = [node('a', 'east'), node('b', 'west')];
  [told, queued] = [[], []];
  const informer = {
    lister: { list: () => nodes },
    addHandler: (given: typeof handler) => (handler = given),
  } as unknown as Informer<Node>;
  const recorder = {
    record: (_: Service, { type, reason, message }: Record<string, string>) =>
      told.push([type, reason, message].join(' ')),
  } as unknown as EventRecorder;
  topology = new Topology(informer, recorder, (key) => queued.push(key));
});

const given = (east: number, west: number) =>
  new Map([['IPv4', { counts: new Map(Object.entries({ east, west })) }]]);

describe('hints by zone', () => {
  it('are told of when they begin and end, and of each failure', () => {
    topology.wrote(service, undefined);
    topology.wrote(service, given(1, 1));
    topology.wrote(service, given(2, 2));
    topology.wrote(service, undefined);
    topology.wrote(service, new Map([['IPv6', { problem: 'no' }]]));
    topology.wrote(service, undefined);
    expect(told).toEqual([
      'Normal TopologyAwareHintsEnabled Topology Aware Hints has been enabled, addressType: IPv4',
      'Warning TopologyAwareHintsDisabled Topology Aware Hints has been disabled, ' +
        'addressType: IPv4',
      'Warning TopologyAwareHintsDisabled no, addressType: IPv6',
    ]);
  });

  it('are looked at again when nodes change so that a zone is overloaded', () => {
    expect(topology.shares?.get('east')).toBe(0.5);
    topology.wrote(service, given(2, 2));
    const more = node('c', 'east');
    nodes = [...nodes, more];
    handler.added?.(more);
    expect([topology.shares?.get('east'), queued]).toEqual([2 / 3, ['d/web']]);
    topology.forget('d/web');
    handler.deleted?.(more, more);
    expect(queued).toEqual(['d/web']);
  });

  it('stay where a node changes otherwise', () => {
    topology.wrote(service, given(4, 1));
    const [old] = nodes as [Node];
    handler.updated?.(old, { ...old, metadata: { ...old.metadata, resourceVersion: '2' } });
    expect(queued).toEqual([]);
    handler.updated?.(old, { ...old, status: {} });
    expect(queued).toEqual(['d/web']);
  });
});
