/**
 * What Kubernetes' own controllers make of a scenario on our API server, and what ours make of
 * it: objects, statuses, conditions, owners of fields and events have to be the same. Needs
 * kube-controller-manager on the PATH.
 */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { tool } from '../e2e/harness.ts';
import { differences, unjustified } from './differences.ts';
import { justified } from './justified.ts';
import { Place } from './place.ts';
import { record, type Recorded } from './record.ts';
import type { Scenario } from './scenario.ts';
import { clusterScenarios } from './scenarios/cluster.ts';
import { deploymentScenarios } from './scenarios/deployments.ts';
import { jobScenarios } from './scenarios/jobs.ts';
import { policyScenarios } from './scenarios/policies.ts';
import { serviceScenarios } from './scenarios/services.ts';
import { setScenarios } from './scenarios/sets.ts';
import { volumeScenarios } from './scenarios/volumes.ts';
import { startWorld, type World } from './world.ts';

const START_MS = 120_000;
const SCENARIO_MS = 600_000;
/** Until what is told last is there too: events wait while the server is busy. */
const LATE_MS = 240_000;

/** They wait more than they work. */
vi.setConfig({ maxConcurrency: 8 });

/** What the scenarios make it say. */
const expectedComplaints = [
  /replica_set\.go.*(exceeded quota|has no controller)/,
  /horizontal\.go.*failed to (query scale subresource|compute desired number of replicas)/,
  /Operation cannot be fulfilled on .* the object has been modified/,
  /stateful_set\.go.*can't adopt ControllerRevisions: .* has just been deleted/,
  /garbagecollector\.go.*the ResourceVersion in the precondition .* does not match/,
  /pv_controller\.go.*storageclass\S* .*not found/,
];

const scenarios: readonly Scenario[] = [
  ...deploymentScenarios,
  ...setScenarios,
  ...jobScenarios,
  ...serviceScenarios,
  ...policyScenarios,
  ...volumeScenarios,
  ...clusterScenarios,
];

/** Yields what has become of it when asked: events may be late. */
async function play(world: World, scenario: Scenario): Promise<() => Promise<Recorded>> {
  const index = scenarios.indexOf(scenario);
  const at = await Place.make(world, `scenario-${index}`);
  await scenario.run(at);
  const also = (scenario.also ?? []).map((key) => key.replaceAll('NAMESPACE', at.namespace));
  return () => record(at, { also });
}

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

  test.concurrent.each(scenarios.map((each) => [each.name, each] as const))(
    '%s',
    async (name, scenario) => {
      const played = await Promise.all([play(theirs, scenario), play(ours, scenario)]);
      const differing = async (): Promise<readonly string[]> => {
        const [expected, actual] = await Promise.all(played.map((outcome) => outcome()));
        return unjustified(name, differences(expected!, actual!), justified);
      };
      const until = performance.now() + LATE_MS;
      let last = await differing();
      while (last.length > 0 && performance.now() < until) last = await differing();
      expect(last).toEqual([]);
    },
    SCENARIO_MS,
  );

  test('of our server it had nothing to complain', () => {
    const complaints = theirs
      .program!.log()
      .split('\n')
      .filter((line) => /^[EF]\d{4} /.test(line))
      .filter((line) => !expectedComplaints.some((each) => each.test(line)));
    expect(complaints).toEqual([]);
  });
});
