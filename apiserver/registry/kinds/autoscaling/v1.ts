/**
 * autoscaling/v1: what it has no field for travels in annotations, as JSON, so that a client that
 * only knows v1 gives everything back that it was given.
 */
import { deepCopy } from '../../../../api/deep.ts';
import type { KubernetesObject, Mutable } from '../../../../api/meta.ts';
import type { ResourceType } from '../../../../api/resource.ts';
import type { HorizontalPodAutoscaler as V1 } from '../../../../api/types/autoscaling-v1.ts';
import type {
  HorizontalPodAutoscaler as V2,
  HorizontalPodAutoscalerCondition,
  MetricSpec,
  MetricStatus,
} from '../../../../api/types/autoscaling-v2.ts';
import type { ResourceDeclaration } from '../../declaration.ts';
import { defaultMetric, horizontalPodAutoscaler } from './autoscaler.ts';
import { capitalized, uncapitalized } from './behavior-json.ts';
import { metricFromV1, metricToV1, statusFromV1, statusToV1 } from './v1-metrics.ts';

const annotations = {
  metrics: 'autoscaling.alpha.kubernetes.io/metrics',
  behavior: 'autoscaling.alpha.kubernetes.io/behavior',
  currentMetrics: 'autoscaling.alpha.kubernetes.io/current-metrics',
  conditions: 'autoscaling.alpha.kubernetes.io/conditions',
} as const;

/** The one metric that v1 has a field for. */
function cpuUtilization({ type, resource }: MetricSpec): number | undefined {
  return type === 'Resource' && resource?.name === 'cpu'
    ? resource.target.averageUtilization
    : undefined;
}

function currentCpu({ type, resource }: MetricStatus): number | undefined {
  return type === 'Resource' && resource?.name === 'cpu'
    ? resource.current.averageUtilization
    : undefined;
}

function firstOf<T>(items: readonly T[], value: (item: T) => number | undefined) {
  return items.map(value).find((each) => each !== undefined);
}

/** The object without `own` annotations, with `texts` in their place. */
function annotated(
  metadata: KubernetesObject['metadata'],
  texts: Readonly<Record<string, string>>,
): Mutable<KubernetesObject['metadata']> {
  const own = new Set<string>(Object.values(annotations));
  const others = Object.entries(metadata.annotations ?? {}).filter(([key]) => !own.has(key));
  const all = { ...Object.fromEntries(others), ...texts };
  const { annotations: _replaced, ...rest } = metadata;
  const changed = Object.keys(all).length === 0 ? rest : { ...rest, annotations: all };
  return changed as Mutable<KubernetesObject['metadata']>;
}

function present<T extends object>(fields: T): T {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as T;
}

function fromV2(object: V2): Mutable<V1> {
  const { metadata, spec, status, ...rest } = object;
  const { metrics = [], behavior } = spec;
  const others = metrics.filter((metric) => cpuUtilization(metric) === undefined);
  const { conditions = [] } = status ?? {};
  const currentMetrics = status?.currentMetrics ?? [];
  const texts: Record<string, string> = {};
  if (others.length > 0) texts[annotations.metrics] = JSON.stringify(others.map(metricToV1));
  if (currentMetrics.length > 0) {
    texts[annotations.currentMetrics] = JSON.stringify(currentMetrics.map(statusToV1));
  }
  if (behavior !== undefined) texts[annotations.behavior] = JSON.stringify(capitalized(behavior));
  if (conditions.length > 0) texts[annotations.conditions] = JSON.stringify(conditions);
  const v1 = {
    ...rest,
    metadata: annotated(metadata, texts),
    spec: present({
      scaleTargetRef: spec.scaleTargetRef,
      minReplicas: spec.minReplicas,
      maxReplicas: spec.maxReplicas,
      targetCPUUtilizationPercentage: firstOf(metrics, cpuUtilization),
    }),
    status: present({
      observedGeneration: status?.observedGeneration,
      lastScaleTime: status?.lastScaleTime,
      currentReplicas: status?.currentReplicas ?? 0,
      desiredReplicas: status?.desiredReplicas ?? 0,
      currentCPUUtilizationPercentage: firstOf(currentMetrics, currentCpu),
    }),
  };
  return v1 as unknown as Mutable<V1>;
}

