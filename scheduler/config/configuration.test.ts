/** KubeSchedulerConfiguration: what it means, and how its faults are named. */
import { describe, expect, it } from 'vitest';
import { silentLogger as logger } from '../../platform/logger.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { inertParts } from '../../test/support/scheduling.ts';
import type { ExtensionPoint, Profile } from '../framework/profile.ts';
import { PluginLimits } from '../plugin-limits.ts';
import { defaultProfile } from '../registry.ts';
import { readConfiguration } from './configuration.ts';
import { ownPlugins } from './own-plugins.ts';
import { buildProfiles } from './profiles.ts';

const header = 'apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n';
const read = (yaml: string) => readConfiguration(header + yaml);

const handle = { clock: new FakeClock(), random: inertParts.preemption.random, logger };
const limits = new PluginLimits({ run: (_ms, work) => work() });
const own = ownPlugins(
  'mine.js',
  {
    plugins: {
      Mine: (args: { wish?: string }) => ({ name: 'Mine', filter() {}, score: () => 1, args }),
      Sorter: () => ({ name: 'Sorter', goesFirst: () => true }),
    },
  },
  { handle, limits },
);
const profilesOf = (yaml: string) => buildProfiles(read(yaml).profiles, inertParts, { own });

/** "Name" or "Name*weight", in order. */
const rowsAt = (profile: Profile, point: ExtensionPoint): string[] =>
  (profile.at?.[point] ?? []).map(({ plugin, weight }) =>
    weight === undefined ? plugin.name : `${plugin.name}*${weight}`,
  );

describe('readConfiguration', () => {
  it("has Kubernetes' defaults", () => {
    const { profiles, ...rest } = read('');
    expect(rest).toEqual({
      extenders: [],
      leaderElection: {
        leaderElect: true,
        resourceName: 'kube-scheduler',
        resourceNamespace: 'kube-system',
        leaseMs: 15_000,
        renewMs: 10_000,
        retryMs: 2000,
      },
      percentageOfNodesToScore: 0,
      initialBackoffMs: 1000,
      maxBackoffMs: 10_000,
    });
    expect(profiles.map(({ schedulerName }) => schedulerName)).toEqual(['default-scheduler']);
  });

  it('reads what is given', () => {
    const yaml = `
clientConnection: {kubeconfig: /k, qps: 100}
leaderElection: {leaderElect: false, leaseDuration: 1m30s, retryPeriod: 500ms, renewDeadline: 20s}
percentageOfNodesToScore: 30
podInitialBackoffSeconds: 2
podMaxBackoffSeconds: 4
profiles: [{schedulerName: a}, {schedulerName: b, percentageOfNodesToScore: 100}]
`;
    expect(read(yaml)).toMatchObject({
      kubeconfig: '/k',
      leaderElection: { leaderElect: false, leaseMs: 90_000, renewMs: 20_000, retryMs: 500 },
      percentageOfNodesToScore: 30,
      initialBackoffMs: 2000,
      maxBackoffMs: 4000,
      profiles: [{ schedulerName: 'a' }, { schedulerName: 'b', percentageOfNodesToScore: 100 }],
    });
  });

  it.each([
    ['profiles: 3', 'profiles: Invalid value: 3: must be a list'],
    ['profile: []', 'profile: Forbidden: unknown field'],
    [
      'percentageOfNodesToScore: 101',
      'percentageOfNodesToScore: Invalid value: 101: not in valid range [0-100]',
    ],
    ['percentageOfNodesToScore: 1.5', 'percentageOfNodesToScore: Invalid value: 1.5: must be an'],
    [
      'parallelism: 0',
      'parallelism: Invalid value: 0: should be an integer value greater than zero',
    ],
    ['profiles: [{schedulerName: ""}]', 'profiles[0].schedulerName: Required value'],
    [
      'podInitialBackoffSeconds: 9\npodMaxBackoffSeconds: 3',
      'podMaxBackoffSeconds: Invalid value: 3: must be greater than or equal',
    ],
    [
      'leaderElection: {leaseDuration: 5s}',
      'leaderElection.leaseDuration: Invalid value: "5s": LeaseDuration must be greater than',
    ],
    ['leaderElection: {retryPeriod: soon}', 'leaderElection.retryPeriod: Invalid value: "soon"'],
    ['extenders: [{urlPrefix: x}]', 'extenders[0].urlPrefix: Invalid value: "x"'],
    ['profiles: [{}, {}]', 'profiles[1].schedulerName: Duplicate value: "default-scheduler"'],
    [
      'profiles: [{plugins: {score: {enabled: [{weight: 2}]}}}]',
      'profiles[0].plugins.score.enabled[0].name: Required value',
    ],
    ['profiles: [{plugins: {scores: {}}}]', 'profiles[0].plugins.scores: Forbidden: unknown field'],
    ['a: [', 'yaml: line'],
  ])('refuses %j and names the field', (yaml, message) => {
    expect(() => read(yaml)).toThrow(message);
  });

  it('tells every fault at once', () => {
    expect(() => readConfiguration('kind: Pod\nx: 1')).toThrow(
      'invalid scheduler configuration:\n' +
        '  apiVersion: Required value\n' +
        '  kind: Unsupported value: "Pod": supported values: "KubeSchedulerConfiguration"\n' +
        '  x: Forbidden: unknown field',
    );
  });
});

