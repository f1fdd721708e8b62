import { describe, expect, test } from 'vitest';
import type { Service } from '../../../../api/types/core-v1.ts';
import { errorsText } from '../../../../api/field-errors.ts';
import { deepCopy } from '../../../../api/deep.ts';
import {
  created,
  createErrors,
  row,
  type Sent,
  updated,
  updateErrors,
} from '../../../../test/support/kinds.ts';
import type { ClaimRange, ClaimRanges } from '../../claims.ts';
import type { Mutable } from '../../../../api/meta.ts';
import { service } from './declaration.ts';
import { validateStatus } from './validation-status.ts';

const port = (fields: Sent = {}): Sent => ({ port: 80, ...fields });
const sent = (spec: Sent = {}): Sent => ({ spec: { ports: [port()], ...spec } });

describe('defaults', () => {
  test('a Service that names only a port', () => {
    const { spec, status } = created(service, sent());
    expect(spec).toEqual({
      type: 'ClusterIP',
      sessionAffinity: 'None',
      internalTrafficPolicy: 'Cluster',
      ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
    });
    expect(status).toEqual({ loadBalancer: {} });
  });

  test('types', () => {
    expect(created(service, sent({ type: 'NodePort' })).spec.externalTrafficPolicy).toBe('Cluster');
    expect(
      created(service, sent({ type: 'LoadBalancer' })).spec.allocateLoadBalancerNodePorts,
    ).toBe(true);
    const name = created(service, { spec: { type: 'ExternalName', externalName: 'a.b' } }).spec;
    expect(name).not.toHaveProperty('ipFamilies');
    expect(name).not.toHaveProperty('internalTrafficPolicy');
  });

  test('session affinity', () => {
    expect(
      created(service, sent({ sessionAffinity: 'ClientIP' })).spec.sessionAffinityConfig,
    ).toEqual({
      clientIP: { timeoutSeconds: 10800 },
    });
  });
});

