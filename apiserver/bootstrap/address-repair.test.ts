import { expect, test } from 'vitest';
import { formatTime } from '../../api/time.ts';
import type { Service } from '../../api/types/core-v1.ts';
import type { IPAddress } from '../../api/types/networking-v1.ts';
import { parseCidr } from '../../api/cidr.ts';
import { addressRepairs } from './address-repair.ts';

const NOW = Date.parse('2026-01-02T03:04:05Z');
const ago = (seconds: number): string => formatTime(NOW - seconds * 1_000);

const service = (name: string, clusterIP: string, age = 1_000) =>
  ({
    ...{ apiVersion: 'v1', kind: 'Service' },
    metadata: { namespace: 'd', name, creationTimestamp: ago(age) },
    spec: { clusterIP, clusterIPs: [clusterIP] },
  }) as Service;

interface Sketch {
  readonly parent?: string;
  readonly resource?: string;
  readonly age?: number;
  readonly labels?: Readonly<Record<string, string>>;
}

const allocators = {
  'ipaddress.kubernetes.io/ip-family': 'IPv4',
  'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
};

function address(name: string, sketch: Sketch = {}) {
  const { parent = 'a', resource = 'services', age = 1_000, labels = allocators } = sketch;
  return {
    metadata: { name, labels, creationTimestamp: ago(age) },
    spec: { parentRef: { resource, namespace: 'd', name: parent } },
  } as unknown as IPAddress;
}

const a = service('a', '10.0.0.1');
const good = address('10.0.0.1');

test.each<[string, readonly Service[], readonly IPAddress[], readonly string[]]>([
  ['both agree', [a], [good], []],
  ['no address', [a], [], ['take 10.0.0.1 a ClusterIPNotAllocated']],
  ['headless', [service('a', 'None')], [], []],
  ['outside', [service('a', '10.1.0.1')], [], ['ClusterIPOutOfRange']],
  [
    'another resource',
    [a],
    [address('10.0.0.1', { resource: 'gateways', labels: {} })],
    ['remove 10.0.0.1 take 10.0.0.1 a ClusterIPNotAllocated'],
  ],
  [
    'a Service that is gone',
    [a],
    [address('10.0.0.1', { parent: 'gone', age: 3 })],
    ['remove 10.0.0.1 take 10.0.0.1 a ClusterIPNotAllocated'],
  ],
  ['two Services', [a, service('b', '10.0.0.1')], [good], ['ClusterIPAlreadyAllocated']],
  ['no labels', [a], [address('10.0.0.1', { labels: {} })], ['remove 10.0.0.1 take 10.0.0.1 a']],
  ['just taken', [], [address('10.0.0.1', { age: 60 })], []],
  ['leaked', [], [address('10.0.0.1', { age: 61 })], ['remove 10.0.0.1 IPAddressNotAllocated']],
  ['of others', [], [address('10.0.0.1', { labels: {}, age: 61 })], []],
  ['reverted soon', [a], [good, address('10.0.0.2', { age: 4 })], []],
  [
    'wrong reference',
    [a],
    [good, address('10.0.0.2', { age: 5 })],
    ['remove 10.0.0.2 IPAddressWrongReference'],
  ],
  [
    'no Service at all',
    [],
    [address('10.0.0.2', { resource: 'gateways', age: 1 })],
    ['remove 10.0.0.2 IPAddressNotAllocated'],
  ],
])('%s', (...[, services, addresses, expected]) => {
  const ranges = [parseCidr('10.0.0.0/24')!];
  const repairs = addressRepairs({ services, addresses, ranges, nowMs: NOW });
  expect(
    repairs.map(({ remove, take, warning }) =>
      [
        ...(remove === undefined ? [] : [`remove ${remove.metadata.name}`]),
        ...(take === undefined ? [] : [`take ${take.name} ${take.owner.name}`]),
        ...(warning === undefined ? [] : [warning.reason]),
      ].join(' '),
    ),
  ).toEqual(expected);
});
