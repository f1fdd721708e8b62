/** The plugins there are, by name, and those that every profile starts with. */
import { defaultBinder, type PostBinding } from './plugins/default-binder.ts';
import {
  defaultPreemption,
  type DefaultPreemptionArgs,
  type PreemptionParts,
} from './plugins/default-preemption.ts';
import type { Devices } from './plugins/dynamic-resources/devices.ts';
import { dynamicResources } from './plugins/dynamic-resources/dynamic-resources.ts';
import type { Plugin } from './framework/interface.ts';
import type { Profile } from './framework/profile.ts';
import { imageLocality } from './plugins/image-locality.ts';
import { interPodAffinity, type InterPodAffinityArgs } from './plugins/inter-pod-affinity.ts';
import { nodeAffinity } from './plugins/node-affinity.ts';
import { nodeName } from './plugins/node-name.ts';
import { nodePorts } from './plugins/node-ports.ts';
import { nodeResourcesBalancedAllocation } from './plugins/node-resources-balanced-allocation.ts';
import { nodeResourcesFit, type NodeResourcesFitArgs } from './plugins/node-resources-fit.ts';
import { nodeVolumeLimits } from './plugins/node-volume-limits.ts';
import { nodeUnschedulable } from './plugins/node-unschedulable.ts';
import { podTopologySpread } from './plugins/pod-topology-spread.ts';
import { prioritySort } from './plugins/priority-sort.ts';
import { schedulingGates } from './plugins/scheduling-gates.ts';
import type { SelectorOf } from './plugins/spread-constraints.ts';
import { taintToleration } from './plugins/taint-toleration.ts';
import { volumeBinding, type VolumeBindingArgs } from './plugins/volume-binding.ts';
import { volumeRestrictions } from './plugins/volume-restrictions.ts';
import { volumeZone } from './plugins/volume-zone.ts';
import type { Storage } from './plugins/volumes.ts';

export const DEFAULT_SCHEDULER_NAME = 'default-scheduler';

/** What the built-in plugins reach outside the scheduler with. */
export interface PluginParts {
  readonly post: PostBinding;
  readonly preemption: PreemptionParts;
  readonly storage: Storage;
  readonly devices: Devices;
  readonly selectorOf: SelectorOf;
}

/** Makes a plugin from its args, which are valid: an empty object asks for the defaults. */
export type PluginFactory = (args: object) => Plugin;

export interface DefaultPlugin {
  readonly name: string;
  readonly weight?: number;
}

/** Kubernetes' order and weights. */
export const defaultPlugins: readonly DefaultPlugin[] = [
  { name: 'SchedulingGates' },
  { name: 'PrioritySort' },
  { name: 'NodeUnschedulable' },
  { name: 'NodeName' },
  { name: 'TaintToleration', weight: 3 },
  { name: 'NodeAffinity', weight: 2 },
  { name: 'NodePorts' },
  { name: 'NodeResourcesFit', weight: 1 },
  { name: 'VolumeRestrictions' },
  { name: 'NodeVolumeLimits' },
  { name: 'VolumeBinding' },
  { name: 'VolumeZone' },
  { name: 'PodTopologySpread', weight: 2 },
  { name: 'InterPodAffinity', weight: 2 },
  { name: 'DynamicResources' },
  { name: 'DefaultPreemption' },
  { name: 'NodeResourcesBalancedAllocation', weight: 1 },
  { name: 'ImageLocality', weight: 1 },
  { name: 'DefaultBinder' },
];

/** Args have been validated where they came from, by the plugin's name. */
export function builtInPlugins(parts: PluginParts): ReadonlyMap<string, PluginFactory> {
  return new Map<string, PluginFactory>([
    ['SchedulingGates', () => schedulingGates],
    ['PrioritySort', () => prioritySort],
    ['NodeUnschedulable', () => nodeUnschedulable],
    ['NodeName', () => nodeName],
    ['TaintToleration', () => taintToleration],
    ['NodeAffinity', (args) => nodeAffinity(args)],
    ['NodePorts', () => nodePorts],
    ['NodeResourcesFit', (args: Partial<NodeResourcesFitArgs>) => nodeResourcesFit(args)],
    ['VolumeRestrictions', () => volumeRestrictions(parts.storage)],
    ['NodeVolumeLimits', () => nodeVolumeLimits(parts.storage)],
    ['VolumeBinding', (args: VolumeBindingArgs) => volumeBinding(parts.storage, args)],
    ['VolumeZone', () => volumeZone(parts.storage)],
    ['PodTopologySpread', (args) => podTopologySpread(args, parts.selectorOf)],
    ['InterPodAffinity', (args: Partial<InterPodAffinityArgs>) => interPodAffinity(args)],
    ['DynamicResources', () => dynamicResources(parts.devices)],
    [
      'DefaultPreemption',
      (args: Partial<DefaultPreemptionArgs>) => defaultPreemption(parts.preemption, args),
    ],
    ['NodeResourcesBalancedAllocation', (args) => nodeResourcesBalancedAllocation(args)],
    ['ImageLocality', () => imageLocality],
    ['DefaultBinder', () => defaultBinder(parts.post)],
  ]);
}

/** All default plugins with their default args. */
export function defaultProfile(
  parts: PluginParts,
  schedulerName = DEFAULT_SCHEDULER_NAME,
): Profile {
  const factories = builtInPlugins(parts);
  const rows = defaultPlugins.map(({ name, weight }) => ({
    plugin: factories.get(name)!({}),
    ...(weight === undefined ? {} : { weight }),
  }));
  return { schedulerName, rows };
}
