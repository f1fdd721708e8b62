import { describe, expect, it } from 'vitest';
import { CLAIM_FINALIZER, consumer } from '../../api/scheduling/resource-claims.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import type { ResourceClaim, ResourceClaimConsumerReference } from '../../api/types/resource-v1.ts';
import { aClaim, exactly } from '../../test/support/devices.ts';
import { aPod } from '../../test/support/scheduling.ts';
import { controllerReference } from '../runtime/claim.ts';
import { claimFor, claimPrefix, type ClaimStep, isDone, planClaim } from './plan.ts';

const pod = aPod({ name: 'web' });
const entry = { name: 'gpu', resourceClaimTemplateName: 'one-gpu' };

describe('a claim from a template', () => {
  it("is the pod's, says for which entry it is, and takes what the template says", () => {
    const spec = { devices: { requests: [exactly()] } };
    const template = {
      ...{ apiVersion: 'resource.k8s.io/v1', kind: 'ResourceClaimTemplate' },
      metadata: { namespace: 'default', name: 'one-gpu' },
      spec: { metadata: { labels: { a: 'b' }, annotations: { c: 'd' } }, spec },
    };
    const names = { name: 'web-gpu-12345', generateName: 'web-gpu-' };
    expect(claimFor(pod, entry, { ...names, template })).toEqual({
      metadata: {
        ...{ namespace: 'default', ...names, labels: { a: 'b' } },
        annotations: { c: 'd', 'resource.kubernetes.io/pod-claim-name': 'gpu' },
        ownerReferences: [controllerReference(pod)],
      },
      spec,
    });
  });

  it('is named after pod and entry, both cut where that is too long', () => {
    expect(claimPrefix(pod, entry)).toBe('web-gpu-');
    const long = aPod({ name: 'p'.repeat(60) });
    const prefix = claimPrefix(long, { name: 'e'.repeat(30) });
    expect(prefix).toMatch(/^p+-e+$/);
    expect(prefix.length).toBeLessThanOrEqual(57);
  });
});

describe('a pod is done', () => {
  it.each([
    ['running', aPod({ nodeName: 'a', status: { phase: 'Running' } }), false],
    ['pending', aPod(), false],
    ['ended', aPod({ nodeName: 'a', status: { phase: 'Succeeded' } }), true],
    ['failed', aPod({ nodeName: 'a', status: { phase: 'Failed' } }), true],
  ])('%s', (_, state, done) => {
    expect(isDone(state)).toBe(done);
  });
});

describe('a claim', () => {
  const user = consumer(pod);
  const other = { resource: 'pods', name: 'other', uid: 'uid-other' };
  const allocation = {};
  const claim = (more: object = {}, ...reservedFor: (typeof user)[]) => {
    const plain = aClaim('c', {}, { allocation, reservedFor });
    return { ...plain, metadata: { ...plain.metadata, finalizers: [CLAIM_FINALIZER], ...more } };
  };
  const deleted = { deletionTimestamp: '2026-01-01T00:00:00Z' };
  const made = { ownerReferences: [controllerReference(pod)] };
  const ended = aPod({ name: 'web', status: { phase: 'Succeeded' } });

  type Case = readonly [
    claim: ResourceClaim,
    users: readonly ResourceClaimConsumerReference[],
    owner: Pod | undefined,
    steps: readonly ClaimStep[],
  ];
  it.each<[string, ...Case]>([
    ['in use stays as it is', claim({}, user), [user], undefined, []],
    [
      'loses a user, and keeps its devices for the others',
      claim({}, user, other),
      [other],
      undefined,
      [{ kind: 'release', users: [other], deallocate: false }],
    ],
    [
      'gives its devices back with its last user',
      claim({}, user),
      [],
      undefined,
      [{ kind: 'release', users: [], deallocate: true }],
    ],
    ['never used keeps its devices', claim(), [], undefined, []],
    ['deleted and unused may go', claim(deleted), [], undefined, [{ kind: 'let go' }]],
    ['deleted and in use stays', claim(deleted, user), [user], undefined, []],
    [
      'made for a pod goes when the pod is done',
      claim(made, user),
      [],
      ended,
      [{ kind: 'release', users: [], deallocate: true }, { kind: 'delete' }],
    ],
    ['made for a pod that may still run stays', claim(made), [], pod, []],
    [
      'made for a pod nobody knows is left to the garbage collector',
      claim(made),
      [],
      undefined,
      [],
    ],
    [
      'made for one that was replaced goes',
      claim(made),
      [],
      aPod({ name: 'new' }),
      [{ kind: 'delete' }],
    ],
  ])('%s', (_, ...[known, users, owner, steps]: Case) => {
    expect(planClaim(known, users, owner)).toEqual(steps);
  });
});
