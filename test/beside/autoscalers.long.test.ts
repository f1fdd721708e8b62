/**
 * Autoscalers by metrics of an extension server, beside Kubernetes' own. Needs
 * kube-controller-manager on the PATH.
 */
import { afterAll, beforeAll, describe } from 'vitest';
import { tool } from '../e2e/harness.ts';
import { compare } from './compare.ts';
import { startMetricsAdapter } from './metrics-adapter.ts';
import { autoscalerScenarios } from './scenarios/autoscalers.ts';
import { startWorld, type World } from './world.ts';

const START_MS = 120_000;

describe.skipIf(tool('kube-controller-manager') === undefined)('as kube-controller-manager', () => {
  let theirs: World;
  let ours: World;

  beforeAll(async () => {
    const prepare = startMetricsAdapter;
    [theirs, ours] = await Promise.all([
      startWorld('controllers', { prepare }),
      startWorld(undefined, { prepare }),
    ]);
  }, START_MS);
  afterAll(async () => {
    await Promise.all([theirs?.stop(), ours?.stop()]);
  });

  compare(() => ({ theirs, ours }), autoscalerScenarios);
});
