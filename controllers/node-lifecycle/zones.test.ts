import { describe, expect, it } from 'vitest';
import type { Node } from '../../api/types/core-v1.ts';
import { evictionIntervalMs, Zones, zoneState } from './zones.ts';

it.each([
  [3, 0, 'normal'],
  [0, 0, 'normal'],
  [2, 2, 'normal'],
  [2, 3, 'partial'],
  [3, 3, 'normal'],
  [0, 1, 'full'],
] as const)('a zone with %i ready and %i other nodes is %s', (ready, notReady, state) => {
  expect(zoneState(ready, notReady)).toBe(state);
});

it.each([
  ['normal', 10, 10_000],
  ['full', 10, 10_000],
  ['partial', 50, undefined],
  ['partial', 51, 100_000],
] as const)('from a %s zone of %i nodes, one is evicted every %s ms', (state, size, ms) => {
  expect(evictionIntervalMs(state, size)).toBe(ms);
});

const node = (name: string, ready: boolean, zone = 'a'): Node => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, labels: { 'topology.kubernetes.io/zone': zone } },
  spec: {},
  status: {
    conditions: [{ type: 'Ready', status: ready ? 'True' : 'Unknown', reason: '', message: '' }],
  },
});

/** In the same zone, and not counted. */
const apart = (name: string, ready: boolean): Node => ({
  ...node(name, ready),
  metadata: {
    name,
    labels: { 'topology.kubernetes.io/zone': 'a', 'node.kubernetes.io/exclude-disruption': '' },
  },
});

describe('evictions', () => {
  function zones(ready: number, failed: number): Zones {
    const all = new Zones();
    for (let i = 0; i < ready; i++) all.set(node(`ready-${i}`, true), 0);
    for (let i = 0; i < failed; i++) all.set(node(`failed-${i}`, false), 0);
    return all;
  }

  it('wait until an outage would have shown, then go one node in ten seconds', () => {
    const all = zones(8, 2);
    expect(all.mayEvict('failed-0', 4999)).toBe('later');
    expect(all.mayEvict('failed-0', 5000)).toBe('now');
    expect(all.mayEvict('failed-1', 5000)).toBe('later');
    expect(all.mayEvict('failed-1', 14_999)).toBe('later');
    expect(all.mayEvict('failed-1', 15_000)).toBe('now');
  });

  it('stop in a small zone that lost most of its nodes', () => {
    const all = zones(2, 3);
    expect(all.mayEvict('failed-0', 60_000)).toBe('later');
    all.set(node('failed-1', true), 60_000);
    expect(all.mayEvict('failed-0', 60_000)).toBe('now');
  });

  it('stop altogether when every node failed', () => {
    const all = zones(1, 3);
    expect(all.allFailed).toBe(false);
    all.remove('ready-0');
    expect(all.allFailed).toBe(true);
    expect(all.mayEvict('failed-0', 60_000)).toBe('never');
  });

  it('go on in a failed zone while another lives', () => {
    const all = zones(0, 3);
    all.set(node('other', true, 'b'), 0);
    expect(all.mayEvict('failed-0', 60_000)).toBe('now');
    expect(all.mayEvict('failed-1', 60_000)).toBe('later');
  });

  it('do not look at nodes that are expected to fail', () => {
    const all = zones(2, 2);
    for (const name of ['x', 'y']) all.set(apart(name, false), 0);
    expect(all.mayEvict('x', 60_000)).toBe('now');
    const alone = zones(1, 0);
    alone.set(apart('x', false), 0);
    expect(alone.allFailed).toBe(false);
    alone.set(node('ready-0', false), 0);
    expect(alone.allFailed).toBe(true);
    alone.remove('x');
    expect(alone.allFailed).toBe(true);
    alone.set(apart('x', true), 0);
    expect(alone.allFailed).toBe(true);
  });

  it('count from when a node failed, wherever it moves', () => {
    const all = zones(1, 0);
    all.set(node('x', false), 1000);
    all.set(node('x', false, 'b'), 3000);
    expect(all.mayEvict('x', 6000)).toBe('now');
    all.set(node('x', true, 'b'), 6000);
    expect(all.mayEvict('x', 90_000)).toBe('later');
  });
});
