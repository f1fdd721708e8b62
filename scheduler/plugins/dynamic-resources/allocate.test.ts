import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deviceValue, DeviceSelectors } from '../../../api/scheduling/device-selector.ts';
import type { DeviceClaim, ResourceClaim } from '../../../api/types/resource-v1.ts';
import {
  aClaim,
  aClass,
  aSlice,
  DRIVER,
  exactly,
  selecting,
} from '../../../test/support/devices.ts';
import { aNode } from '../../../test/support/scheduling.ts';
import { allocate, AllocationTimeout, type Supply } from './allocate.ts';

const node = aNode({ name: 'a', labels: { zone: 'z1' } });
const selectors = new DeviceSelectors();

function supply(parts: Partial<Supply> = {}): Supply {
  const classes = [
    aClass('gpu'),
    aClass(
      'big',
      selecting('device.capacity["gpu.example.com"].memory.isGreaterThan(quantity("10Gi"))'),
    ),
  ];
  return {
    classOf: (name) => classes.find(({ metadata }) => metadata.name === name),
    slices: [],
    isTaken: () => false,
    matches: (expression, { driver, device }) =>
      selectors.matches(expression, deviceValue(driver, device)),
    ...parts,
  };
}

const claimed = (devices: DeviceClaim, name = 'c'): ResourceClaim => aClaim(name, devices);

/** The devices of each claim, by name. */
function found(claims: readonly ResourceClaim[], parts: Partial<Supply>): unknown {
  const results = allocate(claims, node, supply(parts));
  return results?.map(({ devices }) =>
    devices!.results!.map(({ request, device }) => `${request}=${device}`),
  );
}

const three = [aSlice('a', ['d0', 'd1', 'd2'])];

describe('requests', () => {
  it('take the first device that is free', () => {
    const claims = [aClaim('one'), aClaim('two')];
    expect(found(claims, { slices: three })).toEqual([['gpu=d0'], ['gpu=d1']]);
    const isTaken = (id: string): boolean => id === `${DRIVER}/a/d0`;
    expect(found(claims, { slices: three, isTaken })).toEqual([['gpu=d1'], ['gpu=d2']]);
  });

  it('get all they count, or nothing', () => {
    const four = claimed({ requests: [exactly({ count: 4 })] });
    expect(found([four], { slices: three })).toBeUndefined();
    const two = claimed({ requests: [exactly({ count: 2 }), exactly({}, 'other')] });
    expect(found([two], { slices: three })).toEqual([['gpu=d0', 'gpu=d1', 'other=d2']]);
  });

  it('select by attributes, versions and capacities, the class and the request alike', () => {
    const devices = [
      {
        name: 'small',
        attributes: { model: { string: 'x' } },
        capacity: { memory: { value: '8Gi' } },
      },
      {
        name: 'old',
        attributes: { model: { string: 'x' }, driverVersion: { version: '1.9.0' } },
        capacity: { memory: { value: '40Gi' } },
      },
      {
        name: 'right',
        attributes: { model: { string: 'x' }, driverVersion: { version: '2.0.1' } },
        capacity: { memory: { value: '40Gi' } },
      },
    ];
    const wanted = selecting(
      'device.driver == "gpu.example.com" && device.attributes["gpu.example.com"].model == "x"',
      'device.attributes["gpu.example.com"].driverVersion.isGreaterThan(semver("1.10.0"))',
    );
    const claim = claimed({ requests: [exactly({ deviceClassName: 'big', ...wanted })] });
    expect(found([claim], { slices: [aSlice('a', devices)] })).toEqual([['gpu=right']]);
  });

  it('see an empty domain where a device has none', () => {
    const asks = selecting(
      '!("model" in device.attributes["other.example.com"]) && !("other.example.com" in device.attributes)',
    );
    expect(found([claimed({ requests: [exactly(asks)] })], { slices: three })).toEqual([
      ['gpu=d0'],
    ]);
  });

  it('take the first alternative that there is', () => {
    const firstAvailable = [
      { name: 'big', deviceClassName: 'big', allocationMode: 'ExactCount', count: 1 },
      { name: 'two', deviceClassName: 'gpu', allocationMode: 'ExactCount', count: 2 },
    ];
    const claim = claimed({ requests: [{ name: 'gpu', firstAvailable }] });
    const slices = [
      aSlice(
        'a',
        ['d0', 'd1'].map((name) => ({ name, capacity: { memory: { value: '1Gi' } } })),
      ),
    ];
    expect(found([claim], { slices })).toEqual([['gpu/two=d0', 'gpu/two=d1']]);
  });

  it('that want all get all of a node, or nothing if one is taken', () => {
    const claim = claimed({ requests: [exactly({ allocationMode: 'All' })] });
    expect(found([claim], { slices: three })).toEqual([['gpu=d0', 'gpu=d1', 'gpu=d2']]);
    expect(found([claim], { slices: three, isTaken: (id) => id.endsWith('d1') })).toBeUndefined();
    expect(found([claim], { slices: [] })).toBeUndefined();
  });

  it('with admin access look at devices that others have', () => {
    const claim = claimed({ requests: [exactly({ adminAccess: true })] });
    expect(found([claim], { slices: three, isTaken: () => true })).toEqual([['gpu=d0']]);
  });
});

