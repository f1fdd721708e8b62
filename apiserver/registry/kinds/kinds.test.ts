import { describe, expect, test } from 'vitest';
import { deepFreeze } from '../../../api/deep.ts';
import type { Mutable } from '../../../api/meta.ts';
import type { Node } from '../../../api/types/core-v1.ts';
import {
  created,
  createErrors,
  row,
  type Sent,
  updated,
  updateErrors,
  written,
} from '../../../test/support/kinds.ts';
import { configMap } from './configmap.ts';
import { controllerRevision } from './controllerrevision.ts';
import { endpoints } from './endpoints.ts';
import { endpointSlice } from './endpointslice.ts';
import { event } from './event.ts';
import { kinds } from './index.ts';
import { lease } from './lease.ts';
import { namespace } from './namespace.ts';
import { node } from './node/declaration.ts';
import { secret } from './secret.ts';
import { serviceAccount } from './serviceaccount.ts';

const metadata = { name: 'x', creationTimestamp: '2026-11-21T11:59:00Z' };
const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('every kind', () => {
  test('is declared once, and its names are too', () => {
    const seen = new Set<string>();
    for (const { type, singular, shortNames = [], storagePrefix, view, computed } of kinds) {
      // As metrics-server, which names none.
      expect(singular).toBe(type.group === 'metrics.k8s.io' ? '' : type.kind.toLowerCase());
      if (view !== undefined || computed !== undefined) continue;
      for (const name of [type.resource, ...shortNames, `/${storagePrefix ?? type.resource}`]) {
        expect(seen).not.toContain(name);
        seen.add(name);
      }
    }
  });

  /** What the registry holds is frozen: a subresource write shares it with the new object. */
  test.each(kinds.map((kind) => [kind.type.kind, kind] as const))(
    '%s: defaults change nothing that has them',
    (_name, kind) => {
      const spec = { containers: [{ name: 'c', image: 'i', resources: { limits: { cpu: 1 } } }] };
      const object = created(kind, { spec: { ...spec, template: { spec }, ports: [{ port: 1 }] } });
      kind.applyDefaults?.(deepFreeze(object) as Mutable<typeof object>);
    },
  );

  test.each(kinds.map((kind) => [kind.type.kind, kind] as const))(
    '%s: an object without anything is printed and selected, and judged without a crash',
    (_name, kind) => {
      const object = created(kind, {});
      createErrors(kind, {});
      // Nobody writes what is computed, nor reads what is posted.
      if (kind.review ?? kind.computed ?? kind.actsOn) return;
      expect(kind.printer!.cells(object, 0)).toHaveLength(kind.printer!.columns.length);
      for (const select of Object.values(kind.selectableFields ?? {})) {
        expect(select(object)).toBeTypeOf('string');
      }
    },
  );
});

