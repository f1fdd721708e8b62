import { describe, expect, it } from 'vitest';
import type { EndpointSubset, Endpoints, Service } from '../../api/types/core-v1.ts';
import type { EndpointSlice } from '../../api/types/discovery-v1.ts';
import { type Draft, isMirrored, MANAGED_BY, MANAGER, planMirror, SERVICE_LABEL } from './plan.ts';

const endpointsOf = (subsets: EndpointSubset[], metadata = {}): Endpoints => ({
  apiVersion: 'v1',
  kind: 'Endpoints',
  metadata: { namespace: 'd', name: 'db', uid: 'u', ...metadata },
  subsets,
});

const service = (selector?: Record<string, string>): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'd', name: 'db' },
  spec: selector === undefined ? {} : { selector },
});

const ports = [{ name: 'sql', port: 5432, protocol: 'TCP' }];
const both = { addresses: [{ ip: '10.0.0.1' }], notReadyAddresses: [{ ip: '10.0.0.2' }], ports };

const stored = ({ metadata, ...draft }: Draft, name = 'db-1'): EndpointSlice => {
  const { generateName: _generated, ...rest } = metadata;
  const kind = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice' };
  return { ...kind, ...draft, metadata: { ...rest, name, uid: name } };
};

describe('Endpoints are mirrored', () => {
  it.each<[string, Endpoints, Service | undefined, boolean]>([
    ['for a Service without a selector', endpointsOf([]), service(), true],
    ['not where pods are selected', endpointsOf([]), service({ app: 'x' }), false],
    ['not without a Service', endpointsOf([]), undefined, false],
    [
      'not if they say so',
      endpointsOf([], { labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } }),
      service(),
      false,
    ],
    [
      'not if they are a lock',
      endpointsOf([], { annotations: { 'control-plane.alpha.kubernetes.io/leader': '{}' } }),
      service(),
      false,
    ],
  ])('%s', (_, ...[of, by, wanted]) => {
    expect(isMirrored(of, by)).toBe(wanted);
  });
});

describe('a mirror', () => {
  it('says what the Endpoints say', () => {
    const annotations = { note: 'kept', 'kubectl.kubernetes.io/last-applied-configuration': '{}' };
    const { create } = planMirror(endpointsOf([both], { labels: { a: 'b' }, annotations }), []);
    expect(create).toEqual([
      {
        metadata: {
          namespace: 'd',
          generateName: 'db-',
          labels: { a: 'b', [SERVICE_LABEL]: 'db', [MANAGED_BY]: MANAGER },
          annotations: { note: 'kept' },
          ownerReferences: [
            {
              ...{ apiVersion: 'v1', kind: 'Endpoints', name: 'db', uid: 'u' },
              ...{ controller: true, blockOwnerDeletion: true },
            },
          ],
        },
        addressType: 'IPv4',
        endpoints: [
          { addresses: ['10.0.0.1'], conditions: { ready: true } },
          { addresses: ['10.0.0.2'], conditions: { ready: false } },
        ],
        ports,
      },
    ]);
  });

  it('has the ports together that the same addresses offer, in whatever subsets', () => {
    const [one, two] = [{ ip: '10.0.0.1' }, { ip: '10.0.0.2' }];
    const [web, sql, ssh] = [80, 5432, 22].map((port) => ({ name: `p${port}`, port }));
    const slices = (subsets: EndpointSubset[]): string[] =>
      planMirror(endpointsOf(subsets), []).create.map(({ ports: at, endpoints }) => {
        const ready = endpoints!.map(({ addresses, conditions }) =>
          [...addresses, conditions?.ready === true ? '' : '?'].join(''),
        );
        return `${at!.map(({ port }) => port).join(',')} at ${ready.join(',')}`;
      });
    const apart = [
      { addresses: [one, two], ports: [web!] },
      { addresses: [two, one], ports: [sql!] },
      { addresses: [one], ports: [ssh!] },
    ];
    expect(slices(apart)).toEqual(['80,5432 at 10.0.0.1,10.0.0.2', '22 at 10.0.0.1']);
    const unready = { notReadyAddresses: [two], ports: [web!] };
    expect(slices([{ addresses: [two], ports: [web!, sql!] }, unready])).toEqual([
      '80 at 10.0.0.2?',
      '5432 at 10.0.0.2',
    ]);
    expect(slices([{ addresses: [one, one] }, { addresses: [two] }])).toEqual([
      ' at 10.0.0.1,10.0.0.2',
    ]);
    const pods = ['a', 'b'].map((uid) => ({ ...one, targetRef: { kind: 'Pod', uid } }));
    expect(slices([{ addresses: pods, ports: [web!] }])).toEqual(['80 at 10.0.0.1,10.0.0.1']);
  });

  it('is one slice per family and ports', () => {
    const six = { addresses: [{ ip: 'fd00::1' }, { ip: '10.0.0.9' }], ports };
    const other = { addresses: [{ ip: '10.0.0.3' }], ports: [{ port: 80 }] };
    const { create } = planMirror(endpointsOf([both, six, other]), []);
    expect(create.map(({ addressType, endpoints }) => [addressType, endpoints!.length])).toEqual([
      ['IPv4', 3],
      ['IPv6', 1],
      ['IPv4', 1],
    ]);
  });

  it('stays as it is, follows, and goes', () => {
    const slice = stored(planMirror(endpointsOf([both]), []).create[0]!);
    expect(planMirror(endpointsOf([both]), [slice])).toEqual({
      create: [],
      update: [],
      remove: [],
    });
    const fewer = { addresses: both.addresses, ports };
    const followed = planMirror(endpointsOf([fewer]), [slice]);
    expect(followed.update.map(({ endpoints }) => endpoints!.length)).toEqual([1]);
    // As in Kubernetes, whose update does not tell how the slice was named.
    expect(followed.update[0]?.metadata).toMatchObject({ name: slice.metadata.name });
    expect(followed.update[0]?.metadata).not.toHaveProperty('generateName');
    expect(planMirror(endpointsOf([]), [slice]).remove).toEqual([slice]);
    const moved = planMirror(endpointsOf([{ ...fewer, ports: [{ port: 80 }] }]), [slice]);
    expect([moved.create.length, moved.remove.length]).toEqual([1, 1]);
  });

  it('names no more than a thousand addresses of a subset', () => {
    const addresses = Array.from({ length: 1001 }, (_, i) => ({ ip: `10.0.${i >> 8}.${i & 255}` }));
    const { create } = planMirror(endpointsOf([{ addresses, ports }]), []);
    expect(create[0]!.endpoints).toHaveLength(1000);
  });
});
