import { describe, expect, it } from 'vitest';
import type { Pod } from '../../api/types/core-v1.ts';
import { aNode, aPod } from '../../test/support/scheduling.ts';
import { allocatableOf } from './allocatable.ts';
import { type Pressed, planEviction } from './plan-eviction.ts';
import { defaultThresholds, parseThresholds } from './thresholds.ts';

const capacity = { cpu: '4', memory: '1Gi', 'ephemeral-storage': '10Gi', pods: '110' };

interface Sketch {
  readonly memory?: string;
  readonly storage?: string;
  readonly requests?: Record<string, string>;
  readonly priority?: number;
}

function using(name: string, { memory, storage, requests, priority }: Sketch): Pod {
  return aPod({
    name,
    annotations: {
      ...(memory === undefined ? {} : { 'wherry.io/memory-usage': memory }),
      ...(storage === undefined ? {} : { 'wherry.io/ephemeral-storage-usage': storage }),
    },
    ...(requests === undefined ? {} : { requests }),
    ...(priority === undefined ? {} : { priority }),
    status: {
      containerStatuses: [
        {
          ...{ name: 'c', image: '', imageID: '', ready: true, restartCount: 0 },
          state: { running: { startedAt: '2026-11-21T12:00:00Z' } },
        },
      ],
    },
  });
}

const plan = (pods: readonly Pod[], more: Partial<Pressed> = {}) =>
  planEviction({ thresholds: defaultThresholds, capacity, node: undefined, pods, ...more });
const names = (of: ReturnType<typeof plan>) => of.victims.map(({ pod }) => pod.metadata.name);

describe('planEviction', () => {
  it('finds nothing where enough is left, or nothing is declared', () => {
    expect(plan([using('a', { memory: '900Mi' })])).toEqual({ pressures: [], victims: [] });
    expect(plan([aPod()])).toEqual({ pressures: [], victims: [] });
  });

  it('ends those above their requests first, then by priority, then by how far', () => {
    const within = { memory: '300Mi', requests: { memory: '300Mi' }, priority: -5 };
    const pods = [
      using('within', within),
      using('important', { memory: '400Mi', priority: 100 }),
      using('little', { memory: '120Mi' }),
      using('much', { memory: '150Mi' }),
    ];
    // 54Mi are left, 46Mi too few: one is enough.
    expect(names(plan(pods))).toEqual(['much']);
    const tight = parseThresholds('memory.available<700Mi');
    expect(names(plan(pods, { thresholds: tight }))).toEqual(['much', 'little', 'important']);
    const tighter = parseThresholds('memory.available<900Mi');
    expect(names(plan(pods, { thresholds: tighter }))).toEqual([
      ...['much', 'little', 'important', 'within'],
    ]);
  });

  it('says why in the words of the kubelet', () => {
    const { pressures, victims } = plan([
      using('a', { memory: '1000Mi', requests: { memory: '100Mi' } }),
    ]);
    expect(pressures).toEqual([{ resource: 'memory', available: 24 * 1024 * 1024 }]);
    expect(victims[0]!.message).toBe(
      'The node was low on resource: memory. Threshold quantity: 100Mi, available: 24Mi. ' +
        'Container c was using 1000Mi, request is 100Mi, has larger consumption of memory. ',
    );
  });

  it('looks at the disk, and at what the node uses beside its pods', () => {
    const bare = aNode();
    const annotations = { 'wherry.io/ephemeral-storage-usage': '5Gi' };
    const node = { ...bare, metadata: { ...bare.metadata, annotations } };
    const { pressures, victims } = plan([using('a', { storage: '5Gi' })], { node });
    expect(pressures).toEqual([{ resource: 'ephemeral-storage', available: 0 }]);
    expect(victims[0]!.message).toMatch(
      /^The node was low on resource: ephemeral-storage\. Threshold quantity: 1Gi, available: 0\./,
    );
  });

  it('spares critical and static pods', () => {
    const critical = using('critical', { memory: '1Gi', priority: 2_000_001_000 });
    const own = using('own', { memory: '1Gi' });
    const annotations = { ...own.metadata.annotations, 'kubernetes.io/config.source': 'file' };
    const isStatic = { ...own, metadata: { ...own.metadata, annotations } };
    const { pressures, victims } = plan([critical, isStatic]);
    expect(pressures).toHaveLength(1);
    expect(victims).toEqual([]);
  });
});

describe('--eviction-hard', () => {
  it.each([
    ['memory.available', /expected <signal><operator><value>/],
    ['pid.available<5', /pid.available is not simulated/],
    ['memory.available<1Gi,memory.available<2Gi', /duplicate/],
    ['memory.available<-1', /must be a positive/],
    ['memory.available<x', /must be a positive/],
    ['nodefs.available<101%', /must be a positive/],
  ])('refuses %j', (text, message) => expect(() => parseThresholds(text)).toThrow(message));

  it('and what is reserved are not for pods', () => {
    const thresholds = parseThresholds('memory.available<100Mi,nodefs.available<10%');
    const reserved = [{ cpu: '500m', memory: '100Mi' }, { memory: '24Mi' }];
    expect(allocatableOf(capacity, reserved, thresholds)).toEqual({
      ...{ cpu: '3500m', memory: '800Mi', 'ephemeral-storage': '9Gi', pods: '110' },
    });
    expect(allocatableOf(capacity, [{ cpu: '5' }], [])).toBeUndefined();
  });
});
