/** The args of the built-in plugins, as pluginConfig gives them. */
import { forbidden, invalid, required } from '../../api/field-errors.ts';
import { qualifiedName } from '../../api/validation/names.ts';
import type { DefaultPreemptionArgs } from '../plugins/default-preemption.ts';
import type { InterPodAffinityArgs } from '../plugins/inter-pod-affinity.ts';
import type { NodeAffinityArgs } from '../plugins/node-affinity.ts';
import type { BalancedAllocationArgs } from '../plugins/node-resources-balanced-allocation.ts';
import type { NodeResourcesFitArgs, WeightedResource } from '../plugins/node-resources-fit.ts';
import type { UtilizationPoint } from '../plugins/resource-strategies.ts';
import type { VolumeBindingArgs } from '../plugins/volume-binding.ts';
import type { PodTopologySpreadArgs } from '../plugins/spread-constraints.ts';
import { readAddedAffinity } from './added-affinity.ts';
import { type Fields, MAX_INT32 } from './fields.ts';

/** Without the fields that are absent: the plugins' own defaults hold for them. */
function given<T extends object>(args: { [K in keyof T]: T[K] | undefined }): Partial<T> {
  const entries = Object.entries(args).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Partial<T>;
}

const percentage = { min: 0, max: 100, otherwise: 'not in valid range [0, 100]' };
const positive = { min: 1, max: MAX_INT32, otherwise: 'not in valid range (0, inf)' };

function names(fields: Fields, list: string): readonly string[] | undefined {
  const given = fields.texts(list);
  for (const [i, name] of (given ?? []).entries())
    for (const fault of qualifiedName(name))
      fields.report(invalid(`${fields.at(list)}[${i}]`, name, fault));
  return given;
}

function groups(fields: Fields): readonly string[] | undefined {
  const list = 'ignoredResourceGroups';
  const given = names(fields, list);
  for (const [i, name] of (given ?? []).entries())
    if (name.includes('/')) {
      const detail = "resource group name can't contain '/'";
      fields.report(invalid(`${fields.at(list)}[${i}]`, name, detail));
    }
  return given;
}

const strategies = ['LeastAllocated', 'MostAllocated', 'RequestedToCapacityRatio'] as const;

function resources(fields: Fields | undefined): readonly WeightedResource[] | undefined {
  if (fields?.raw('resources') === undefined) return undefined;
  return fields.objects('resources').map((entry) => {
    const name = entry.required('name', entry.text('name')) ?? '';
    const otherwise = `resource weight of ${name} not in valid range (0, 100]`;
    const weight = entry.integer('weight', { min: 1, max: 100, otherwise }) ?? 1;
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
    ignoredResources: names(fields, 'ignoredResources'),
    ignoredResourceGroups: groups(fields),
  });
  strategy?.end();
  return args;
}

function interPodAffinity(fields: Fields): Partial<InterPodAffinityArgs> {
  return given<InterPodAffinityArgs>({
    hardPodAffinityWeight: fields.integer('hardPodAffinityWeight', percentage),
    ignorePreferredTermsOfExistingPods: fields.flag('ignorePreferredTermsOfExistingPods'),
  });
}

function defaultPreemption(fields: Fields): Partial<DefaultPreemptionArgs> {
  const natural = { min: 0, max: MAX_INT32, otherwise: 'not in valid range [0, inf)' };
  return given<DefaultPreemptionArgs>({
    minCandidateNodesPercentage: fields.integer('minCandidateNodesPercentage', percentage),
    minCandidateNodesAbsolute: fields.integer('minCandidateNodesAbsolute', natural),
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
      maxSkew: entry.integer('maxSkew', positive) ?? 1,
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
  const addedAffinity = readAddedAffinity(fields);
  return addedAffinity === undefined ? {} : { addedAffinity };
}

function volumeBinding(fields: Fields): VolumeBindingArgs {
  const otherwise = 'invalid BindTimeoutSeconds, should not be a negative value';
  const shape =
    'unexpected field `shape`, supported only if feature gate StorageCapacityScoring is';
  fields.refuse('shape', `${shape} enabled`);
  return given<Required<VolumeBindingArgs>>({
    bindTimeoutSeconds: fields.integer('bindTimeoutSeconds', { min: 0, max: MAX_INT32, otherwise }),
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
