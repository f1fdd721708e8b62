import { expect, test } from 'vitest';
import type { Pod } from '../../api/types/core-v1.ts';
import { AutoscalerSelectors } from './selectors.ts';

const pod = (labels: Record<string, string>): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'd', name: 'p', labels },
  spec: { containers: [] },
});

test('two autoscalers that select one pod are both told, until one goes', () => {
  const selectors = new AutoscalerSelectors();
  const pods = [pod({ app: 'web', tier: 'front' })];
  expect(selectors.check('d/a', 'app=web', pods)).toBeUndefined();
  expect(selectors.check('other/b', 'app=web', pods)).toBeUndefined();
  expect(selectors.check('d/c', 'tier=back', [])).toBeUndefined();
  const message = 'pods by selector tier=front are controlled by multiple HPAs: [{a d} {b d}]';
  expect(selectors.check('d/b', 'tier=front', pods)).toMatchObject({
    reason: 'AmbiguousSelector',
    message,
  });
  expect(selectors.check('d/a', 'app=web', pods)?.reason).toBe('AmbiguousSelector');
  selectors.forget('d/b');
  expect(selectors.check('d/a', 'app=web', pods)).toBeUndefined();
});
