/** Plugins that look at the pod alone, and the order of the queue. */
import { describe, expect, it } from 'vitest';
import type { Pod } from '../../api/types/core-v1.ts';
import { aCycle, aNode, aNodeInfo, aPod } from '../../test/support/scheduling.ts';
import { podInfo } from '../framework/pod-info.ts';
import { unresolvable, unschedulable, type Status } from '../framework/status.ts';
import { nodeAffinity } from './node-affinity.ts';
import { preemptionReport } from './preemption-report.ts';
import { prioritySort } from './priority-sort.ts';
import { schedulingGates } from './scheduling-gates.ts';
import { unsupportedConstraints } from './unsupported-constraints.ts';

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

describe('UnsupportedConstraints', () => {
  const term = { topologyKey: 'kubernetes.io/hostname' };
  const spread = { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' };
  const cases: { field: string; pod: Pod }[] = [
    {
      field: 'spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution',
      pod: aPod({
        affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } },
      }),
    },
    {
      field: 'spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution',
      pod: aPod({
        affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } },
      }),
    },
    {
      field: 'spec.topologySpreadConstraints[0].whenUnsatisfiable=DoNotSchedule',
      pod: aPod({ topologySpreadConstraints: [spread] }),
    },
    {
      field: 'spec.volumes[0].persistentVolumeClaim',
      pod: aPod({ volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }] }),
    },
    { field: 'spec.resourceClaims', pod: aPod({ resourceClaims: [{ name: 'r' }] }) },
  ];

  it.each(cases)('refuses $field by name', ({ field, pod }) => {
    expect(unsupportedConstraints.preFilter(aCycle(pod))).toEqual(
      unresolvable(`wherry's scheduler does not support ${field}`),
    );
  });

  it('lets preferences of the same kinds pass', () => {
    const pod = aPod({
      topologySpreadConstraints: [{ ...spread, whenUnsatisfiable: 'ScheduleAnyway' }],
      affinity: {
        podAntiAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: term }],
        },
      },
      volumes: [{ name: 'v', emptyDir: {} }],
    });
    expect(unsupportedConstraints.preFilter(aCycle(pod))).toBeUndefined();
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
    expect(nodeAffinity.preFilter(aCycle(named(['a'], ['b'])))).toEqual({
      nodeNames: new Set(['a', 'b']),
    });
  });

  it('has no say on a pod without demands', () => {
    expect(nodeAffinity.preFilter(aCycle(aPod()))).toMatchObject({ code: 'Skip' });
  });
});

describe('PreemptionReport', () => {
  const low = aPod({ name: 'low', priority: 1 });
  const statuses = (entries: [string, Status][]) => new Map(entries);

  it('tells apart nodes without victims and nodes where eviction is no help', () => {
    const nodes = [aNodeInfo(aNode({ name: 'a' })), aNodeInfo(aNode({ name: 'b' }), low)];
    const said = preemptionReport.postFilter(
      aCycle(aPod({ priority: 1 }), ...nodes),
      statuses([
        ['a', unresolvable('x')],
        ['b', unschedulable('y')],
      ]),
    );
    expect(said?.message).toBe(
      'no new claims to deallocate, preemption: 0/2 nodes are available: ' +
        '1 No preemption victims found for incoming pod, ' +
        '1 Preemption is not helpful for scheduling.',
    );
  });

  it('says that it does not evict pods of lower priority', () => {
    const node = aNodeInfo(aNode({ name: 'b' }), low);
    const cycle = aCycle(aPod({ priority: 2 }), node);
    const said = preemptionReport.postFilter(cycle, statuses([['b', unschedulable('y')]]));
    expect(said?.message).toContain('which this scheduler does not preempt');
  });

  it('respects preemptionPolicy Never', () => {
    const cycle = aCycle(aPod({ preemptionPolicy: 'Never' }), aNodeInfo(aNode()));
    expect(preemptionReport.postFilter(cycle, new Map())?.message).toBe(
      'no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never.',
    );
  });
});