describe('buildProfiles', () => {
  it('starts from the default plugins, their order and weights', () => {
    const [profile] = profilesOf('');
    const { rows } = defaultProfile(inertParts);
    const filters = rows
      .filter(({ plugin }) => 'filter' in plugin)
      .map(({ plugin }) => plugin.name);
    expect(profile!.at?.filter?.map(({ plugin }) => plugin.name)).toEqual(filters);
    expect(rowsAt(profile!, 'score')).toEqual([
      'TaintToleration*3',
      'NodeAffinity*2',
      'NodeResourcesFit*1',
      'PodTopologySpread*2',
      'InterPodAffinity*2',
      'NodeResourcesBalancedAllocation*1',
      'ImageLocality*1',
    ]);
  });

  it('enables and disables at one point', () => {
    const [profile] = profilesOf(`
profiles:
- plugins:
    score:
      disabled: [{name: ImageLocality}, {name: TaintToleration}]
      enabled: [{name: Mine, weight: 7}, {name: NodeAffinity, weight: 9}]
`);
    expect(rowsAt(profile!, 'score')).toEqual([
      'NodeAffinity*9',
      'NodeResourcesFit*1',
      'PodTopologySpread*2',
      'InterPodAffinity*2',
      'NodeResourcesBalancedAllocation*1',
      'Mine*7',
    ]);
    expect(rowsAt(profile!, 'filter')).not.toContain('Mine');
  });

  it('enables and disables at every point', () => {
    const [profile] = profilesOf(`
profiles:
- plugins:
    multiPoint:
      disabled: [{name: '*'}]
      enabled: [{name: PrioritySort}, {name: DefaultBinder}, {name: Mine, weight: 3}]
`);
    expect(rowsAt(profile!, 'score')).toEqual(['Mine*3']);
    expect(rowsAt(profile!, 'filter')).toEqual(['Mine*3']);
    expect(rowsAt(profile!, 'bind')).toEqual(['DefaultBinder']);
    expect(rowsAt(profile!, 'postFilter')).toEqual([]);
  });

  it('clears one point with *', () => {
    const yaml = "profiles: [{plugins: {score: {disabled: [{name: '*'}]}}}]";
    expect(rowsAt(profilesOf(yaml)[0]!, 'score')).toEqual([]);
  });

  it('hands args to plugins, built in or not', () => {
    const [profile] = profilesOf(`
profiles:
- plugins: {multiPoint: {enabled: [{name: Mine}]}}
  pluginConfig:
  - {name: Mine, args: {wish: cake}}
  - name: NodeResourcesFit
    args:
      apiVersion: kubescheduler.config.k8s.io/v1
      kind: NodeResourcesFitArgs
      scoringStrategy: {type: MostAllocated, resources: [{name: cpu, weight: 5}]}
`);
    expect(profile!.at?.score?.at(-1)?.plugin).toMatchObject({ args: { wish: 'cake' } });
  });

  const args = (plugin: string, yaml: string) =>
    `profiles: [{pluginConfig: [{name: ${plugin}, args: ${yaml}}]}]`;
  const fieldOf = (rest: string) => `profiles[0].pluginConfig[0].args.${rest}`;

  it.each([
    [
      'profiles: [{plugins: {filter: {enabled: [{name: Nope}]}}}]',
      'profiles[0].plugins.filter.enabled[0].name: Not found: "Nope"',
    ],
    [
      'profiles: [{plugins: {filter: {enabled: [{name: ImageLocality}]}}}]',
      'profiles[0].plugins.filter.enabled[0].name: Invalid value: "ImageLocality": plugin does not',
    ],
    [
      'profiles: [{plugins: {score: {enabled: [{name: Mine}, {name: Mine}]}}}]',
      'profiles[0].plugins.score.enabled[1].name: Duplicate value: "Mine"',
    ],
    [
      "profiles: [{plugins: {multiPoint: {disabled: [{name: '*'}]}}}]",
      'profiles[0].plugins.bind: Required value',
    ],
    [
      'profiles: [{plugins: {queueSort: {enabled: [{name: Sorter}]}}}]',
      'profiles[0].plugins.queueSort: Invalid value: "PrioritySort, Sorter": exactly one',
    ],
    [
      'profiles: [{schedulerName: a}, {schedulerName: b, plugins: {queueSort: ' +
        "{disabled: [{name: '*'}], enabled: [{name: Sorter}]}}}]",
      'profiles[*].plugins.queueSort: Invalid value: "PrioritySort, Sorter": must be the same',
    ],
    ['profiles: [{pluginConfig: [{name: Nope}]}]', 'profiles[0].pluginConfig[0].name: Not found'],
    [
      args('VolumeBinding', '{bindTimeoutSeconds: -1}'),
      fieldOf('bindTimeoutSeconds: Invalid value: -1'),
    ],
    [
      args('VolumeBinding', '{shape: [{utilization: 0, score: 0}]}'),
      fieldOf('shape: Forbidden: unexpected field `shape`, supported only if feature gate'),
    ],
    [
      args('DefaultPreemption', '{minCandidateNodesPercentage: 101}'),
      fieldOf('minCandidateNodesPercentage: Invalid value: 101'),
    ],
    [
      args('NodeResourcesBalancedAllocation', '{resources: [{name: cpu, weight: 0}]}'),
      fieldOf('resources[0].weight: Invalid value: 0'),
    ],
    [
      args('NodeAffinity', '{addedAffinity: {required: {}}}'),
      fieldOf('addedAffinity.required: Forbidden: unknown field'),
    ],
    ...(
      [
        [
          '{key: a, operator: Near}',
          'operator: Unsupported value: "Near": supported values: "In",',
        ],
        ['{key: a b, operator: Exists}', 'key: Invalid value: "a b": name part must consist of'],
        [
          '{key: a, operator: In}',
          "values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty",
        ],
        [
          '{key: a, operator: Exists, values: [x]}',
          'values: Invalid value: ["x"]: values set must be empty for exists and does not exist',
        ],
        [
          "{key: a, operator: Gt, values: ['1', '2']}",
          `values: Invalid value: ["1","2"]: for 'Gt', 'Lt' operators, exactly one value is`,
        ],
        ['{key: a, operator: Lt, values: [x]}', 'operators, the value must be an integer'],
      ] as const
    ).map(([expression, fault]): [string, string] => [
      args(
        'NodeAffinity',
        '{addedAffinity: {requiredDuringSchedulingIgnoredDuringExecution: ' +
          `{nodeSelectorTerms: [{matchExpressions: [${expression}]}]}}}`,
      ),
      fault,
    ]),
    [
      args(
        'NodeAffinity',
        '{addedAffinity: {preferredDuringSchedulingIgnoredDuringExecution: ' +
          '[{weight: 1, preference: {matchFields: [{key: x, operator: In, values: []}]}}]}}',
      ),
      fieldOf(
        'addedAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.' +
          'matchFields[0].values: Invalid value: []: must have one element',
      ),
    ],
    [
      args('NodeResourcesFit', '{ignoredResources: [a b]}'),
      fieldOf('ignoredResources[0]: Invalid value: "a b": name part must consist of'),
    ],
    [
      args('NodeResourcesFit', '{ignoredResourceGroups: [a/b]}'),
      fieldOf(`ignoredResourceGroups[0]: Invalid value: "a/b": resource group name can't`),
    ],
    [
      args(
        'PodTopologySpread',
        "{defaultingType: List, defaultConstraints: [{maxSkew: 0, topologyKey: ''}]}",
      ),
      fieldOf('defaultConstraints[0].topologyKey: Required value'),
    ],
    [args('NodeName', '{x: 1}'), fieldOf('x: Forbidden: unknown field')],
    [
      args('InterPodAffinity', '{hardPodAffinityWeight: 101}'),
      fieldOf('hardPodAffinityWeight: Invalid value: 101: not in valid range [0, 100]'),
    ],
    [
      args('NodeResourcesFit', '{scoringStrategy: {type: Best}}'),
      fieldOf('scoringStrategy.type: Unsupported value: "Best"'),
    ],
    [
      args('NodeResourcesFit', '{scoringStrategy: {type: RequestedToCapacityRatio}}'),
      fieldOf('scoringStrategy.requestedToCapacityRatio.shape: Required value'),
    ],
    [
      args('PodTopologySpread', '{defaultConstraints: [{maxSkew: 1, topologyKey: a}]}'),
      fieldOf('defaultConstraints: Forbidden: when .defaultingType is System'),
    ],
  ])('refuses %j and names the field', (yaml, message) => {
    expect(() => profilesOf(yaml)).toThrow(message);
  });
});

describe('ownPlugins', () => {
  it.each<[string, unknown, string]>([
    ['no plugins', {}, 'x.js does not export plugins'],
    ['no function', { plugins: { A: 1 } }, 'x.js: plugins.A is not a function'],
  ])('refuses a file with %s', (_name, module, message) => {
    expect(() => ownPlugins('x.js', module, { handle, limits })).toThrow(message);
  });

  it('refuses plugins that are none when they are made', () => {
    const module = { plugins: { A: () => ({ name: 'B' }), C: () => ({ name: 'C' }) } };
    const made = ownPlugins('x.js', module, { handle, limits });
    expect(() => made.get('A')!({})).toThrow('must return an object whose name is "A"');
    expect(() => made.get('C')!({})).toThrow('has no method of any extension point');
  });
});
