/** The args of the built-in plugins, as pluginConfig gives them. */
import { forbidden, invalid, required } from '../../api/field-errors.ts';
import type { NodeAffinity } from '../../api/types/core-v1.ts';
import type { DefaultPreemptionArgs } from '../plugins/default-preemption.ts';
import type { InterPodAffinityArgs } from '../plugins/inter-pod-affinity.ts';
import type { NodeAffinityArgs } from '../plugins/node-affinity.ts';
import type { BalancedAllocationArgs } from '../plugins/node-resources-balanced-allocation.ts';
import type { NodeResourcesFitArgs, WeightedResource } from '../plugins/node-resources-fit.ts';
import type { UtilizationPoint } from '../plugins/resource-strategies.ts';
import type { VolumeBindingArgs } from '../plugins/volume-binding.ts';
import type { PodTopologySpreadArgs } from '../plugins/spread-constraints.ts';
import type { Fields } from './fields.ts';

/** Without the fields that are absent: the plugins' own defaults hold for them. */
function given<T extends object>(args: { [K in keyof T]: T[K] | undefined }): Partial<T> {
  const entries = Object.entries(args).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Partial<T>;
}

const strategies = ['LeastAllocated', 'MostAllocated', 'RequestedToCapacityRatio'] as const;

function resources(fields: Fields | undefined): readonly WeightedResource[] | undefined {
  if (fields?.raw('resources') === undefined) return undefined;
  return fields.objects('resources').map((entry) => {
    const name = entry.required('name', entry.text('name')) ?? '';
    const weight = entry.integer('weight', { min: 1, max: 100 }) ?? 1;
    entry.end();
    return { name, weight };
  });
}

function shapeOf(strategy: Fields): readonly UtilizationPoint[] {
  const ratio = strategy.object('requestedToCapacityRatio');
  const field = strategy.at('requestedToCapacityRatio');
  const points = (ratio?.objects('shape') ?? []).map((entry) => {
    const utilization = entry.integer('utilization', { min: 0, max: 100 }) ?? 0;
    const score = entry.integer('score', { min: 0, max: 10 }) ?? 0;
    entry.end();
    return { utilization, score };
  });
  ratio?.end();
  if (points.length === 0)
    strategy.report(required(`${field}.shape`, 'at least one point must be specified'));
  for (let i = 1; i < points.length; i++)
    if (points[i]!.utilization <= points[i - 1]!.utilization) {
      const where = `${field}.shape[${i}].utilization`;
      const detail = 'utilization values must be sorted in increasing order';
      strategy.report(invalid(where, points[i]!.utilization, detail));
    }
  return points;
}

function nodeResourcesFit(fields: Fields): Partial<NodeResourcesFitArgs> {
  const strategy = fields.object('scoringStrategy');
  const type = strategy?.oneOf('type', strategies);
  const byRatio = type === 'RequestedToCapacityRatio';
  if (!byRatio) strategy?.refuse('requestedToCapacityRatio', 'only for RequestedToCapacityRatio');
  const args = given<NodeResourcesFitArgs>({
    type,
    resources: resources(strategy),
    shape: byRatio && strategy !== undefined ? shapeOf(strategy) : undefined,
    ignoredResources: fields.texts('ignoredResources'),
    ignoredResourceGroups: fields.texts('ignoredResourceGroups'),
  });
  strategy?.end();
  return args;
}

function interPodAffinity(fields: Fields): Partial<InterPodAffinityArgs> {
  return given<InterPodAffinityArgs>({
    hardPodAffinityWeight: fields.integer('hardPodAffinityWeight', { min: 0, max: 100 }),
    ignorePreferredTermsOfExistingPods: fields.flag('ignorePreferredTermsOfExistingPods'),
  });
}

function defaultPreemption(fields: Fields): Partial<DefaultPreemptionArgs> {
  const max = 2 ** 31 - 1;
  return given<DefaultPreemptionArgs>({
    minCandidateNodesPercentage: fields.integer('minCandidateNodesPercentage', {
      min: 0,
      max: 100,
    }),
    minCandidateNodesAbsolute: fields.integer('minCandidateNodesAbsolute', { min: 0, max }),
  });
}

function balancedAllocation(fields: Fields): Partial<BalancedAllocationArgs> {
  return given<BalancedAllocationArgs>({ resources: resources(fields) });
}

function podTopologySpread(fields: Fields): PodTopologySpreadArgs {
  const defaultingType = fields.oneOf('defaultingType', ['System', 'List']);
  const defaultConstraints = fields.objects('defaultConstraints').map((entry) => {
    entry.refuse(
      'labelSelector',
      'constraint must not define a selector, as they deduced for each pod',
    );
    const read = {
      maxSkew: entry.integer('maxSkew', { min: 1, max: 2 ** 31 - 1 }) ?? 1,
      topologyKey: entry.required('topologyKey', entry.text('topologyKey')) ?? '',
      whenUnsatisfiable:
        entry.oneOf('whenUnsatisfiable', ['DoNotSchedule', 'ScheduleAnyway']) ?? 'DoNotSchedule',
    };
    entry.required('whenUnsatisfiable', read.whenUnsatisfiable);
    entry.end();
    return read;
  });
  if (defaultingType !== 'List' && defaultConstraints.length > 0) {
    const detail = 'when .defaultingType is System, defaultConstraints must be empty';
    fields.report(forbidden(fields.at('defaultConstraints'), detail));
  }
  return given<Required<PodTopologySpreadArgs>>({
    defaultingType,
    defaultConstraints: defaultConstraints,
  });
}

function nodeAffinity(fields: Fields): NodeAffinityArgs {
  // Its terms are read where nodes are matched: an operator that does not exist matches none.
  const addedAffinity = fields.object('addedAffinity');
  for (const name of [
    'requiredDuringSchedulingIgnoredDuringExecution',
    'preferredDuringSchedulingIgnoredDuringExecution',
  ])
    addedAffinity?.ignore(name);
  addedAffinity?.end();
  const value = fields.raw('addedAffinity') as NodeAffinity | undefined;
  return value === undefined ? {} : { addedAffinity: value };
}

function volumeBinding(fields: Fields): VolumeBindingArgs {
  const max = 2 ** 31 - 1;
  const shape =
    'unexpected field `shape`, supported only if feature gate StorageCapacityScoring is';
  fields.refuse('shape', `${shape} enabled`);
  return given<Required<VolumeBindingArgs>>({
    bindTimeoutSeconds: fields.integer('bindTimeoutSeconds', { min: 0, max }),
  });
}

/** The search for devices is bounded by what it tries, not by time. */
function dynamicResources(fields: Fields): object {
  fields.ignore('filterTimeout');
  return {};
}

const readers: Readonly<Record<string, (fields: Fields) => object>> = {
  NodeResourcesFit: nodeResourcesFit,
  InterPodAffinity: interPodAffinity,
  DefaultPreemption: defaultPreemption,
  NodeResourcesBalancedAllocation: balancedAllocation,
  PodTopologySpread: podTopologySpread,
  NodeAffinity: nodeAffinity,
  VolumeBinding: volumeBinding,
  DynamicResources: dynamicResources,
};

/** Args of a built-in plugin; plugins that take none refuse every field. */
export function readArgs(plugin: string, fields: Fields): object {
  fields.ignore('apiVersion', 'kind');
  const args = Object.hasOwn(readers, plugin) ? readers[plugin]!(fields) : {};
  fields.end();
  return args;
}
