import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Deployment, ReplicaSet } from '../../api/types/apps-v1.ts';
import { maxSurge, maxUnavailable } from './limits.ts';
import { newReplicaSet, planDeployment } from './plan.ts';
import { sizeOf, total } from './replica-sets.ts';
import { sameTemplate, templateHash } from '../runtime/template-hash.ts';

interface Shape {
  readonly replicas?: number;
  readonly surge?: number | string;
  readonly unavailable?: number | string;
  readonly image?: string;
  readonly more?: object;
}

function deployment(shape: Shape = {}): Deployment {
  const { replicas = 3, surge = '25%', unavailable = '25%', image = 'new', more } = shape;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace: 'd', name: 'web', uid: 'u', generation: 1 },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'c', image }] },
      },
      strategy: {
        type: 'RollingUpdate',
        rollingUpdate: { maxSurge: surge, maxUnavailable: unavailable },
      },
      progressDeadlineSeconds: 600,
      ...more,
    },
  };
}

/** "image size/available": a ReplicaSet of that version, annotated for the Deployment's size. */
function sets(of: Deployment, ...lines: string[]): ReplicaSet[] {
  return lines.map((line, i) => {
    const [image = '', counts = '', desired] = line.split(' ');
    const [size = 0, available = 0] = counts.split('/').map(Number);
    const version = deployment({ image, replicas: of.spec.replicas ?? 1 });
    const made = newReplicaSet(version, []);
    const sizes =
      desired === undefined
        ? {}
        : {
            'deployment.kubernetes.io/desired-replicas': desired.split('-')[0]!,
            'deployment.kubernetes.io/max-replicas': desired.split('-')[1]!,
          };
    const annotations = {
      ...made.metadata.annotations,
      'deployment.kubernetes.io/desired-replicas': String(of.spec.replicas),
      'deployment.kubernetes.io/revision': String(i + 1),
      ...sizes,
    };
    return {
      ...made,
      metadata: {
        ...made.metadata,
        annotations,
        uid: image,
        creationTimestamp: `2026-01-01T00:00:0${i}Z`,
      },
      spec: { ...made.spec, replicas: size },
      status: { replicas: size, readyReplicas: available, availableReplicas: available },
    };
  });
}

/** The sizes one step leads to: "image size", those that change only. */
function step(of: Deployment, replicaSets: readonly ReplicaSet[]): string[] {
  const plan = planDeployment({ deployment: of, replicaSets, podsOf: () => [] });
  const created = plan.create === undefined ? [] : [`create ${sizeOf(plan.create)}`];
  const resized = plan.updates
    .filter(({ from, to }) => sizeOf(from) !== sizeOf(to))
    .map(({ from, to }) => `${from.spec.template?.spec?.containers[0]?.image} ${sizeOf(to)}`);
  return [...created, ...resized];
}

describe('a rolling update', () => {
  it.each<[string, Shape, string[], string[]]>([
    ['creates the first version whole', { replicas: 3 }, [], ['create 3']],
    ['creates the next within the surge', { replicas: 4 }, ['old 4/4'], ['create 1']],
    ['rounds surge up and unavailable down', { replicas: 3 }, ['old 3/3'], ['create 1']],
    ['cannot surge with 0', { replicas: 3, surge: 0, unavailable: 1 }, ['old 3/3'], ['create 0']],
    [
      'lets one be unavailable if both are 0',
      { surge: 0, unavailable: 0 },
      ['old 3/3', 'new 0/0'],
      ['old 2'],
    ],
    ['shrinks the old by what is available', { replicas: 4 }, ['old 4/4', 'new 1/1'], ['old 2']],
    ['keeps the old while the new is not available', { replicas: 4 }, ['old 3/3', 'new 2/0'], []],
    ['drops the unavailable of the old first', { replicas: 4 }, ['old 4/2', 'new 1/0'], ['old 3']],
    [
      'does not count on pods that a scale-down takes',
      { replicas: 6, surge: '25%', unavailable: '25%' },
      ['old 4/5', 'new 4/2'],
      ['old 3'],
    ],
    ['grows the new as the old shrinks', { replicas: 4 }, ['old 2/2', 'new 1/1'], ['new 3']],
    ['shrinks the newest to what is wanted', { replicas: 2 }, ['new 3/3 2-3'], ['new 2']],
    ['ends with the old at nothing', { replicas: 4 }, ['old 1/1', 'new 4/4'], ['old 0']],
    ['has nothing to do when it is done', { replicas: 4 }, ['old 0/0', 'new 4/4'], []],
  ])('%s', (_, ...[shape, lines, wanted]) => {
    const of = deployment(shape);
    expect(step(of, sets(of, ...lines))).toEqual(wanted);
  });

  it('always ends, within its limits at every step', () => {
    const limit = fc.oneof(
      fc.integer({ min: 0, max: 5 }),
      fc.integer({ min: 0, max: 100 }).map((n) => `${n}%`),
    );
    const shape = fc.record({
      replicas: fc.integer({ min: 0, max: 20 }),
      surge: limit,
      unavailable: limit,
    });
    fc.assert(
      fc.property(shape, (drawn) => {
        const of = deployment(drawn);
        const replicas = drawn.replicas;
        let state = sets(of, `old ${replicas}/${replicas}`, 'new 0/0');
        for (let round = 0; ; round++) {
          expect(round).toBeLessThan(100);
          const { updates } = planDeployment({
            deployment: of,
            replicaSets: state,
            podsOf: () => [],
          });
          const sizes = new Map(updates.map(({ from, to }) => [from.metadata.uid, sizeOf(to)]));
          const moved = state.some((s) => (sizes.get(s.metadata.uid) ?? sizeOf(s)) !== sizeOf(s));
          if (!moved) break;
          // Every pod becomes available before the next step.
          state = state.map((s) => {
            const size = sizes.get(s.metadata.uid) ?? sizeOf(s);
            const status = { replicas: size, readyReplicas: size, availableReplicas: size };
            return { ...s, spec: { ...s.spec, replicas: size }, status };
          });
          expect(total(state)).toBeLessThanOrEqual(replicas + maxSurge(of));
          expect(total(state)).toBeGreaterThanOrEqual(replicas - maxUnavailable(of));
        }
        expect(state.map(sizeOf)).toEqual([0, replicas]);
      }),
    );
  });
});

