import { describe, expect, it } from 'vitest';
import type { OwnerReference } from '../../api/meta.ts';
import { pods, replicaSets } from '../../api/resources.ts';
import { type Node, OwnerGraph } from './graph.ts';
import { type OwnerState, planItem } from './plan.ts';

const owner = (uid: string, more: Partial<OwnerReference> = {}): OwnerReference => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  name: uid,
  uid,
  ...more,
});

function node(uid: string, owners: string[] = [], more: Partial<Node> = {}): Node {
  const type = owners.length > 0 ? pods : replicaSets;
  const base = { type, uid, namespace: 'd', name: uid, deletion: 'none' } as const;
  return { ...base, owners: owners.map((o) => owner(o)), ...more };
}

describe('planItem', () => {
  const plan = (states: OwnerState[], more: { finalizers?: string[]; dependents?: Node[] } = {}) =>
    planItem({
      node: node('x', states),
      finalizers: more.finalizers ?? [],
      owners: states.map((state, i) => ({ reference: owner(`${state}${i}`), state })),
      dependents: more.dependents ?? [],
    });

  it.each<[string, ReturnType<typeof plan>, object]>([
    ['keeps what has living owners', plan(['solid', 'solid']), { action: 'keep' }],
    ['keeps what never had an owner', plan([]), { action: 'keep' }],
    [
      'lets go of lost owners while one lives',
      plan(['solid', 'dangling', 'waiting']),
      { action: 'detach', uids: ['dangling1', 'waiting2'] },
    ],
    [
      'deletes what lost its last owner',
      plan(['dangling']),
      { action: 'delete', policy: 'Background', unblock: false },
    ],
    [
      'deletes a leaf its owner waits for',
      plan(['waiting']),
      { action: 'delete', policy: 'Background', unblock: false },
    ],
    [
      'deletes in the foreground what has dependents itself',
      plan(['waiting'], { dependents: [node('y')] }),
      { action: 'delete', policy: 'Foreground', unblock: false },
    ],
    [
      'breaks a circle of waiting',
      plan(['waiting'], { dependents: [node('y', [], { deletion: 'foreground' })] }),
      { action: 'delete', policy: 'Foreground', unblock: true },
    ],
    [
      'honours the finalizer orphan',
      plan(['dangling'], { finalizers: ['orphan'] }),
      { action: 'delete', policy: 'Orphan', unblock: false },
    ],
  ])('%s', (_, actual, wanted) => {
    expect(actual).toEqual(wanted);
  });
});

describe('OwnerGraph', () => {
  it('suspects a dependent whose owner it does not know, whichever is listed first', () => {
    const graph = new OwnerGraph();
    expect(graph.set(node('pod', ['rs']))).toEqual(['pod']);
    expect(graph.set(node('rs'))).toEqual([]);
    expect(graph.set(node('pod2', ['rs']))).toEqual([]);
    expect(graph.dependentsOf('rs').map(({ uid }) => uid)).toEqual(['pod', 'pod2']);
  });

  it('suspects the dependents of an owner that went, and remembers that it went', () => {
    const graph = new OwnerGraph();
    graph.set(node('rs'));
    graph.set(node('pod', ['rs']));
    expect(graph.delete('rs')).toEqual(['pod']);
    expect(graph.isGone('rs')).toBe(true);
    graph.delete('pod');
    expect(graph.dependentsOf('rs')).toEqual([]);
    expect(graph.size).toBe(0);
  });

  it('looks at owner and dependents when a foreground deletion begins, and at the owner as they go', () => {
    const graph = new OwnerGraph();
    graph.set(node('rs'));
    graph.set(node('pod', ['rs']));
    expect(graph.set(node('rs', [], { deletion: 'foreground' }))).toEqual(['rs', 'pod']);
    expect(graph.delete('pod')).toEqual(['rs']);
  });

  it('suspects a dependent in another namespace than its owner', () => {
    const graph = new OwnerGraph();
    graph.set(node('rs'));
    expect(graph.set(node('pod', ['rs'], { namespace: 'other' }))).toEqual(['pod']);
    const late = new OwnerGraph();
    late.set(node('pod', ['rs'], { namespace: 'other' }));
    expect(late.set(node('rs'))).toEqual(['pod']);
  });

  it.each([
    ['name', { name: 'other' }],
    ['kind', { kind: 'Deployment' }],
    ['group', { apiVersion: 'example.org/v1' }],
  ])('suspects a dependent that gives its owner another %s', (_, wrong) => {
    const mistaken = node('pod', [], { type: pods, owners: [owner('rs', wrong)] });
    const graph = new OwnerGraph();
    graph.set(node('rs'));
    expect(graph.set(mistaken)).toEqual(['pod']);
    const late = new OwnerGraph();
    late.set(mistaken);
    expect(late.set(node('rs'))).toEqual(['pod']);
  });

  it('does not mind in which version a dependent knows its owner', () => {
    const graph = new OwnerGraph();
    graph.set(node('rs'));
    const old = owner('rs', { apiVersion: 'apps/v1beta1' });
    expect(graph.set(node('pod', [], { type: pods, owners: [old] }))).toEqual([]);
  });
});
