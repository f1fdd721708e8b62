/** The default profile of kube-scheduler 1.34, row by row. */
import { describe, expect, it } from 'vitest';
import { inertParts } from '../test/support/scheduling.ts';
import { methodOf, type ExtensionPoint } from './framework/profile.ts';
import { builtInPlugins, defaultPlugins, defaultProfile } from './registry.ts';

const { rows } = defaultProfile(inertParts);

/** Plugins that score with their weight, the others by name. */
const at = (point: ExtensionPoint): string[] =>
  rows
    .filter(({ plugin }) => methodOf[point] in plugin)
    .map(({ plugin, weight }) => (point === 'score' ? `${plugin.name} ${weight}` : plugin.name));

describe('the default profile', () => {
  it.each<[ExtensionPoint, string[]]>([
    ['preEnqueue', ['SchedulingGates', 'DynamicResources']],
    ['queueSort', ['PrioritySort']],
    [
      'preFilter',
      [
        'NodeName',
        'NodeAffinity',
        'NodePorts',
        'VolumeRestrictions',
        'NodeVolumeLimits',
        'VolumeBinding',
        'VolumeZone',
        'PodTopologySpread',
        'InterPodAffinity',
        'DynamicResources',
      ],
    ],
    [
      'filter',
      [
        'NodeUnschedulable',
        'NodeName',
        'TaintToleration',
        'NodeAffinity',
        'NodePorts',
        'NodeResourcesFit',
        'VolumeRestrictions',
        'NodeVolumeLimits',
        'VolumeBinding',
        'VolumeZone',
        'PodTopologySpread',
        'InterPodAffinity',
        'DynamicResources',
      ],
    ],
    ['postFilter', ['DynamicResources', 'DefaultPreemption']],
    [
      'score',
      [
        'TaintToleration 3',
        'NodeAffinity 2',
        'NodeResourcesFit 1',
        'PodTopologySpread 2',
        'InterPodAffinity 2',
        'NodeResourcesBalancedAllocation 1',
        'ImageLocality 1',
      ],
    ],
    ['reserve', ['VolumeBinding', 'DynamicResources']],
    ['permit', []],
    ['preBind', ['VolumeBinding', 'DynamicResources']],
    ['bind', ['DefaultBinder']],
    ['postBind', []],
  ])('at %s', (point, names) => {
    expect(at(point)).toEqual(names);
  });

  it('names only plugins that there are, and each under its own name', () => {
    expect(rows.map(({ plugin }) => plugin.name)).toEqual(defaultPlugins.map(({ name }) => name));
    for (const [name, make] of builtInPlugins(inertParts)) expect(make({}).name).toBe(name);
  });
});
