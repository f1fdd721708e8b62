import { describe, expect, it } from 'vitest';
import type { Pod, Service } from '../../api/types/core-v1.ts';
import { planEndpoints } from './plan.ts';

const service = (spec: Service['spec']): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'd', name: 'web', uid: 's', labels: { team: 'x' } },
  spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 'http' }], ...spec },
});

interface Shape {
  readonly ready?: boolean;
  readonly port?: number;
  readonly ip?: string | undefined;
  readonly phase?: string;
  readonly deleting?: boolean;
}

function pod(name: string, shape: Shape = {}): Pod {
  const { ready = true, port = 8080, ip = `10.0.0.${name}`, phase = 'Running' } = shape;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      namespace: 'd',
      name,
      uid: name,
      ...(shape.deleting ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
    spec: {
      nodeName: 'n',
      hostname: name,
      subdomain: 'web',
      containers: [{ name: 'c', ports: [{ name: 'http', containerPort: port }] }],
    },
    status: { phase, podIP: ip, conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  };
}

const shown = (spec: Service['spec'], pods: Pod[]): string[] =>
  (planEndpoints({ service: service(spec), pods }).subsets ?? []).map((subset) => {
    const ips = (list: typeof subset.addresses) => (list ?? []).map(({ ip }) => ip).join(',');
    const ports = (subset.ports ?? []).map(({ port }) => port).join(',');
    return `${ips(subset.addresses)} / ${ips(subset.notReadyAddresses)} : ${ports}`;
  });

describe('the Endpoints of a Service', () => {
  it.each<[string, Service['spec'], Pod[], string[]]>([
    [
      'tell ready from not ready, in order',
      {},
      [pod('2'), pod('1'), pod('3', { ready: false })],
      ['10.0.0.1,10.0.0.2 / 10.0.0.3 : 8080'],
    ],
    [
      'leave out what ended or has no address',
      {},
      [pod('1', { phase: 'Failed' }), pod('2', { deleting: true }), pod('3', { ip: '' })],
      [],
    ],
    [
      'split by what the named port is',
      {},
      [pod('1'), pod('2', { port: 9090 })],
      ['10.0.0.1 /  : 8080', '10.0.0.2 /  : 9090'],
    ],
    [
      'publish what is not ready where asked to',
      { publishNotReadyAddresses: true },
      [pod('1', { ready: false, deleting: true })],
      ['10.0.0.1 /  : 8080'],
    ],
    [
      'leave out pods without the named port',
      { ports: [{ port: 80, targetPort: 'nope' }] },
      [pod('1')],
      [],
    ],
    ['take the port itself as target', { ports: [{ port: 80 }] }, [pod('1')], ['10.0.0.1 /  : 80']],
    [
      'need no port when headless',
      { clusterIP: 'None', ports: [] },
      [pod('1')],
      ['10.0.0.1 /  : '],
    ],
  ])('%s', (_, ...[spec, pods, wanted]) => {
    expect(shown(spec, pods)).toEqual(wanted);
  });

  it('name the pod, its node and its host name, and carry the labels of the Service', () => {
    const made = planEndpoints({ service: service({ clusterIP: 'None' }), pods: [pod('1')] });
    expect(made.subsets?.[0]?.addresses?.[0]).toEqual({
      ip: '10.0.0.1',
      hostname: '1',
      nodeName: 'n',
      targetRef: { kind: 'Pod', namespace: 'd', name: '1', uid: '1' },
    });
    expect(made.metadata.labels).toEqual({
      team: 'x',
      'endpoints.kubernetes.io/managed-by': 'endpoint-controller',
      'service.kubernetes.io/headless': '',
    });
  });

  it('stop at 1000 addresses and say so', () => {
    const pods = Array.from({ length: 1001 }, (_, i) => pod(`${i}`));
    const made = planEndpoints({ service: service({}), pods });
    expect(made.subsets?.[0]?.addresses).toHaveLength(1000);
    expect(made.metadata.annotations).toEqual({
      'endpoints.kubernetes.io/over-capacity': 'truncated',
    });
  });
});