describe('Namespace', () => {
  const object = created(namespace, { metadata: { name: 'a' } });

  test('starts active, labelled, held by its content', () => {
    expect(object).toMatchObject({
      metadata: { labels: { 'kubernetes.io/metadata.name': 'a' } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    });
    expect(row(namespace, { ...object, metadata })).toEqual({
      Name: 'x',
      Status: 'Active',
      Age: '60s',
    });
  });

  test('a client cannot drop the finalizer; finalize can', () => {
    const same = updated(namespace, object, (edited) => {
      edited.spec = {};
    });
    expect(same.spec).toEqual(object.spec);
    expect(namespace.keepsDeleted(object)).toBe(true);
    const sent = { metadata: object.metadata, spec: {} };
    const done = written(namespace, 'finalize', { parent: object, sent });
    expect(done.errors).toEqual([]);
    expect(namespace.keepsDeleted(done.object)).toBe(false);
  });

  test('phase and deletion agree', () => {
    const status = { phase: 'Terminating' };
    const sent = { metadata: object.metadata, status };
    expect(written(namespace, 'status', { parent: object, sent }).errors).toEqual([
      'status.Phase: Invalid value: "Terminating": may only be \'Active\' if `deletionTimestamp` is empty',
    ]);
    const ending = { ...object } as Mutable<typeof object>;
    namespace.markDeleting(ending);
    expect(ending.status).toEqual({ phase: 'Terminating' });
  });
});

describe('ConfigMap and Secret', () => {
  const badKey =
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

  test('keys and size of a ConfigMap', () => {
    expect(
      createErrors(configMap, { data: { 'a b': '', k: '' }, binaryData: { k: 'AA==' } }),
    ).toEqual([
      `data[a b]: Invalid value: "a b": ${badKey}`,
      'data[k]: Invalid value: "k": duplicate of key present in binaryData',
    ]);
    expect(createErrors(configMap, { data: { k: 'x'.repeat(2 ** 20) } })).toEqual([]);
    const tooBig = { data: { k: 'x'.repeat(2 ** 20) }, binaryData: { b: 'AA==' } };
    expect(createErrors(configMap, tooBig)).toEqual([
      '[]: Too long: may not be more than 1048576 bytes',
    ]);
  });

  test('once immutable, always', () => {
    const old = created(configMap, { data: { a: '1' }, immutable: true });
    const errors = updateErrors(configMap, old, (object) => {
      object.immutable = false;
      object.data!['a'] = '2';
    });
    expect(errors).toEqual([
      'immutable: Forbidden: field is immutable when `immutable` is set',
      'data: Forbidden: field is immutable when `immutable` is set',
    ]);
  });

  test('stringData becomes data', () => {
    const object = created(secret, { data: { a: base64('old') }, stringData: { a: 'ä', b: '' } });
    expect(object).toMatchObject({ type: 'Opaque', data: { a: base64('ä'), b: '' } });
    expect(object).not.toHaveProperty('stringData');
    expect(row(secret, { ...object, metadata })).toEqual({
      Name: 'x',
      Type: 'Opaque',
      Data: 2,
      Age: '60s',
    });
  });

  test.each<[string, Sent, string[]]>([
    ['kubernetes.io/tls', {}, ['data[tls.crt]: Required value', 'data[tls.key]: Required value']],
    ['kubernetes.io/tls', { data: { 'tls.crt': '', 'tls.key': '' } }, []],
    ['kubernetes.io/basic-auth', { data: { password: 'AA==' } }, []],
    [
      'kubernetes.io/basic-auth',
      {},
      ['data[username]: Required value', 'data[password]: Required value'],
    ],
    ['kubernetes.io/ssh-auth', {}, ['data[ssh-privatekey]: Required value']],
    [
      'kubernetes.io/dockerconfigjson',
      { data: { '.dockerconfigjson': base64('{') } },
      [
        'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": unexpected end of JSON input',
      ],
    ],
    [
      'kubernetes.io/service-account-token',
      {},
      ['metadata.annotations[kubernetes.io/service-account.name]: Required value'],
    ],
    ['example.com/own', {}, []],
  ])('a Secret of type %s with %j', (type, fields, errors) => {
    expect(createErrors(secret, { type, ...fields })).toEqual(errors);
  });

  test('the type stays', () => {
    const errors = updateErrors(secret, created(secret, {}), (object) => {
      object.type = 'other/type';
    });
    expect(errors).toEqual(['type: Invalid value: "other/type": field is immutable']);
  });
});

describe('Node', () => {
  const status = { capacity: { cpu: '4' } };
  const object = created(node, { spec: { podCIDR: '10.1.0.0/24' }, status });

  test('is registered with its status', () => {
    expect(object.status).toEqual({ capacity: { cpu: '4' }, allocatable: { cpu: '4' } });
    expect(object.spec.podCIDRs).toEqual(['10.1.0.0/24']);
  });

  test('taints, ranges, resources', () => {
    const taint = { key: 'k', effect: 'NoSchedule' };
    expect(
      createErrors(node, {
        spec: { taints: [taint, taint, { key: 'k', effect: 'Maybe' }], podCIDRs: ['10.0.0.0'] },
        status: { capacity: { cpu: '-1', pods: '1500m' } },
      }),
    ).toEqual([
      'metadata.taints[1]: Duplicate value: {"Key":"k","Value":"","Effect":"NoSchedule","TimeAdded":null}: taints must be unique by key and effect pair',
      'metadata.taints[2].effect: Unsupported value: "Maybe": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
      'status.capacity.cpu: Invalid value: "-1": must be greater than or equal to 0',
      'status.capacity.pods: Invalid value: "1500m": must be an integer',
      'status.allocatable.cpu: Invalid value: "-1": must be greater than or equal to 0',
      'status.allocatable.pods: Invalid value: "1500m": must be an integer',
      'spec.podCIDRs[0]: Invalid value: "10.0.0.0": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
    ]);
  });

  test('cordoning is a change; another pod range is not', () => {
    const change = (edit: (edited: Mutable<Node>) => void): string[] =>
      updateErrors(node, object, edit);
    expect(change(({ spec }) => (spec.unschedulable = true))).toEqual([]);
    // The old name counts where the two do not agree.
    expect(change(({ spec }) => (spec.podCIDRs = ['10.2.0.0/24']))).toEqual([]);
    expect(change(({ spec }) => (spec.podCIDR = '10.2.0.0/24'))).toEqual([
      'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
    ]);
  });

  test.each<[Sent, Sent]>([
    [{}, { Status: 'Unknown', Roles: '<none>', 'Internal-IP': '<none>', 'OS-Image': '<unknown>' }],
    [
      {
        metadata: {
          ...metadata,
          labels: { 'node-role.kubernetes.io/control-plane': '', 'kubernetes.io/role': 'a' },
        },
        spec: { unschedulable: true },
        status: {
          conditions: [{ type: 'Ready', status: 'True' }],
          addresses: [{ type: 'InternalIP', address: '10.0.0.1' }],
          nodeInfo: { kubeletVersion: 'v1.34.0' },
        },
      },
      {
        Status: 'Ready,SchedulingDisabled',
        Roles: 'a,control-plane',
        Version: 'v1.34.0',
        'Internal-IP': '10.0.0.1',
      },
    ],
    [{ status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } }, { Status: 'NotReady' }],
  ])('%j is printed as %j', (fields, cells) => {
    expect(row(node, { metadata, ...fields })).toMatchObject(cells);
  });
});