describe('validation', () => {
  test.each<[string, Sent, string[]]>([
    ['good', sent(), []],
    ['headless without ports', { spec: { clusterIP: 'None' } }, []],
    ['no ports', { spec: {} }, ['spec.ports: Required value']],
    [
      'several ports need names, and numbers of their own',
      sent({ ports: [port({ name: 'a' }), port(), port({ name: 'a', port: 0 })] }),
      [
        'spec.ports[1].name: Required value',
        'spec.ports[2].name: Duplicate value: "a"',
        'spec.ports[2].port: Invalid value: 0: must be between 1 and 65535, inclusive',
        'spec.ports[2].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive',
        'spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}',
      ],
    ],
    [
      'a node port without a node',
      sent({ ports: [port({ nodePort: 30080 })] }),
      ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
    ],
    [
      'words outside their set',
      sent({ type: 'Magic', sessionAffinity: 'Sticky' }),
      [
        'spec.sessionAffinity: Unsupported value: "Sticky": supported values: "ClientIP", "None"',
        'spec.type: Unsupported value: "Magic": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
      ],
    ],
    [
      'addresses',
      sent({ clusterIP: '10.0.0.300', externalIPs: ['127.0.0.1', 'x'] }),
      [
        'spec.clusterIPs[0]: Invalid value: "10.0.0.300": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
        'spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
        'spec.externalIPs[1]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      ].sort((a, b) => (a < b ? -1 : 1)),
    ],
    [
      'a name for nothing',
      { spec: { type: 'ExternalName', ipFamilies: ['IPv4'] } },
      [
        'spec.ipFamilies: Forbidden: may not be set for ExternalName services',
        'spec.externalName: Required value',
      ],
    ],
    [
      'a headless load balancer',
      sent({ type: 'LoadBalancer', clusterIP: 'None' }),
      [
        'spec.clusterIPs[0]: Invalid value: "None": may not be set to \'None\' for LoadBalancer services',
      ],
    ],
    [
      'fields of another type',
      sent({ loadBalancerClass: 'a/b', externalTrafficPolicy: 'Local', healthCheckNodePort: 3 }),
      [
        "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'",
        'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services',
        "spec.healthCheckNodePort: Invalid value: 3: may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
      ],
    ],
  ])('%s', (_title, object, errors) => {
    expect(createErrors(service, object)).toEqual(errors);
  });

  test('the address stays, given or not', () => {
    const old = created(service, sent({ clusterIP: '10.0.0.7' }));
    const same = updated(service, old, ({ spec }) => {
      delete spec.clusterIP;
      delete spec.clusterIPs;
      spec.ports![0]!.port = 81;
    });
    expect(same.spec).toMatchObject({ clusterIP: '10.0.0.7', clusterIPs: ['10.0.0.7'] });
    const errors = updateErrors(service, old, ({ spec }) => {
      spec.clusterIP = '10.0.0.8';
      spec.clusterIPs = ['10.0.0.8'];
    });
    expect(errors).toEqual([
      'spec.clusterIPs[0]: Invalid value: ["10.0.0.8"]: may not change once set',
    ]);
  });

  test('node ports stay with their port and go with their type', () => {
    const old = created(service, sent({ type: 'NodePort', ports: [port({ nodePort: 30001 })] }));
    const kept = updated(service, old, ({ spec }) => {
      delete spec.ports![0]!.nodePort;
    });
    expect(kept.spec.ports![0]!.nodePort).toBe(30001);
    const internal = updated(service, old, ({ spec }) => {
      spec.type = 'ClusterIP';
    });
    expect(internal.spec.ports![0]).not.toHaveProperty('nodePort');
    expect(internal.spec).not.toHaveProperty('externalTrafficPolicy');
    const balanced = sent({ type: 'LoadBalancer', ports: [port({ nodePort: 30001 })] });
    const alone = updated(service, created(service, balanced), ({ spec }) => {
      spec.allocateLoadBalancerNodePorts = false;
    });
    expect(alone.spec.ports![0]!.nodePort).toBe(30001);
    const joined = updated(service, old, ({ spec }) => {
      spec.type = 'ClusterIP';
      spec.ports = [
        { name: 'other', port: 81 },
        { ...spec.ports![0]!, name: 'first' },
      ];
    });
    expect(joined.spec.ports!.map((each) => each.nodePort)).toEqual([undefined, undefined]);
    expect(service.validate(internal)).toEqual([]);
  });
});

/** Ranges in memory: what the registry gives `reserve`. */
function ranges(ips: readonly string[], ports: readonly string[]) {
  const held = new Map<string, string>();
  const range = (values: readonly string[]): ClaimRange => ({
    claim: async (value, { name }) => {
      if (!values.includes(value)) return 'outside';
      if (held.has(value)) return 'taken';
      held.set(value, name);
      return undefined;
    },
    claimNext: async ({ name }) => {
      const free = values.find((value) => !held.has(value));
      if (free !== undefined) held.set(free, name);
      return free;
    },
    release: async (value, { name }) => {
      if (held.get(value) === name) held.delete(value);
    },
  });
  const claims: ClaimRanges = {
    clusterIPs: range(ips),
    nodePorts: range(ports),
    families: ['IPv4'],
    dryRun: () => claims,
  };
  return { held, claims };
}

const balanced = (type: string, ingress: readonly object[]): Service =>
  ({ metadata: { name: 's' }, spec: { type }, status: { loadBalancer: { ingress } } }) as never;

describe('a status', () => {
  test.each([
    [
      'ClusterIP',
      [{ ip: '1.2.3.4' }],
      ["ingress: Forbidden: may only be used when `spec.type` is 'LoadBalancer'"],
    ],
    ['ClusterIP', [], []],
    ['LoadBalancer', [{ ip: '1.2.3.4', ipMode: 'VIP' }, { hostname: 'a.b' }], []],
    [
      'LoadBalancer',
      [{ ip: 'x' }],
      [
        'ingress[0].ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      ],
    ],
    [
      'LoadBalancer',
      [{ ip: '1.2.3.4', ipMode: 'X' }],
      ['ingress[0].ipMode: Unsupported value: "X": supported values: "Proxy", "VIP"'],
    ],
    [
      'LoadBalancer',
      [{ hostname: 'a', ipMode: 'VIP' }],
      ['ingress[0].ipMode: Forbidden: may not be specified when `ip` is not set'],
    ],
    [
      'LoadBalancer',
      [{ hostname: '1.2.3.4' }],
      ['ingress[0].hostname: Invalid value: "1.2.3.4": must be a DNS name, not an IP address'],
    ],
  ])('of a Service of type %s with %j', (type, ingress, told) => {
    const errors = validateStatus(balanced(type, ingress));
    expect(errors.map((error) => errorsText([error]))).toEqual(
      told.map((text) => `status.loadBalancer.${text}`),
    );
  });

  test('loses its balancer with the type', () => {
    const old = balanced('LoadBalancer', [{ ip: '1.2.3.4' }]);
    const object = deepCopy(old) as Mutable<Service>;
    object.spec = { ...old.spec, type: 'ClusterIP' } as Mutable<Service>['spec'];
    service.prepareForUpdate(object, old);
    expect(object.status).toEqual({ loadBalancer: {} });
  });
});

describe('reserve', () => {
  const make = (name: string, fields: Sent): Mutable<Service> =>
    deepCopy(created(service, { metadata: { name }, ...sent(fields) })) as Mutable<Service>;
  const dns = [port({ name: 'udp', protocol: 'UDP' }), port({ name: 'tcp' })];

  test('fills in address and ports; the other protocol shares the port', async () => {
    const { held, claims } = ranges(['10.0.0.1', '10.0.0.2'], ['30000', '30001']);
    const object = make('a', { type: 'NodePort', ports: dns });
    await service.reserve({ object, old: undefined }, claims);
    expect(object.spec).toMatchObject({ clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1'] });
    expect(object.spec.ports!.map(({ nodePort }) => nodePort)).toEqual([30000, 30000]);
    expect([...held]).toEqual([
      ['10.0.0.1', 'a'],
      ['30000', 'a'],
    ]);
    await service.release(object, claims);
    expect(held.size).toBe(0);
  });

  test('refuses what is taken, outside or exhausted, and holds nothing then', async () => {
    const { held, claims } = ranges(['10.0.0.1'], ['30000']);
    const first = make('a', { type: 'NodePort', clusterIP: '10.0.0.1' });
    await service.reserve({ object: first, old: undefined }, claims);
    const before = [...held];
    const refused = async (fields: Sent): Promise<string> => {
      const attempt = service.reserve({ object: make('b', fields), old: undefined }, claims);
      return attempt.then(
        () => 'taken',
        (error: Error) => error.message,
      );
    };
    expect(await refused({ clusterIP: '10.0.0.1' })).toBe(
      'Service "b" is invalid: spec.clusterIPs: Invalid value: ["10.0.0.1"]: failed to allocate IP 10.0.0.1: taken',
    );
    expect(await refused({ clusterIP: '10.9.0.1' })).toBe(
      'Service "b" is invalid: spec.clusterIPs: Invalid value: ["10.9.0.1"]: failed to allocate IP 10.9.0.1: outside',
    );
    expect(await refused({})).toBe(
      'Internal error occurred: failed to allocate a serviceIP: range is full',
    );
    const nodePort = [port({ nodePort: 30000 })];
    expect(await refused({ type: 'NodePort', clusterIP: 'None', ports: nodePort })).toBe(
      'Service "b" is invalid: spec.ports[0].nodePort: Invalid value: 30000: taken',
    );
    expect(
      await refused({ type: 'NodePort', clusterIP: 'None', ports: [port({ nodePort: 80 })] }),
    ).toBe('Service "b" is invalid: spec.ports[0].nodePort: Invalid value: 80: outside');
    expect([...held]).toEqual(before);
    const twice = [port({ nodePort: 30001, name: 'a' }), port({ port: 81, nodePort: 30001 })];
    const two = ranges(['10.0.0.1'], ['30001']);
    const object = make('c', { type: 'NodePort', ports: twice });
    await expect(service.reserve({ object, old: undefined }, two.claims)).rejects.toThrow(
      'spec.ports[1].nodePort: Invalid value: 30001: provided port is already allocated',
    );
    expect(two.held.size).toBe(0);
  });

  test('a change keeps, adds and gives back', async () => {
    const { held, claims } = ranges(['10.0.0.1', '10.0.0.2'], ['30000']);
    const old = make('a', { type: 'NodePort' });
    await service.reserve({ object: old, old: undefined }, claims);
    const object = deepCopy(old);
    object.spec.type = 'ClusterIP';
    service.prepareForUpdate(object, old);
    const kept = await service.reserve({ object, old }, claims);
    expect(held.has('30000')).toBe(true);
    await kept.commit();
    expect([...held.keys()]).toEqual(['10.0.0.1']);

    const back = await service.reserve({ object: deepCopy(old), old: object }, claims);
    expect(held.has('30000')).toBe(true);
    await back.rollback();
    expect([...held.keys()]).toEqual(['10.0.0.1']);
  });
});

test('rows', () => {
  const print = (spec: Sent, status?: Sent): Sent =>
    row(service, { metadata: { name: 's' }, spec, status });
  expect(
    print({
      type: 'NodePort',
      clusterIPs: ['10.0.0.1'],
      ports: [
        { port: 80, nodePort: 30080, protocol: 'TCP' },
        { port: 53, protocol: 'UDP' },
      ],
      selector: { b: '2', a: '1' },
    }),
  ).toEqual({
    Name: 's',
    Type: 'NodePort',
    'Cluster-IP': '10.0.0.1',
    'External-IP': '<none>',
    'Port(s)': '80:30080/TCP,53/UDP',
    Age: '<unknown>',
    Selector: 'a=1,b=2',
  });
  expect(print({ type: 'LoadBalancer' })['External-IP']).toBe('<pending>');
  const given = { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } };
  expect(print({ type: 'LoadBalancer' }, given)['External-IP']).toBe('1.2.3.4');
  expect(print({ type: 'ExternalName', externalName: 'a.b' })).toMatchObject({
    'Cluster-IP': '<none>',
    'External-IP': 'a.b',
    'Port(s)': '<none>',
  });
});