describe('constraints', () => {
  const on = (name: string, root: string) => ({ name, attributes: { root: { string: root } } });

  it('find devices that share an attribute, going back where the first choice ends nowhere', () => {
    const slices = [aSlice('a', [on('d0', 'r0'), on('d1', 'r1'), on('d2', 'r1')])];
    const requests = [exactly({ count: 2 })];
    const constraints = [{ matchAttribute: `${DRIVER}/root` }];
    expect(found([claimed({ requests, constraints })], { slices })).toEqual([['gpu=d1', 'gpu=d2']]);
  });

  it('concern the requests that they name', () => {
    const slices = [aSlice('a', [on('d0', 'r0'), on('d1', 'r1'), 'd2'])];
    const requests = [exactly({}, 'x'), exactly({}, 'y'), exactly({}, 'z')];
    const constraints = [{ matchAttribute: `${DRIVER}/root`, requests: ['x'] }];
    expect(found([claimed({ requests, constraints })], { slices })).toEqual([
      ['x=d0', 'y=d1', 'z=d2'],
    ]);
  });
});

describe('pools', () => {
  const pool = (generation: number, resourceSliceCount = 1) => ({
    pool: { name: 'p', generation, resourceSliceCount },
  });

  it('of other nodes are out of reach', () => {
    expect(found([aClaim('c')], { slices: [aSlice('b', ['d0'])] })).toBeUndefined();
    const zone = (value: string) => ({
      nodeSelector: {
        nodeSelectorTerms: [
          { matchExpressions: [{ key: 'zone', operator: 'In', values: [value] }] },
        ],
      },
    });
    expect(found([aClaim('c')], { slices: [aSlice('net', ['d0'], zone('z2'))] })).toBeUndefined();
    const results = allocate(
      [aClaim('c')],
      node,
      supply({ slices: [aSlice('net', ['d0'], zone('z1'))] }),
    );
    expect(results![0]!.nodeSelector).toEqual(zone('z1').nodeSelector);
  });

  it('count by their newest generation', () => {
    const slices = [
      aSlice('a', ['old'], { nodeName: 'a', ...pool(1) }),
      aSlice('a', ['new'], { nodeName: 'a', ...pool(2) }),
    ];
    expect(found([aClaim('c')], { slices })).toEqual([['gpu=new']]);
  });

  it('that are incomplete serve who wants some, not who wants all', () => {
    const slices = [aSlice('a', ['d0'], { nodeName: 'a', ...pool(1, 2) })];
    expect(found([aClaim('c')], { slices })).toEqual([['gpu=d0']]);
    const all = claimed({ requests: [exactly({ allocationMode: 'All' })] });
    expect(() => found([all], { slices })).toThrow(
      `claim default/c, request gpu: asks for all devices, but resource pool ${DRIVER}/p is currently being updated`,
    );
  });

  it('that name a device twice are refused', () => {
    expect(() => found([aClaim('c')], { slices: [aSlice('a', ['d0', 'd0'])] })).toThrow(
      'pool a is invalid: duplicate device name d0',
    );
  });
});

