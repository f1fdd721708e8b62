import { describe, expect, it } from 'vitest';
import type { NamespaceCondition } from '../../api/types/core-v1.ts';
import { planConditions, type Remaining } from './plan.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const nothing: Remaining = {
  ...{ resources: new Map(), finalizers: new Map() },
  ...{ failures: [], unknown: new Set() },
};

const told = (remaining: Partial<Remaining>): readonly string[] =>
  planConditions([], { ...nothing, ...remaining }, NOW)
    .slice(2)
    .map(({ status, reason, message }) => `${status} ${reason}: ${message}`);

const deleted =
  'False ContentDeleted: All content successfully deleted, may be waiting on finalization';
const removed = 'False ContentRemoved: All content successfully removed';
const finished = 'False ContentHasNoFinalizers: All content-preserving finalizers finished';

describe('why a namespace is still there', () => {
  it.each<[string, Partial<Remaining>, readonly string[]]>([
    ['nothing is left', {}, [deleted, removed, finished]],
    [
      'objects are left',
      {
        resources: new Map([
          ['pods', 2],
          ['deployments.apps', 1],
        ]),
      },
      [
        deleted,
        'True SomeResourcesRemain: Some resources are remaining: ' +
          'deployments.apps has 1 resource instances, pods. has 2 resource instances',
        finished,
      ],
    ],
    [
      'they have finalizers',
      { resources: new Map([['pods', 1]]), finalizers: new Map([['example.org/keep', 1]]) },
      [
        deleted,
        'True SomeResourcesRemain: Some resources are remaining: pods. has 1 resource instances',
        'True SomeFinalizersRemain: Some content in the namespace has finalizers remaining: ' +
          'example.org/keep in 1 resource instances',
      ],
    ],
    [
      'deleting failed',
      { failures: ['no', 'nor this'] },
      [
        'True ContentDeletionFailed: Failed to delete all resource types, 2 remaining: no, nor this',
        removed,
        finished,
      ],
    ],
  ])('is told when %s', (_, remaining, wanted) => expect(told(remaining)).toEqual(wanted));

  it('keeps a condition that says the same, and since when its status holds', () => {
    const first = planConditions([], { ...nothing, resources: new Map([['pods', 2]]) }, NOW);
    const fewer = { ...nothing, resources: new Map([['pods', 1]]) };
    const later = planConditions(first, fewer, NOW + 5000);
    const of = (list: readonly NamespaceCondition[], type: string) =>
      list.find((each) => each.type === type)!;
    expect(of(later, 'NamespaceDeletionContentFailure')).toBe(
      of(first, 'NamespaceDeletionContentFailure'),
    );
    const content = of(later, 'NamespaceContentRemaining');
    expect(content.message).toMatch(/pods\. has 1 /);
    expect(content.lastTransitionTime).toBe('2026-01-01T00:00:00Z');
    const gone = of(planConditions(later, nothing, NOW + 9000), 'NamespaceContentRemaining');
    expect(gone).toMatchObject({ status: 'False', lastTransitionTime: '2026-01-01T00:00:09Z' });
  });
});
