/** What nodes are made of: addresses, admission, their objects. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostPortsOf } from '../api/scheduling/host-ports.ts';
import { podRequests, resourcesOf } from '../api/scheduling/requests.ts';
import type { Pod } from '../api/types/core-v1.ts';
import { aNode, aPod } from '../test/support/scheduling.ts';
import { AddressPool, parseRange } from './addresses.ts';
import { admit, type Demand } from './admission.ts';
import { hollowMachine } from './node-info.ts';
import { internalIpOf, maxNodes, pickNumber, podCidrOf } from './node-network.ts';
import { nodeStatus, sameNodeStatus, type NodeSpecification } from './node-object.ts';

describe('parseRange', () => {
  it.each(['10.244.1.0', '10.244.1.0/31', '10.244.300.0/24', 'fd00::/64', 'x/24', '10.0.0.0/x'])(
    'refuses %s',
    (text) => expect(parseRange(text)).toBeUndefined(),
  );
});

describe('AddressPool', () => {
  const pool = () => new AddressPool(parseRange('10.244.1.0/29')!);

  it('gives each address once: neither the network, the node nor the broadcast address', () => {
    const addresses = pool();
    const given = ['a', 'b', 'c', 'd', 'e'].map((uid) => addresses.allocate(uid));
    expect(given).toEqual(['2', '3', '4', '5', '6'].map((last) => `10.244.1.${last}`));
    expect(addresses.allocate('f')).toBeUndefined();
    expect(addresses.text).toBe('10.244.1.2-10.244.1.6');
  });

  it('never gives one address to two pods at a time', () => {
    const step = fc.record({
      uid: fc.constantFrom(...'abcdefg'),
      kind: fc.constantFrom('allocate', 'release', 'reserve'),
      last: fc.integer({ min: 2, max: 6 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
        const addresses = pool();
        const held = new Map<string, string>();
        for (const { uid, kind, last } of steps) {
          const own = [...held].filter(([, holder]) => holder === uid).map(([address]) => address);
          if (kind === 'allocate') {
            const address = addresses.allocate(uid);
            expect(address === undefined).toBe(held.size === 5);
            if (address === undefined) continue;
            expect(held.has(address)).toBe(false);
            held.set(address, uid);
          } else if (kind === 'reserve') {
            const address = `10.244.1.${last}`;
            const free = (held.get(address) ?? uid) === uid;
            expect(addresses.reserve(address, uid)).toBe(free);
            if (free) held.set(address, uid);
          } else {
            for (const address of own) {
              addresses.release(address, 'somebody else');
              addresses.release(address, uid);
              held.delete(address);
            }
          }
        }
      }),
    );
  });
});

describe('the network of a cluster', () => {
  it('follows the number in the name, if it is free', () => {
    expect(pickNumber('node7', () => false)).toBe(7);
    expect(pickNumber('node7', (n) => n === 7)).toBe(1);
    expect(pickNumber('worker', (n) => n < 3)).toBe(3);
    expect(pickNumber('node0', () => false)).toBe(1);
    expect(pickNumber('x', () => true)).toBeUndefined();
    expect(podCidrOf(3)).toBe('10.244.3.0/24');
    expect(internalIpOf(3)).toBe('172.18.0.4');
  });

  it('has a range and an address of its own for every number', () => {
    const ranges = new Set<string>();
    const addresses = new Set<string>();
    for (let number = 1; number < maxNodes; number++) {
      ranges.add(podCidrOf(number));
      addresses.add(internalIpOf(number));
    }
    expect([ranges.size, addresses.size]).toEqual([maxNodes - 1, maxNodes - 1]);
    for (const range of ranges) expect(parseRange(range)).toBeDefined();
    expect([...ranges].some((range) => range.startsWith('10.96.'))).toBe(false);
  });
});

describe('admit', () => {
  const demandOf = (pod: Pod): Demand => ({
    requests: podRequests(pod),
    hostPorts: hostPortsOf(pod),
  });
  const capacity = { allocatable: resourcesOf({ cpu: '4', memory: '8Gi' }), pods: 3 };
  const node = aNode({ labels: { disk: 'ssd' } });
  const judge = (pod: Pod, ...others: Pod[]) =>
    admit({ pod, demand: demandOf(pod) }, { node, capacity }, others.map(demandOf));

  it('lets pods in that fit', () => {
    const pod = aPod({ requests: { cpu: '2' }, nodeSelector: { disk: 'ssd' }, hostPort: 80 });
    expect(judge(pod, aPod({ requests: { cpu: '2' }, hostPort: 81 }))).toBeUndefined();
  });

  it.each([
    {
      pod: aPod({ requests: { cpu: '3' } }),
      others: [aPod({ requests: { cpu: '1500m' } })],
      reason: 'OutOfcpu',
      message: "Node didn't have enough resource: cpu, requested: 3000, used: 1500, capacity: 4000",
    },
    {
      pod: aPod(),
      others: [aPod(), aPod(), aPod()],
      reason: 'OutOfpods',
      message: "Node didn't have enough resource: pods, requested: 1, used: 3, capacity: 3",
    },
    {
      pod: aPod({ nodeSelector: { disk: 'hdd' } }),
      others: [],
      reason: 'NodeAffinity',
      message: "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
    },
    {
      pod: aPod({ hostPort: 80 }),
      others: [aPod({ hostPort: 80 })],
      reason: 'NodePorts',
      message:
        "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
    },
  ])('refuses with $reason', ({ pod, others, reason, message }) => {
    expect(judge(pod, ...others)).toEqual({ reason, message });
  });
});

describe('nodeStatus', () => {
  const uuid = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/;
  const specification: NodeSpecification = {
    ...{ name: 'node1', labels: {}, capacity: { cpu: '4' }, podCidr: '10.244.1.0/24' },
    ...{ internalIp: '172.18.0.2', runtimeVersion: 'wherry://1', machine: hollowMachine },
  };

  it('moves transition times with the status only, and keeps the conditions of others', () => {
    const first = nodeStatus(specification, undefined, { now: 'T1' });
    const silenced = first.conditions!.map((condition) => ({ ...condition, status: 'Unknown' }));
    const foreign = { type: 'NetworkUnavailable', status: 'False', reason: 'x' };
    const old = {
      ...first,
      conditions: [...silenced.slice(0, 1), ...first.conditions!.slice(1), foreign],
    };
    const next = nodeStatus(specification, old, { now: 'T2' });
    const times = next.conditions!.map((each) => [each.type, each.lastTransitionTime]);
    expect(times).toEqual([
      ['MemoryPressure', 'T2'],
      ['DiskPressure', 'T1'],
      ['PIDPressure', 'T1'],
      ['Ready', 'T1'],
      ['NetworkUnavailable', undefined],
    ]);
    expect(sameNodeStatus(first, nodeStatus(specification, first, { now: 'T3' }))).toBe(true);
    expect(sameNodeStatus(old, next)).toBe(false);
  });

  it('tells nodes apart however long their names are, and the same at each start', () => {
    const info = (name: string) =>
      nodeStatus({ ...specification, name }, undefined, { now: 'T1' }).nodeInfo!;
    const [one, two] = [info('a-node-with-a-long-name-1'), info('a-node-with-a-long-name-2')];
    for (const id of ['machineID', 'systemUUID', 'bootID'] as const)
      expect(one[id]).not.toBe(two[id]);
    expect(one.machineID).toMatch(/^[0-9a-f]{32}$/);
    expect(one.systemUUID).toMatch(uuid);
    expect(one.bootID).toMatch(uuid);
    expect(info('a-node-with-a-long-name-1')).toEqual(one);
    expect(one).toMatchObject({ kubeletVersion: 'v1.34.0+wherry', operatingSystem: 'linux' });
  });

  it('keeps extended resources that others have said it has', () => {
    const first = nodeStatus(specification, undefined, { now: 'T1' });
    const capacity = { ...first.capacity, cpu: '99', 'example.com/dongle': '4' };
    const old = { ...first, capacity, allocatable: capacity };
    const next = nodeStatus(specification, old, { now: 'T2' });
    expect(next.capacity).toEqual({ ...first.capacity, 'example.com/dongle': '4' });
    expect(next.allocatable).toEqual(next.capacity);
  });
});
