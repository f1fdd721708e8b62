import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Node, Pod, Service } from '../../api/types/core-v1.ts';
import type { EndpointSlice } from '../../api/types/discovery-v1.ts';
import { MAX_ENDPOINTS, planSlices, type ServiceState, type SlicePlan } from './plan.ts';

const service: Service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'd', name: 'web', uid: 's' },
  spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
};

const pod = (id: number, ready = true): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'd', name: `p${id}`, uid: `p${id}` },
  spec: { containers: [{ name: 'c' }] },
  status: {
    phase: 'Running',
    podIP: `10.0.${id >> 8}.${id & 255}`,
    conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
  },
});

const nodeIn = (zone: string): Node => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: zone, labels: { 'topology.kubernetes.io/zone': zone } },
  spec: {},
});

/** Of a cluster whose nodes are all there, in no zone. */
const planned = (state: Partial<ServiceState>): SlicePlan =>
  planSlices({ service, pods: [], existing: [], nodeOf: () => nodeIn(''), ...state });

/** As the server has it. */
const written = (name: string, of: object): EndpointSlice =>
  ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    ...of,
    metadata: { ...(of as EndpointSlice).metadata, name },
  }) as never;

/** The slices after the plan was carried out. */
function applied(slices: readonly EndpointSlice[], pods: readonly Pod[], next: () => string) {
  const plan = planned({ pods, existing: slices });
  const updated = new Map(plan.update.map((slice) => [slice.metadata.name, slice]));
  const kept = slices
    .filter((slice) => !plan.remove.includes(slice))
    .map((slice) => updated.get(slice.metadata.name) ?? slice);
  const created = plan.create.map((draft) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    ...draft,
    metadata: { ...draft.metadata, name: next() },
  }));
  return { plan, slices: [...kept, ...created] };
}

describe('the EndpointSlices of a Service', () => {
  it('name every pod once whatever comes and goes, and then need no more change', () => {
    const rounds = fc.array(fc.uniqueArray(fc.nat(400), { maxLength: 350 }), { maxLength: 5 });
    fc.assert(
      fc.property(rounds, (sets) => {
        let names = 0;
        let slices: EndpointSlice[] = [];
        const next = (): string => `web-${names++}`;
        for (const ids of sets) {
          const pods = ids.map((id) => pod(id));
          slices = applied(slices, pods, next).slices;
          const found = slices.flatMap((slice) => slice.endpoints!.map((e) => e.targetRef?.uid));
          expect(found.sort()).toEqual(ids.map((id) => `p${id}`).sort());
          expect(Math.max(0, ...slices.map((s) => s.endpoints!.length))).toBeLessThanOrEqual(
            MAX_ENDPOINTS,
          );
          const again = applied(slices, pods, next).plan;
          expect(again).toEqual({ create: [], update: [], remove: [] });
        }
      }),
      { numRuns: 30 },
    );
  });

  it('change only the slice whose pod changed', () => {
    const pods = Array.from({ length: 150 }, (_, id) => pod(id));
    const { slices } = applied(
      [],
      pods,
      (() => {
        let n = 0;
        return () => `s${n++}`;
      })(),
    );
    const { plan } = applied(
      slices,
      pods.map((p, id) => (id === 120 ? pod(120, false) : p)),
      () => '',
    );
    expect(plan.create).toEqual([]);
    expect(plan.update.map(({ metadata }) => metadata.name)).toEqual(['s1']);
    const changed = plan.update[0]!.endpoints!.find(({ targetRef }) => targetRef?.uid === 'p120');
    expect(changed?.conditions).toEqual({ ready: false, serving: false, terminating: false });
  });
});

describe('a Service without pods', () => {
  it('has one slice that names nobody, and keeps it', () => {
    const { create, remove } = planned({});
    expect(remove).toEqual([]);
    expect(create).toMatchObject([{ addressType: 'IPv4', endpoints: [], ports: [] }]);
    const nothing = { create: [], update: [], remove: [] };
    const slice = written('web-1', create[0]!);
    // As the server answers it.
    const answered = { ...slice, endpoints: null, ports: null } as never;
    for (const existing of [slice, answered])
      expect(planned({ existing: [existing] })).toEqual(nothing);
  });

  it('turns it into the first pod’s, with one write', () => {
    const [draft] = planned({}).create;
    const slice = written('web-1', draft!);
    const plan = planned({ pods: [pod(1)], existing: [slice] });
    expect([plan.create, plan.remove]).toEqual([[], []]);
    expect(plan.update).toMatchObject([
      { metadata: { name: 'web-1' }, endpoints: [{ targetRef: { uid: 'p1' } }] },
    ]);
  });
});

