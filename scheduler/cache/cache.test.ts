import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aNode, aPod } from '../../test/support/scheduling.ts';
import { podInfo, podInfoAfter } from '../framework/pod-info.ts';
import { Cache } from './cache.ts';

const zoned = (name: string, zone: string) =>
  aNode({ name, labels: { 'topology.kubernetes.io/zone': zone } });

describe('Cache', () => {
  it('lists nodes with zones taking turns', () => {
    const cache = new Cache();
    for (const name of ['a1', 'a2', 'a3', 'b1', 'c1', 'c2']) cache.setNode(zoned(name, name[0]!));
    expect(cache.nodes.map(({ name }) => name)).toEqual(['a1', 'b1', 'c1', 'a2', 'c2', 'a3']);
    const before = cache.nodes;
    cache.setNode(zoned('a1', 'a'));
    expect(cache.nodes).toBe(before);
    cache.setNode(zoned('a1', 'b'));
    expect(cache.nodes.map(({ name }) => name)).toEqual(['a1', 'a2', 'c1', 'b1', 'a3', 'c2']);
  });

  it('believes the API server over its own assumption', () => {
    const cache = new Cache();
    for (const name of ['a', 'b']) cache.setNode(aNode({ name }));
    const sketch = { requests: { cpu: '1' } };
    cache.assume(podInfo(aPod(sketch)), 'a');
    expect(cache.node('a')?.requested.milliCpu).toBe(1000);
    cache.confirm(podInfo(aPod({ ...sketch, nodeName: 'b' })));
    expect(cache.node('a')?.requested.milliCpu).toBe(0);
    expect(cache.node('b')?.requested.milliCpu).toBe(1000);
    cache.forget('uid-pod');
    expect(cache.nodeNameOf('uid-pod')).toBe('b');
  });

  it('knows what it found out about a node while its pods only report', () => {
    const cache = new Cache();
    cache.setNode(aNode({ name: 'a' }));
    const pod = aPod({ requests: { cpu: '1' }, labels: { app: 'web' } });
    const assumed = podInfo(pod);
    cache.assume(assumed, 'a');
    const { version } = cache.node('a')!;
    const bound = { ...pod, spec: { ...pod.spec, nodeName: 'a' } };
    const running = { ...bound, status: { phase: 'Running' } };
    for (const state of [bound, running]) cache.confirm(podInfoAfter(cache.pod('uid-pod')!, state));
    expect(cache.sizes).toMatchObject({ pods: 1, assumed: 0 });
    expect(cache.pod('uid-pod')?.pod).toBe(running);
    expect(cache.node('a')!.pods.get('uid-pod')?.pod).toBe(running);
    expect(cache.node('a')!.version).toBe(version);
    const moved = [
      { ...running, metadata: { ...running.metadata, labels: { app: 'db' } } },
      { ...running, metadata: { ...running.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } },
      {
        ...running,
        spec: { ...bound.spec, ...aPod({ requests: { cpu: '2' } }).spec, nodeName: 'a' },
      },
    ];
    let before = version;
    for (const state of moved) {
      cache.confirm(podInfoAfter(cache.pod('uid-pod')!, state));
      expect(cache.pod('uid-pod')).toEqual(podInfo(state));
      expect(cache.node('a')!.version).toBeGreaterThan(before);
      before = cache.node('a')!.version;
    }
    expect(cache.node('a')!.requested.milliCpu).toBe(2000);
  });

  it('doubts an assumption that nothing confirmed, once its binding was written', () => {
    const cache = new Cache();
    cache.setNode(aNode({ name: 'a' }));
    const pod = podInfo(aPod());
    cache.assume(pod, 'a');
    expect(cache.doubtful(1e9)).toEqual([]);
    cache.finishBinding(pod.uid, 100);
    expect(cache.doubtful(99)).toEqual([]);
    expect(cache.doubtful(100)).toEqual([pod]);
    cache.confirm(podInfo(aPod({ nodeName: 'a' })));
    expect(cache.doubtful(1e9)).toEqual([]);
  });

  it('remembers the pods of a node that goes and comes back', () => {
    const cache = new Cache();
    cache.setNode(aNode({ name: 'a' }));
    cache.confirm(podInfo(aPod({ nodeName: 'a', requests: { cpu: '2' } })));
    cache.removeNode('a');
    expect(cache.nodes).toEqual([]);
    expect(cache.node('a')).toBeUndefined();
    cache.setNode(aNode({ name: 'a' }));
    expect(cache.node('a')?.requested.milliCpu).toBe(2000);
  });
});

const nodeNames = ['a', 'b', 'c'];
const podNames = ['p', 'q', 'r', 's'];
const step = fc.record({
  kind: fc.constantFrom('setNode', 'removeNode', 'assume', 'forget', 'confirm', 'remove'),
  node: fc.constantFrom(...nodeNames),
  pod: fc.constantFrom(...podNames),
  cpu: fc.integer({ min: 0, max: 3 }),
});

describe('Cache against a plain record of who is where', () => {
  it('sums up the same after any sequence', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const cache = new Cache();
        const known = new Set<string>();
        const where = new Map<string, { node: string; cpu: number; assumed: boolean }>();
        for (const { kind, node, pod, cpu } of steps) {
          const sketch = { name: pod, requests: { cpu: String(cpu) } };
          const held = where.get(pod);
          if (kind === 'setNode') {
            known.add(node);
            cache.setNode(aNode({ name: node }));
          } else if (kind === 'removeNode') {
            known.delete(node);
            cache.removeNode(node);
          } else if (kind === 'assume') {
            if (held !== undefined) continue;
            where.set(pod, { node, cpu, assumed: true });
            cache.assume(podInfo(aPod(sketch)), node);
          } else if (kind === 'confirm') {
            where.set(pod, { node, cpu, assumed: false });
            cache.confirm(podInfo(aPod({ ...sketch, nodeName: node })));
          } else if (kind === 'forget') {
            if (held?.assumed) where.delete(pod);
            cache.forget(`uid-${pod}`);
          } else {
            where.delete(pod);
            cache.remove(`uid-${pod}`);
          }
          expect(cache.nodes.map(({ name }) => name).sort()).toEqual([...known].sort());
          for (const name of known) {
            const there = [...where].filter(([, at]) => at.node === name);
            const info = cache.node(name)!;
            expect([...info.pods.keys()].sort()).toEqual(there.map(([p]) => `uid-${p}`).sort());
            const cpus = there.reduce((sum, [, at]) => sum + at.cpu, 0);
            expect(info.requested.milliCpu).toBe(cpus * 1000);
          }
        }
      }),
    );
  });
});
