/** The annotation topology-mode (KEP-2433): who is hinted at for which zone. */
import { describe, expect, it } from 'vitest';
import type { Node, Pod, Service } from '../../api/types/core-v1.ts';
import type { EndpointSlice } from '../../api/types/discovery-v1.ts';
import { planSlices, type ServiceState, type SlicePlan } from './plan.ts';
import { isOverloaded, zoneSharesOf } from './zone-shares.ts';

const node = (name: string, zone: string, cpu = '4'): Node => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, labels: { 'topology.kubernetes.io/zone': zone } },
  spec: {},
  status: { allocatable: { cpu }, conditions: [{ type: 'Ready', status: 'True' }] },
});
const nodes = [node('a', 'east'), node('b', 'west')];
const shares = zoneSharesOf(nodes);

const annotations = { 'service.kubernetes.io/topology-mode': 'Auto' };
const service: Service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'd', name: 'web', uid: 's', annotations },
  spec: { selector: { app: 'web' }, ports: [{ port: 80 }], trafficDistribution: 'PreferClose' },
};

const pod = (name: string, nodeName: string, ready = true): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'd', name, uid: name },
  spec: { nodeName, containers: [{ name: 'c' }] },
  status: {
    ...{ phase: 'Running', podIP: '10.0.0.1' },
    conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
  },
});
const podsOn = (counts: Readonly<Record<string, number>>): Pod[] =>
  Object.entries(counts).flatMap(([on, count]) =>
    Array.from({ length: count }, (_, id) => pod(`${on}${id}`, on)),
  );

const planned = (state: Partial<ServiceState>): SlicePlan =>
  planSlices({
    ...{ service, pods: [], existing: [], shares },
    nodeOf: (name) => nodes.find(({ metadata }) => metadata.name === name),
    ...state,
  });

const written = ({ create }: SlicePlan): EndpointSlice[] =>
  create.map((draft, id) => ({
    ...{ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice' },
    ...draft,
    metadata: { ...draft.metadata, name: `web-${id}` },
  }));

function hinted(slices: readonly Pick<EndpointSlice, 'endpoints'>[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { endpoints } of slices)
    for (const { hints } of endpoints ?? []) {
      const zones = (hints?.forZones ?? []).map(({ name }) => name).join();
      counts[zones] = (counts[zones] ?? 0) + 1;
    }
  return counts;
}

describe('endpoints of a Service that asks for zones', () => {
  it.each([
    ['each zone its own', { a: 2, b: 2 }, { east: 2, west: 2 }],
    ['one gives what the other lacks', { a: 5, b: 1 }, { east: 3, west: 3 }],
    ['no half ones are given', { a: 4, b: 3 }, { east: 4, west: 3 }],
  ])('%s', (_title, counts, hints) => {
    const { create, zones } = planned({ pods: podsOn(counts) });
    expect(hinted(create)).toEqual(hints);
    expect(zones?.get('IPv4')).toEqual({ counts: new Map(Object.entries(hints)) });
  });

  it('go by the CPU of the zones', () => {
    const uneven = zoneSharesOf([node('a', 'east', '6'), node('b', 'west', '2')]);
    const { create } = planned({ pods: podsOn({ a: 4, b: 4 }), shares: uneven });
    expect(hinted(create)).toEqual({ east: 6, west: 2 });
  });

  it('that are not ready have no hints and do not count', () => {
    const { create } = planned({ pods: [...podsOn({ a: 2, b: 2 }), pod('c', 'b', false)] });
    expect(hinted(create)).toEqual({ east: 2, west: 2, '': 1 });
  });

  it('keep what they say while no zone gets too much by it', () => {
    const pods = podsOn({ a: 3, b: 3 });
    const existing = written(planned({ pods }));
    const nothing = { create: [], update: [], remove: [] };
    expect(planned({ pods, existing })).toMatchObject(nothing);
    const uneven = zoneSharesOf([node('a', 'east', '20'), node('b', 'west', '4')]);
    const { update } = planned({ pods, existing, shares: uneven });
    expect(hinted(update)).toEqual({ east: 5, west: 1 });
  });

  it.each([
    [
      'one endpoint for two zones',
      { pods: podsOn({ a: 1 }) },
      'Insufficient number of endpoints (1 endpoints, 2 zones)',
    ],
    [
      'zones that are not known',
      { pods: podsOn({ a: 2 }), shares: undefined },
      'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes',
    ],
    [
      'three for three zones of which none bears more',
      {
        pods: podsOn({ a: 2, b: 1 }),
        shares: new Map([
          ['x', 0.4],
          ['y', 0.3],
          ['z', 0.3],
        ]),
      },
      'Unable to allocate minimum required endpoints to each zone without exceeding overload ' +
        'threshold (3 endpoints, 3 zones)',
    ],
    [
      'a node without a zone',
      { pods: podsOn({ a: 2, c: 2 }), nodeOf: () => ({ ...node('c', ''), metadata: {} }) },
      'One or more endpoints do not have a zone specified',
    ],
  ])('have no hints, and lose those they had: %s', (_title, state, problem) => {
    const existing = written(planned({ pods: podsOn({ a: 2, b: 2 }) }));
    const { update, zones } = planned({ ...state, existing });
    expect(hinted(update)).toEqual({ '': state.pods.length });
    expect(zones?.get('IPv4')).toEqual({ problem });
  });

  it('lose their hints with the annotation', () => {
    const pods = podsOn({ a: 2, b: 2 });
    const existing = written(planned({ pods }));
    const { trafficDistribution: _, ...spec } = service.spec ?? {};
    const plain = { ...service, spec, metadata: { ...service.metadata, annotations: {} } };
    const { update, zones } = planned({ service: plain, pods, existing });
    expect(hinted(update)).toEqual({ '': 4 });
    expect(zones).toBeUndefined();
  });
});

describe('zones', () => {
  it('count ready nodes outside the control plane', () => {
    const label = { 'node-role.kubernetes.io/control-plane': '' };
    const master = { ...node('m', ''), metadata: { name: 'm', labels: label } };
    const silent = { ...node('s', ''), status: {} };
    expect(zoneSharesOf([...nodes, node('c', 'west', '8'), master, silent])).toEqual(
      new Map([
        ['east', 0.25],
        ['west', 0.75],
      ]),
    );
  });

  it.each([
    ['one zone', [node('a', 'east'), node('b', 'east')]],
    ['a node without a zone', [...nodes, node('c', '')]],
    ['a node without CPU', [...nodes, node('c', 'west', '0')]],
  ])('tell nothing: %s', (_title, all) => {
    expect(zoneSharesOf(all)).toBeUndefined();
  });

  it('are overloaded when one has less than its least', () => {
    const counts = new Map([
      ['east', 3],
      ['west', 3],
    ]);
    expect(isOverloaded(counts, shares)).toBe(false);
    expect(
      isOverloaded(
        counts,
        new Map([
          ['east', 0.6],
          ['west', 0.4],
        ]),
      ),
    ).toBe(false);
    expect(
      isOverloaded(
        counts,
        new Map([
          ['east', 0.7],
          ['west', 0.3],
        ]),
      ),
    ).toBe(true);
    expect(
      isOverloaded(
        counts,
        new Map([
          ['east', 0.5],
          ['north', 0.5],
        ]),
      ),
    ).toBe(true);
    expect(isOverloaded(counts, undefined)).toBe(true);
  });
});