/** Undefined also for a text that cannot be read: Kubernetes passes over it. */
function readAnnotation(object: V1, key: keyof typeof annotations): unknown {
  const text = object.metadata.annotations?.[annotations[key]];
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function listOf<T>(value: unknown): readonly T[] {
  return Array.isArray(value) ? (value as T[]) : [];
}

function cpuMetric(averageUtilization: number): MetricSpec {
  const target = { type: 'Utilization', averageUtilization };
  return { type: 'Resource', resource: { name: 'cpu', target } };
}

function metricsOf(object: V1): MetricSpec[] {
  const { targetCPUUtilizationPercentage: cpu } = object.spec ?? {};
  const others = listOf<object>(readAnnotation(object, 'metrics')).map(metricFromV1);
  const all = cpu === undefined ? others : [...others, cpuMetric(cpu)];
  return all.length === 0 ? [defaultMetric] : all;
}

function currentMetricsOf(object: V1): MetricStatus[] {
  const noted = listOf<object>(readAnnotation(object, 'currentMetrics')).map(statusFromV1);
  const { currentCPUUtilizationPercentage: cpu } = object.status ?? {};
  if (noted.length > 0 || cpu === undefined) return noted;
  const current = { averageUtilization: cpu };
  return [{ type: 'Resource', resource: { name: 'cpu', current } }];
}

function toV2(object: V1): Mutable<V2> {
  const { metadata, spec, status, ...rest } = object;
  const behavior = uncapitalized(readAnnotation(object, 'behavior'));
  const conditions = listOf<HorizontalPodAutoscalerCondition>(readAnnotation(object, 'conditions'));
  const currentMetrics = currentMetricsOf(object);
  const v2 = {
    ...rest,
    metadata: annotated(metadata, {}),
    spec: present({
      scaleTargetRef: spec?.scaleTargetRef,
      minReplicas: spec?.minReplicas,
      maxReplicas: spec?.maxReplicas,
      metrics: metricsOf(object),
      behavior,
    }),
    status: present({
      observedGeneration: status?.observedGeneration,
      lastScaleTime: status?.lastScaleTime,
      currentReplicas: status?.currentReplicas,
      desiredReplicas: status?.desiredReplicas ?? 0,
      currentMetrics: currentMetrics.length === 0 ? undefined : currentMetrics,
      conditions: conditions.length === 0 ? undefined : conditions,
    }),
  };
  return deepCopy(v2) as unknown as Mutable<V2>;
}

const type: ResourceType<V1> = {
  group: 'autoscaling',
  version: 'v1',
  resource: 'horizontalpodautoscalers',
  kind: 'HorizontalPodAutoscaler',
  namespaced: true,
};

export const horizontalPodAutoscalerV1 = {
  type,
  singular: horizontalPodAutoscaler.singular,
  shortNames: horizontalPodAutoscaler.shortNames,
  categories: horizontalPodAutoscaler.categories,
  view: { of: horizontalPodAutoscaler, fromStored: fromV2, toStored: toV2 },
  hasStatus: true,
  printer: {
    columns: horizontalPodAutoscaler.printer.columns,
    cells: (object, nowMs) => horizontalPodAutoscaler.printer.cells(toV2(object), nowMs),
  },
  subresources: [
    {
      name: 'status',
      verbs: ['get', 'update', 'patch'],
      owns: ['status'],
      // The stored resource's own subresource writes; this is what clients see of it.
      write: (sent) => sent as Mutable<V1>,
    },
  ],
} satisfies ResourceDeclaration<V1>;
