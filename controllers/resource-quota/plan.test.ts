import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../api/meta.ts';
import { evaluatorOf } from '../../api/quota/evaluators.ts';
import type { Pod, ResourceQuota } from '../../api/types/core-v1.ts';
import { type Counted, planQuota } from './plan.ts';

function counted(type: { group: string; resource: string }, objects: KubernetesObject[]): Counted {
  const evaluator = evaluatorOf(type)!;
  return { evaluator, objects: () => objects, usage: (object) => evaluator.usage(object, 0) };
}

const pod = (cpu: string, spec: Partial<Pod['spec']> = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p' },
  spec: { containers: [{ name: 'a', resources: { requests: { cpu } } }], ...spec },
});

const quota = (
  hard: Record<string, string>,
  status?: ResourceQuota['status'],
  spec: ResourceQuota['spec'] = {},
): ResourceQuota => ({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { name: 'q' },
  spec: { hard, ...spec },
  ...(status === undefined ? {} : { status }),
});

const pods = (...objects: Pod[]) => counted({ group: '', resource: 'pods' }, objects);
const deployments = (...objects: KubernetesObject[]) =>
  counted({ group: 'apps', resource: 'deployments' }, objects);

describe('the status of a quota', () => {
  it('is what is used of all that it limits', () => {
    const limits = { pods: '5', 'requests.cpu': '2', 'count/deployments.apps': '9' };
    const plan = planQuota(quota(limits), [pods(pod('1'), pod('200m')), deployments()]);
    expect(plan).toEqual({
      status: {
        hard: limits,
        used: { pods: '2', 'requests.cpu': '1200m', 'count/deployments.apps': '0' },
      },
      lowered: false,
    });
  });

  it('leaves out what nobody knows', () => {
    expect(planQuota(quota({ 'count/widgets.example.com': '1', pods: '1' }), [pods()])).toEqual({
      status: { hard: { 'count/widgets.example.com': '1', pods: '1' }, used: { pods: '0' } },
      lowered: false,
    });
  });

  it('counts only what is in all scopes', () => {
    const scoped = { scopes: ['Terminating'] };
    const objects = [pod('1'), pod('2', { activeDeadlineSeconds: 1 })];
    const plan = planQuota(quota({ 'requests.cpu': '9' }, undefined, scoped), [pods(...objects)]);
    expect(plan?.status.used).toEqual({ 'requests.cpu': '2' });
  });

  it('is left alone while it is right, however it is written', () => {
    const status = { hard: { 'requests.cpu': '1' }, used: { 'requests.cpu': '0.5' } };
    expect(planQuota(quota({ 'requests.cpu': '1000m' }, status), [pods(pod('500m'))])).toBe(
      undefined,
    );
  });

  it('forgets what is no longer limited', () => {
    const status = { hard: { pods: '1', secrets: '1' }, used: { pods: '0', secrets: '0' } };
    expect(planQuota(quota({ pods: '1' }, status), [pods()])?.status).toEqual({
      hard: { pods: '1' },
      used: { pods: '0' },
    });
  });

  it('says when something was given back', () => {
    const status = { hard: { pods: '1' }, used: { pods: '1' } };
    expect(planQuota(quota({ pods: '1' }, status), [pods()])).toMatchObject({
      status: { used: { pods: '0' } },
      lowered: true,
    });
  });
});
