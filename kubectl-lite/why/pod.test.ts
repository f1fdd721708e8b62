import { describe, expect, it } from 'vitest';
import type { ContainerStatus, Pod } from '../../api/types/core-v1.ts';
import { podFindings } from './pod.ts';

function told(status: Partial<ContainerStatus>, container: object = {}): string {
  const of = { name: 'main', ready: false, restartCount: 2, image: 'x', imageID: '', ...status };
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { containers: [{ name: 'main', image: 'x', ...container }] },
    status: { containerStatuses: [of] },
  };
  return podFindings(pod)
    .map(({ text, hint = '' }) => `${text} → ${hint}`)
    .join('\n');
}

const waiting = (reason: string, message?: string): string =>
  told({ state: { waiting: { reason, ...(message === undefined ? {} : { message }) } } });

describe('a container', () => {
  it('whose image is not there', () => {
    expect(waiting('ImagePullBackOff', 'Back-off pulling image "x"')).toMatch(
      /^container main waits: ImagePullBackOff: Back-off pulling image "x" → check the name of/,
    );
    expect(waiting('InvalidImageName')).toContain('lower case');
  });

  it('whose configuration is not there', () => {
    const text = waiting('CreateContainerConfigError', 'no key a');
    expect(text).toMatch(/: no key a → .*their keys/);
  });

  it('that is about to start has nothing wrong', () => {
    expect(waiting('ContainerCreating')).toBe('');
    expect(told({ ready: true, state: { running: {} } })).toBe('');
  });

  it.each([
    [{ exitCode: 137, reason: 'OOMKilled' }, /\(OOMKilled\)\) → .*resources\.limits\.memory/],
    [{ exitCode: 127 }, /its command is not in the image/],
    [
      { exitCode: 1, reason: 'Error' },
      /code 1\) → kubectl-lite logs web -c main --previous -n shop$/,
    ],
  ])('that ends again and again with %j', (terminated, expected) => {
    const state = { waiting: { reason: 'CrashLoopBackOff' } };
    expect(told({ state, lastState: { terminated } })).toMatch(expected);
  });

  it('that is not ready is told by which probe', () => {
    const readinessProbe = { httpGet: { path: '/healthz', port: 8080 } };
    const startupProbe = { exec: { command: ['check'] } };
    const state = { running: {} };
    expect(told({ state }, { readinessProbe })).toContain(
      'its readiness probe (http-get http://:8080/healthz) has not succeeded',
    );
    const starting = told({ state, started: false }, { readinessProbe, startupProbe });
    expect(starting).toContain('its startup probe (exec [check]) has not succeeded');
  });
});
