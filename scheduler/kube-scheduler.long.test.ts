/**
 * The same objects for our scheduler and for a kube-scheduler, each with an API server of ours:
 * what both do and say has to be the same. Needs kube-scheduler on the PATH.
 */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Lifecycle } from '../platform/lifecycle.ts';
import { silentLogger as logger } from '../platform/logger.ts';
import { realClock as clock } from '../platform/node/clock.ts';
import { realRandom as random } from '../platform/node/random.ts';
import { tool } from '../test/e2e/harness.ts';
import { startEmbeddedApi } from '../test/support/embedded-api.ts';
import { deviceCases } from '../test/support/scheduling-cases/devices.ts';
import { placementCases } from '../test/support/scheduling-cases/placement.ts';
import { preemptionCases } from '../test/support/scheduling-cases/preemption.ts';
import { startSide } from '../test/support/scheduling-cases/side.ts';
import { Stage } from '../test/support/scheduling-cases/stage.ts';
import { storageCases } from '../test/support/scheduling-cases/storage.ts';
import { inertParts } from '../test/support/scheduling.ts';
import { readConfiguration } from './config/configuration.ts';
import { buildProfiles } from './config/profiles.ts';
import { startScheduler } from './scheduler.ts';

const kubeScheduler = tool('kube-scheduler');
/** Events are written off the schedulers' paths. */
const AGREED_MS = 15_000;
/** kube-scheduler refuses before it runs. */
const START_MS = 30_000;
const parts = new Lifecycle();

async function startOurs(): Promise<Stage> {
  const { client } = await startEmbeddedApi(parts);
  const effects = { client, clock, random, logger };
  const scheduler = await parts.start(() => startScheduler(effects));
  await scheduler.ready();
  return new Stage(client);
}

async function startTheirs(program: string): Promise<Stage> {
  const side = await startSide(parts, [program]);
  ({ kubeconfig } = side);
  return side.stage;
}

/** What each says of a file's fields: ours has a path more where kube-scheduler names the plugin. */
const faultyFiles = [
  'percentageOfNodesToScore: 101',
  'podInitialBackoffSeconds: 9\npodMaxBackoffSeconds: 3',
  'parallelism: -1',
  'profiles: [{schedulerName: ""}]',
  'profiles: [{schedulerName: a, percentageOfNodesToScore: 200}]',
  args('NodeResourcesFit', 'scoringStrategy: {type: Nope}'),
  args(
    'NodeResourcesFit',
    'scoringStrategy: {type: LeastAllocated, resources: [{name: cpu, weight: 101}]}',
  ),
  args('InterPodAffinity', 'hardPodAffinityWeight: 101'),
  args('PodTopologySpread', 'defaultingType: Nope'),
  args('DefaultPreemption', 'minCandidateNodesPercentage: 101'),
  args('VolumeBinding', 'bindTimeoutSeconds: -1'),
  args(
    'NodeAffinity',
    'addedAffinity: {requiredDuringSchedulingIgnoredDuringExecution: ' +
      '{nodeSelectorTerms: [{matchExpressions: [{key: a, operator: Nope}]}]}}',
  ),
  'extenders: [{urlPrefix: "http://a", bindVerb: b}, {urlPrefix: "http://b", bindVerb: b}]',
];

function args(plugin: string, given: string): string {
  return `profiles: [{pluginConfig: [{name: ${plugin}, args: {${given}}}]}]`;
}

function faultOf(text: string): string {
  try {
    const { profiles } = readConfiguration(text);
    buildProfiles(profiles, inertParts, { own: new Map() });
    return 'none';
  } catch (error) {
    return (error as Error).message;
  }
}

let kubeconfig: string;
let ours: Stage;
let theirs: Stage;

describe.skipIf(kubeScheduler === undefined)('as kube-scheduler does and says', () => {
  beforeAll(async () => {
    [ours, theirs] = await Promise.all([startOurs(), startTheirs(kubeScheduler!)]);
  }, 120_000);
  afterEach(async () => {
    await Promise.all([ours.clear(), theirs.clear()]);
  }, 60_000);
  afterAll(() => parts.stop(), 60_000);

  it.each([...placementCases, ...preemptionCases, ...storageCases, ...deviceCases])(
    '$name',
    async (each) => {
      await Promise.all([ours.play(each), theirs.play(each)]);
      await vi.waitFor(async () => expect(await ours.seen(each)).toEqual(await theirs.seen(each)), {
        timeout: AGREED_MS,
        interval: 200,
      });
    },
    60_000,
  );

  it.each(faultyFiles)(
    'refuses %s',
    async (fields) => {
      const file = join(dirname(kubeconfig), 'faulty.yaml');
      const head =
        'apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n' +
        `leaderElection: {leaderElect: false}\nclientConnection: {kubeconfig: "${kubeconfig}"}`;
      const text = `${head}\n${fields}\n`;
      await writeFile(file, text);
      const { stderr } = spawnSync(kubeScheduler!, [`--config=${file}`, '--secure-port=0'], {
        ...{ encoding: 'utf8', timeout: START_MS },
      });
      const fault = faultOf(text)
        .replace('invalid scheduler configuration: ', '')
        .replace(/^.*\.args\./, '');
      expect(stderr.replaceAll('\\"', '"')).toContain(fault);
    },
    60_000,
  );
});
