/**
 * What Kubernetes' own controllers make of a scenario on our API server, and what ours make of
 * it: objects, statuses, conditions, owners of fields and events have to be the same. Needs
 * kube-controller-manager on the PATH.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tool } from '../e2e/harness.ts';
import { compare } from './compare.ts';
import type { Scenario } from './scenario.ts';
import { budgetScenarios } from './scenarios/budgets.ts';
import { certificateScenarios } from './scenarios/certificates.ts';
import { clusterScenarios } from './scenarios/cluster.ts';
import { cronJobScenarios } from './scenarios/cron-jobs.ts';
import { daemonSetScenarios } from './scenarios/daemon-sets.ts';
import { deploymentScenarios } from './scenarios/deployments.ts';
import { deviceScenarios } from './scenarios/devices.ts';
import { jobScenarios } from './scenarios/jobs.ts';
import { mirroringScenarios } from './scenarios/mirroring.ts';
import { nodeScenarios } from './scenarios/nodes.ts';
import { ownerScenarios } from './scenarios/owners.ts';
import { policyScenarios } from './scenarios/policies.ts';
import { quotaScenarios } from './scenarios/quotas.ts';
import { resourceAutoscalerScenarios } from './scenarios/resource-autoscalers.ts';
import { rolloutScenarios } from './scenarios/rollouts.ts';
import { serviceScenarios } from './scenarios/services.ts';
import { setScenarios } from './scenarios/sets.ts';
import { statefulSetScenarios } from './scenarios/stateful-sets.ts';
import { volumeBindingScenarios } from './scenarios/volume-binding.ts';
import { volumeScenarios } from './scenarios/volumes.ts';
import { startWorld, type World } from './world.ts';

const START_MS = 120_000;

/** What the scenarios make it say. */
const expectedComplaints = [
  /(replica_set|job_controller|stateful_set|deployment_controller)\.go.*(exceeded|failed) quota/,
  /replica_set\.go.*has no controller/,
  /garbagecollector\.go.*unable to get REST mapping for \w+\.example\.org\/v1\/(Nothing|Gadget)/,
  /horizontal\.go.*failed to (query scale subresource|compute desired number of replicas)/,
  /horizontal\.go.*unable to fetch metrics from custom metrics API/,
  /Operation cannot be fulfilled on .* the object has been modified/,
  /stateful_set\.go.*pods \S+ already exists/,
  /stateful_set\.go.*can't adopt ControllerRevisions: .* (has just been deleted|not found)/,
  /garbagecollector\.go.*the ResourceVersion in the precondition .* does not match/,
  /controller\.go.*PodResourceClaim device: (create ResourceClaim|resource claim template)/,
  /controller\.go.*ResourceClaim not created yet/,
  /disruption\.go.*jobs\.batch does not implement the scale subresource/,
  /pv_controller\.go.*storageclass\S* .*not found/,
  /goroutinemap\.go.*"delete-\S+.*no deletable volume plugin matched/,
];

const scenarios: readonly Scenario[] = [
  ...deploymentScenarios,
  ...rolloutScenarios,
  ...setScenarios,
  ...statefulSetScenarios,
  ...daemonSetScenarios,
  ...jobScenarios,
  ...cronJobScenarios,
  ...serviceScenarios,
  ...mirroringScenarios,
  ...policyScenarios,
  ...budgetScenarios,
  ...quotaScenarios,
  ...ownerScenarios,
  ...resourceAutoscalerScenarios,
  ...volumeScenarios,
  ...volumeBindingScenarios,
  ...clusterScenarios,
  ...nodeScenarios,
  ...certificateScenarios,
  ...deviceScenarios,
];

const manager = tool('kube-controller-manager');

describe.skipIf(manager === undefined)('as kube-controller-manager', () => {
  let theirs: World;
  let ours: World;

  beforeAll(async () => {
    [theirs, ours] = await Promise.all([startWorld('controllers'), startWorld(undefined)]);
  }, START_MS);
  afterAll(async () => {
    await Promise.all([theirs?.stop(), ours?.stop()]);
  });

  compare(() => ({ theirs, ours }), scenarios);

  test('of our server it had nothing to complain', () => {
    const complaints = theirs
      .program!.log()
      .split('\n')
      .filter((line) => /^[EF]\d{4} /.test(line))
      .filter((line) => !expectedComplaints.some((each) => each.test(line)));
    expect(complaints).toEqual([]);
  });
});
