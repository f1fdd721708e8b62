import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Pod, Service } from '../../api/types/core-v1.ts';
import type { EndpointSlice } from '../../api/types/discovery-v1.ts';
import { MAX_ENDPOINTS, planSlices } from './plan.ts';

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

/** The slices after the plan was carried out. */
function applied(slices: readonly EndpointSlice[], pods: readonly Pod[], next: () => string) {
  const plan = planSlices({ service, pods, existing: slices });
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
  const written = (name: string, of: object): EndpointSlice =>
    ({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      ...of,
      metadata: { name },
    }) as never;

  it('has one slice that names nobody, and keeps it', () => {
    const { create, remove } = planSlices({ service, pods: [], existing: [] });
    expect(remove).toEqual([]);
    expect(create).toMatchObject([{ addressType: 'IPv4', endpoints: [], ports: [] }]);
    const { metadata } = create[0]!;
    const nothing = { create: [], update: [], remove: [] };
    const slice = { ...written('web-1', create[0]!), metadata };
    // As the server answers it.
    const answered = { ...slice, endpoints: null, ports: null } as never;
    for (const existing of [slice, answered])
      expect(planSlices({ service, pods: [], existing: [existing] })).toEqual(nothing);
  });

  it('turns it into the first pod’s, with one write', () => {
    const [draft] = planSlices({ service, pods: [], existing: [] }).create;
    const slice = written('web-1', draft!);
    const plan = planSlices({ service, pods: [pod(1)], existing: [slice] });
    expect([plan.create, plan.remove]).toEqual([[], []]);
    expect(plan.update).toMatchObject([
      { metadata: { name: 'web-1' }, endpoints: [{ targetRef: { uid: 'p1' } }] },
    ]);
  });
});

describe('where endpoints are', () => {
  const zoneOf = (node: string): string | undefined => (node === 'n' ? 'east' : undefined);
  const onNode = (of: Pod): Pod => ({ ...of, spec: { ...of.spec, nodeName: 'n' } });
  const endpointsOf = (trafficDistribution: string | undefined, pods: readonly Pod[]) => {
    const spec = { ...service.spec, ...(trafficDistribution && { trafficDistribution }) };
    const state = { service: { ...service, spec }, pods, existing: [], zoneOf };
    return planSlices(state).create[0]?.endpoints ?? [];
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
    const first = { service, pods: [pod(1)], existing: [], triggerTime };
    const [draft] = planSlices(first).create;
    const annotation = 'endpoints.kubernetes.io/last-change-trigger-time';
    expect(draft?.metadata.annotations).toEqual({ [annotation]: triggerTime });
    const existing = [{ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', ...draft! }];
    const again = { service, pods: [pod(1)], existing, triggerTime: '2026-01-01T00:00:02Z' };
    expect(planSlices(again)).toEqual({ create: [], update: [], remove: [] });
    const { update } = planSlices({ service, pods: [pod(1), pod(2)], existing });
    expect(update[0]?.metadata.annotations).toEqual({});
  });
});