describe('Event', () => {
  const involvedObject = { kind: 'Pod', name: 'p', namespace: 'default' };

  test('belongs to the namespace of what it is about', () => {
    expect(createErrors(event, { involvedObject })).toEqual([]);
    expect(createErrors(event, { involvedObject: { ...involvedObject, namespace: 'b' } })).toEqual([
      'involvedObject.namespace: Invalid value: "b": does not match event.namespace',
    ]);
    const aboutNode = { involvedObject: { kind: 'Node', name: 'n' } };
    expect(createErrors(event, aboutNode)).toEqual([]);
    expect(createErrors(event, { ...aboutNode, metadata: { namespace: 'b' } })).toEqual([
      'involvedObject.namespace: Invalid value: "": does not match event.namespace',
    ]);
  });

  test('of the new style says who and what', () => {
    expect(
      createErrors(event, { involvedObject, eventTime: '2026-11-21T00:00:00.000000Z' }),
    ).toEqual([
      'reportingComponent: Required value',
      'reportingComponent: Invalid value: "": name part must be non-empty',
      "reportingComponent: Invalid value: \"\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
      'reportingInstance: Required value',
      'action: Required value',
      'reason: Required value',
    ]);
  });

  test('rows', () => {
    const object = {
      metadata,
      involvedObject,
      type: 'Normal',
      reason: 'Started',
      message: ' up\n',
      source: { component: 'kubelet', host: 'node1' },
      firstTimestamp: '2026-11-21T11:50:00Z',
      lastTimestamp: '2026-11-21T11:58:00Z',
      count: 3,
    };
    expect(row(event, object)).toEqual({
      'Last Seen': '2m',
      Type: 'Normal',
      Reason: 'Started',
      Object: 'pod/p',
      Subobject: '',
      Source: 'kubelet, node1',
      Message: 'up',
      'First Seen': '10m',
      Count: 3,
      Name: 'x',
    });
    const eventTime = '2026-11-21T11:59:30.000000Z';
    expect(row(event, { metadata, involvedObject, eventTime })).toMatchObject({
      'Last Seen': '30s',
      Count: 1,
    });
  });

  test('is selected by what it is about', () => {
    const fields = event.selectableFields;
    const object = created(event, { involvedObject, reportingComponent: 'c' });
    expect(fields['involvedObject.name'](object)).toBe('p');
    expect(fields.source(object)).toBe('c');
  });
});