describe('scaling', () => {
  it.each<[string, Shape, string[], string[]]>([
    ['resizes the only version', { replicas: 5 }, ['new 3/3 3-4'], ['new 5']],
    ['to nothing', { replicas: 0 }, ['new 3/3 3-4'], ['new 0']],
    [
      'shares between versions in proportion',
      { replicas: 20, surge: 0 },
      ['old 6/6 10-10', 'new 4/0 10-10'],
      ['old 12', 'new 8'],
    ],
    [
      'gives what rounding leaves to the largest',
      { replicas: 5, surge: 0 },
      ['old 2/2 3-3', 'new 1/0 3-3'],
      ['old 3', 'new 2'],
    ],
    [
      'takes in proportion too',
      { replicas: 5, surge: 0 },
      ['old 6/6 10-10', 'new 4/0 10-10'],
      ['old 3', 'new 2'],
    ],
  ])('%s', (_, ...[shape, lines, wanted]) => {
    const of = deployment(shape);
    expect(step(of, sets(of, ...lines))).toEqual(wanted);
  });
});

describe('Recreate and pause', () => {
  const recreate = (replicas: number) =>
    deployment({ replicas, more: { strategy: { type: 'Recreate' } } });

  it('stops the old before anything else, and waits for its pods to end', () => {
    const of = recreate(3);
    expect(step(of, sets(of, 'old 3/3 3-3'))).toEqual(['old 0']);
    const replicaSets = sets(of, 'old 0/0');
    const running = { metadata: {}, spec: {}, status: { phase: 'Running' } } as never;
    const waits = planDeployment({ deployment: of, replicaSets, podsOf: () => [running] });
    expect(waits.create).toBeUndefined();
    expect(step(of, replicaSets)).toEqual(['create 3']);
  });

  it('makes no new version while paused, but scales', () => {
    const of = deployment({ replicas: 5, more: { paused: true } });
    expect(step(of, sets(of, 'old 3/3 3-4'))).toEqual(['old 5']);
    const plan = planDeployment({ deployment: of, replicaSets: [], podsOf: () => [] });
    expect(plan.create).toBeUndefined();
    expect(plan.condition).toMatchObject({ status: 'Unknown', reason: 'DeploymentPaused' });
  });
});

describe('revisions', () => {
  it('number versions, and a version that returns gets the next number and a history', () => {
    const of = deployment({ image: 'a' });
    const [a, b] = sets(of, 'a 0/0', 'b 3/3') as [ReplicaSet, ReplicaSet];
    const plan = planDeployment({ deployment: of, replicaSets: [a, b], podsOf: () => [] });
    const updated = plan.updates.find(({ from }) => from === a)!.to.metadata.annotations!;
    expect(updated).toMatchObject({
      'deployment.kubernetes.io/revision': '3',
      'deployment.kubernetes.io/revision-history': '1',
    });
    expect(plan.revision).toBe('3');
  });

  it('go on after a number that only 64 bits keep', () => {
    const of = deployment({ image: 'b' });
    const [a] = sets(of, 'a 3/3') as [ReplicaSet];
    const annotations = { 'deployment.kubernetes.io/revision': '3546343826724305832' };
    const old = { ...a, metadata: { ...a.metadata, annotations } };
    const plan = planDeployment({ deployment: of, replicaSets: [old], podsOf: () => [] });
    expect(plan.create?.metadata.annotations).toMatchObject({
      'deployment.kubernetes.io/revision': '3546343826724305833',
    });
  });

  it('beyond the limit are deleted, oldest first, once the rollout is complete', () => {
    const of: Deployment = {
      ...deployment({ more: { revisionHistoryLimit: 1 } }),
      status: { replicas: 3, updatedReplicas: 3, availableReplicas: 3, observedGeneration: 1 },
    };
    const replicaSets = sets(of, 'a 0/0', 'b 0/0', 'c 0/0', 'new 3/3');
    const plan = planDeployment({ deployment: of, replicaSets, podsOf: () => [] });
    expect(plan.remove.map(({ metadata }) => metadata.uid)).toEqual(['a', 'b']);
  });
});

describe('the template hash', () => {
  const { template } = deployment().spec;
  it('does not depend on the order of fields', () => {
    const spec = { containers: [{ image: 'new', name: 'c' }] };
    expect(templateHash({ spec, metadata: { labels: { app: 'web' } } })).toBe(
      templateHash(template),
    );
  });
  it('changes with the template and with collisions, and is safe in a name', () => {
    const others = [
      templateHash(deployment({ image: 'x' }).spec.template),
      templateHash(template, 1),
    ];
    for (const other of others) expect(other).not.toBe(templateHash(template));
    expect(templateHash(template)).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{1,10}$/);
  });
  it('label does not make templates differ', () => {
    const made = newReplicaSet(deployment(), []);
    expect(sameTemplate(made.spec.template, template)).toBe(true);
  });
});
