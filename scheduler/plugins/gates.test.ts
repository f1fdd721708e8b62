/** Plugins that look at the pod alone, and the order of the queue. */
import { describe, expect, it } from 'vitest';
import { aCycle, aPod } from '../../test/support/scheduling.ts';
import { podInfo } from '../framework/pod-info.ts';
import { nodeAffinity } from './node-affinity.ts';
import { prioritySort } from './priority-sort.ts';
import { schedulingGates } from './scheduling-gates.ts';

describe('SchedulingGates', () => {
  it('holds back a pod with gates and names them', () => {
    const gated = podInfo(aPod({ schedulingGates: [{ name: 'a' }, { name: 'b' }] }));
    expect(schedulingGates.preEnqueue(gated)).toMatchObject({
      reasons: ['waiting for scheduling gates: [a b]'],
    });
    expect(schedulingGates.preEnqueue(podInfo(aPod()))).toBeUndefined();
  });
});

describe('PrioritySort', () => {
  const queued = (priority: number, queuedAt: number) => ({
    pod: podInfo(aPod({ priority })),
    queuedAt,
  });

  it('puts higher priority first, then who came first', () => {
    expect(prioritySort.goesFirst(queued(2, 9), queued(1, 1))).toBe(true);
    expect(prioritySort.goesFirst(queued(1, 1), queued(2, 9))).toBe(false);
    expect(prioritySort.goesFirst(queued(1, 1), queued(1, 2))).toBe(true);
    expect(prioritySort.goesFirst(queued(1, 1), queued(1, 1))).toBe(false);
  });
});

describe('NodeAffinity before filtering', () => {
  const named = (...terms: string[][]) =>
    aPod({
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: terms.map((values) => ({
              matchFields: [{ key: 'metadata.name', operator: 'In', values }],
            })),
          },
        },
      },
    });

  it('limits the search to the nodes that every term names', () => {
    expect(nodeAffinity().preFilter(aCycle(named(['a'], ['b'])))).toEqual({
      nodeNames: new Set(['a', 'b']),
    });
  });

  it('has no say on a pod without demands', () => {
    expect(nodeAffinity().preFilter(aCycle(aPod()))).toMatchObject({ code: 'Skip' });
  });
});