test('Lease', () => {
  expect(createErrors(lease, { spec: { leaseDurationSeconds: 0, leaseTransitions: -1 } })).toEqual([
    'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
    'spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0',
  ]);
  expect(created(lease, { spec: { strategy: 'OldestEmulationVersion' } }).spec).toEqual({});
  expect(row(lease, { metadata, spec: { holderIdentity: 'me' } })).toMatchObject({ Holder: 'me' });
});

test('ServiceAccount', () => {
  const object = created(serviceAccount, { secrets: [{ name: 's', namespace: 'other' }] });
  expect(object.secrets).toEqual([{ name: 's' }]);
  expect(row(serviceAccount, { ...object, metadata })).toMatchObject({ Secrets: 1 });
});

describe('Endpoints and EndpointSlice', () => {
  const subset = (...ips: string[]): Sent => ({
    addresses: ips.map((ip) => ({ ip })),
    ports: [{ port: 80 }],
  });

  test('faults', () => {
    expect(createErrors(endpoints, { subsets: [subset('10.0.0.1')] })).toEqual([]);
    expect(createErrors(endpoints, { subsets: [{}, subset('127.0.0.1')] })).toEqual([
      'subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`',
      'subsets[1].addresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
    ]);
    const slice = {
      addressType: 'IPv4',
      endpoints: [{ addresses: [] }, { addresses: ['fd00::1'] }],
    };
    expect(createErrors(endpointSlice, slice)).toEqual([
      'endpoints[0].addresses: Required value: must contain at least 1 address',
      'endpoints[1].addresses: Invalid value: "fd00::1": must be an IPv4 address',
    ]);
    expect(createErrors(endpointSlice, {})).toEqual(['addressType: Required value']);
  });

  test('rows', () => {
    const print = (subsets: Sent[]): unknown => row(endpoints, { metadata, subsets })['Endpoints'];
    expect(print([])).toBe('<none>');
    expect(print([subset('10.0.0.1', 'fd00::1')])).toBe('10.0.0.1:80,[fd00::1]:80');
    expect(print([subset('10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5')])).toBe(
      '10.0.0.1:80,10.0.0.2:80,10.0.0.3:80 + 2 more...',
    );
    const slice = { metadata, addressType: 'IPv4', ports: [{ port: 80 }, {}], endpoints: [] };
    expect(row(endpointSlice, slice)).toMatchObject({ Ports: '80,*', Endpoints: '<unset>' });
  });
});

test('ControllerRevision', () => {
  const old = created(controllerRevision, { data: { a: 1 }, revision: 1 });
  expect(createErrors(controllerRevision, { revision: -1 })).toEqual([
    'revision: Invalid value: -1: must be greater than or equal to 0',
    'data: Required value: data is mandatory',
  ]);
  expect(updateErrors(controllerRevision, old, (object) => (object.data = {}))).toEqual([
    'data: Invalid value: {}: field is immutable',
  ]);
  const owner = { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'd', uid: 'u', controller: true };
  const owned = { ...old, metadata: { ...metadata, ownerReferences: [owner] } };
  expect(row(controllerRevision, owned as unknown as Sent)).toMatchObject({
    Controller: 'daemonset.apps/d',
    Revision: 1,
  });
});
