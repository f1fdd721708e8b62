import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Pod } from '../../api/types/core-v1.ts';
import type { Informer, InformerHandler } from '../../client/informer-interface.ts';
import { countReplicas, tallied } from '../replicaset/plan.ts';
import { PodTallies } from './pod-tallies.ts';

const replicaSet = {
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: { namespace: 'd', name: 'web', uid: 'u' },
  spec: { selector: {}, template: { metadata: { labels: { app: 'web' } } } },
};

interface Shape {
  readonly owner: string;
  readonly kind: string;
  readonly app: string;
  readonly phase: string;
  readonly ready: string;
  readonly deleting: boolean;
}

function pod(name: string, shape: Shape): Pod {
  const { owner, kind, app, phase, ready, deleting } = shape;
  const controller = { apiVersion: 'apps/v1', kind, name: owner, uid: owner, controller: true };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...{ namespace: 'd', name, uid: name },
      ...(app === '' ? {} : { labels: { app } }),
      ...(owner === '' ? {} : { ownerReferences: [controller] }),
      ...(deleting ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
    spec: { containers: [] },
    status: { phase, conditions: [{ type: 'Ready', status: ready }] },
  };
}

/** An informer's handlers and what it holds. */
function cache() {
  const pods = new Map<string, Pod>();
  let handler: InformerHandler<Pod> = {};
  const addHandler = (added: InformerHandler<Pod>): (() => void) => {
    handler = added;
    return () => {};
  };
  const tallies = new PodTallies({ addHandler } as unknown as Informer<Pod>, 'ReplicaSet');
  const set = (current: Pod): void => {
    const old = pods.get(current.metadata.name!);
    pods.set(current.metadata.name!, current);
    if (old === undefined) handler.added?.(current);
    else handler.updated?.(old, current);
  };
  const remove = (name: string, last: Pod): void => {
    const old = pods.get(name);
    if (old === undefined) return;
    pods.delete(name);
    handler.deleted?.(last, old);
  };
  return { pods, tallies, set, remove };
}

const shapes = fc.record<Shape>({
  owner: fc.constantFrom('', 'u', 'v'),
  kind: fc.constantFrom('ReplicaSet', 'Job'),
  app: fc.constantFrom('', 'web', 'other'),
  phase: fc.constantFrom('Pending', 'Running', 'Failed'),
  ready: fc.constantFrom('True', 'False'),
  deleting: fc.boolean(),
});
const changes = fc.array(
  fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd'), shape: shapes, gone: fc.boolean() }),
  { maxLength: 40 },
);

describe('pods counted as they change', () => {
  it('are as many as a look at all of them finds, whatever happens', () => {
    fc.assert(
      fc.property(changes, (all) => {
        const { pods, tallies, set, remove } = cache();
        for (const { name, shape, gone } of all) {
          const changed = pod(name, shape);
          if (gone) remove(name, changed);
          else set(changed);
          const owned = [...pods.values()].filter(({ metadata }) =>
            metadata.ownerReferences?.some(({ uid, kind }) => uid === 'u' && kind === 'ReplicaSet'),
          );
          const looked = countReplicas({ replicaSet, nowMs: 0 }, owned);
          expect(tallied(replicaSet, tallies.of('u'))).toEqual(looked);
          const orphans = [...pods.values()].filter(({ metadata }) => !metadata.ownerReferences);
          const counted = [...tallies.orphans('d').labelled].map((each) => each.all);
          expect(counted.reduce((sum, each) => sum + each, 0)).toBe(orphans.length);
        }
      }),
    );
  });

  it('cannot tell how long they have been ready', () => {
    const { tallies, set } = cache();
    const waiting = { ...replicaSet, spec: { ...replicaSet.spec, minReadySeconds: 5 } };
    expect(tallied(waiting, tallies.of('u'))).toMatchObject({ availableReplicas: 0 });
    const shape = { owner: 'u', kind: 'ReplicaSet', app: 'web', phase: 'Running' };
    set(pod('a', { ...shape, ready: 'True', deleting: false }));
    expect(tallied(waiting, tallies.of('u'))).toBeUndefined();
  });
});