describe('what is written', () => {
  it('tells where the devices are, and the configuration of class and claim', () => {
    const opaque = (value: string) => ({ opaque: { driver: DRIVER, parameters: { value } } });
    const classOf = () => aClass('gpu', { config: [opaque('class')] });
    const config = [
      { ...opaque('all') },
      { requests: ['gpu'], ...opaque('own') },
      { requests: ['other'], ...opaque('other') },
    ];
    const claim = claimed({ requests: [exactly()], config });
    expect(allocate([claim], node, supply({ slices: three, classOf }))).toEqual([
      {
        devices: {
          results: [{ request: 'gpu', driver: DRIVER, pool: 'a', device: 'd0' }],
          config: [
            { source: 'FromClass', ...opaque('class') },
            { source: 'FromClaim', ...opaque('all') },
            { source: 'FromClaim', requests: ['gpu'], ...opaque('own') },
          ],
        },
        nodeSelector: {
          nodeSelectorTerms: [
            { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['a'] }] },
          ],
        },
      },
    ]);
  });
});

describe('faults', () => {
  it('name the claim or class and its selector', () => {
    const claim = claimed({ requests: [exactly(selecting('device.attributes["x"].y == 1'))] });
    expect(() => found([claim], { slices: three })).toThrow(
      'claim default/c: selector #0: CEL runtime error: no such key: y',
    );
    const unknown = claimed({ requests: [exactly({ deviceClassName: 'none' })] });
    expect(() => found([unknown], { slices: three })).toThrow(
      'claim default/c, request gpu: could not retrieve device class none: deviceclass.resource.k8s.io "none" not found',
    );
    const many = claimed({ requests: [exactly({ count: 33 })] });
    expect(() => found([many], { slices: three })).toThrow(
      'claim default/c: number of requested devices 33 exceeds the claim limit of 32',
    );
  });

  it('end a search that would not', () => {
    const devices = Array.from({ length: 64 }, (_, i) => ({
      name: `d${i}`,
      attributes: { n: { int: i } },
    }));
    const claim = claimed({
      requests: [exactly({ count: 16 }), exactly({ count: 2 }, 'same')],
      constraints: [{ matchAttribute: `${DRIVER}/n`, requests: ['same'] }],
    });
    expect(() => found([claim], { slices: [aSlice('a', devices)] })).toThrow(AllocationTimeout);
  });
});

it('finds devices exactly where a search of all orders does, and never one twice', () => {
  const kind = fc.constantFrom('x', 'y');
  const world = fc.record({
    kinds: fc.array(kind, { maxLength: 5 }),
    taken: fc.uniqueArray(fc.nat(4)),
    asks: fc.array(fc.record({ of: fc.option(kind), count: fc.integer({ min: 1, max: 3 }) }), {
      minLength: 1,
      maxLength: 3,
    }),
    same: fc.boolean(),
  });
  fc.assert(
    fc.property(world, ({ kinds, taken, asks, same }) => {
      const devices = kinds.map((value, i) => ({
        name: `d${i}`,
        attributes: { kind: { string: value } },
      }));
      const requests = asks.map(({ of, count }, i) =>
        exactly(
          {
            count,
            ...(of === null ? {} : selecting(`device.attributes["${DRIVER}"].kind == "${of}"`)),
          },
          `r${i}`,
        ),
      );
      const constraints = same ? [{ matchAttribute: `${DRIVER}/kind` }] : [];
      const isTaken = (id: string): boolean => taken.some((i) => id.endsWith(`/d${i}`));
      const results = allocate(
        [claimed({ requests, constraints })],
        node,
        supply({ slices: [aSlice('a', devices)], isTaken }),
      );
      const free = kinds.flatMap((value, i) => (taken.includes(i) ? [] : [value]));
      const fits = (pool: readonly string[]): boolean => {
        const only = (value: string) =>
          asks.reduce((n, { of, count }) => n + (of === value ? count : 0), 0);
        const any = asks.reduce((n, { of, count }) => n + (of === null ? count : 0), 0);
        const spare = ['x', 'y'].map(
          (value) => pool.filter((each) => each === value).length - only(value),
        );
        return spare.every((n) => n >= 0) && spare[0]! + spare[1]! >= any;
      };
      const possible = same
        ? ['x', 'y'].some((value) => fits(free.filter((each) => each === value)))
        : fits(free);
      expect(results !== undefined).toBe(possible);
      const names = results?.[0]!.devices!.results!.map(({ device }) => device) ?? [];
      expect(new Set(names).size).toBe(names.length);
      expect(names.some((name) => taken.includes(Number(name.slice(1))))).toBe(false);
    }),
  );
});