describe('where endpoints are', () => {
  const nodeOf = (): Node => nodeIn('east');
  const onNode = (of: Pod): Pod => ({ ...of, spec: { ...of.spec, nodeName: 'n' } });
  const endpointsOf = (trafficDistribution: string | undefined, pods: readonly Pod[]) => {
    const spec = { ...service.spec, ...(trafficDistribution && { trafficDistribution }) };
    const { create } = planned({ service: { ...service, spec }, pods, nodeOf });
    return create[0]?.endpoints ?? [];
  };

  it.each([
    [undefined, undefined],
    ['PreferClose', { forZones: [{ name: 'east' }] }],
    ['PreferSameZone', { forZones: [{ name: 'east' }] }],
    ['PreferSameNode', { forZones: [{ name: 'east' }], forNodes: [{ name: 'n' }] }],
  ])('trafficDistribution %s gives hints %j', (distribution, hints) => {
    const [endpoint] = endpointsOf(distribution, [onNode(pod(1))]);
    expect(endpoint).toMatchObject({ zone: 'east', nodeName: 'n' });
    expect(endpoint?.hints).toEqual(hints);
  });

  it('hints at none that is not ready', () => {
    const [endpoint] = endpointsOf('PreferSameNode', [onNode(pod(1, false))]);
    expect(endpoint).toMatchObject({ zone: 'east' });
    expect(endpoint).not.toHaveProperty('hints');
  });

  it('what changed it is told of what is written, and only of that', () => {
    const triggerTime = '2026-01-01T00:00:01Z';
    const [draft] = planned({ pods: [pod(1)], triggerTime }).create;
    const annotation = 'endpoints.kubernetes.io/last-change-trigger-time';
    expect(draft?.metadata.annotations).toEqual({ [annotation]: triggerTime });
    const existing = [written('web-1', draft!)];
    const again = { pods: [pod(1)], existing, triggerTime: '2026-01-01T00:00:02Z' };
    expect(planned(again)).toEqual({ create: [], update: [], remove: [] });
    const { update } = planned({ pods: [pod(1), pod(2)], existing });
    expect(update[0]?.metadata.annotations).toEqual({});
  });
});

describe('two families', () => {
  const both = { ...service, spec: { ...service.spec, ipFamilies: ['IPv4', 'IPv6'] } };
  const dual = (id: number): Pod => {
    const of = pod(id);
    const podIPs = [{ ip: of.status?.podIP ?? '' }, { ip: `fd00::${id}` }];
    return { ...of, status: { ...of.status, podIPs } };
  };
  const addresses = (plan: SlicePlan): unknown[] =>
    plan.create.map(({ addressType, endpoints }) => [
      addressType,
      endpoints?.flatMap((endpoint) => endpoint.addresses),
    ]);

  it('are named in slices of their own; a pod may have one alone', () => {
    expect(addresses(planned({ service: both, pods: [dual(1), pod(2)] }))).toEqual([
      ['IPv4', ['10.0.0.1', '10.0.0.2']],
      ['IPv6', ['fd00::1']],
    ]);
    expect(addresses(planned({ pods: [dual(1)] }))).toEqual([['IPv4', ['10.0.0.1']]]);
    expect(addresses(planned({ service: both }))).toEqual([
      ['IPv4', []],
      ['IPv6', []],
    ]);
  });

  it('go with the family, and with the Service they are of', () => {
    const kind = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice' };
    const existing = planned({ service: both, pods: [dual(1)] }).create.map((draft, id) => ({
      ...kind,
      ...draft,
      metadata: { ...draft.metadata, name: `web-${id}` },
    }));
    expect(planned({ pods: [dual(1)], existing })).toEqual({
      ...{ create: [], update: [] },
      remove: [existing[1]],
    });
    const anew = { ...service, metadata: { ...service.metadata, uid: 'other' } };
    const plan = planned({ service: anew, pods: [dual(1)], existing });
    expect(plan).toMatchObject({ create: [{ addressType: 'IPv4' }], remove: existing });
  });
});

describe('a pod whose node is gone', () => {
  const nodeOf = (): undefined => undefined;
  const lost = { ...pod(1), spec: { ...pod(1).spec, nodeName: 'gone' } };

  it('is left out, which is said', () => {
    const { create, problems } = planned({ pods: [lost], nodeOf });
    expect(create).toMatchObject([{ endpoints: [] }]);
    expect(problems).toEqual(['skipping Pod p1 for Service d/web: Node gone Not Found']);
  });

  it('stays where pods are published that are not ready', () => {
    const spec = { ...service.spec, publishNotReadyAddresses: true };
    const { create, problems } = planned({ service: { ...service, spec }, pods: [lost], nodeOf });
    expect(create).toMatchObject([{ endpoints: [{ nodeName: 'gone' }] }]);
    expect(problems).toBeUndefined();
  });
});
