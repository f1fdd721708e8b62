import { formatQuantity } from '../../../../api/quantity.ts';
import type {
  HorizontalPodAutoscaler,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
} from '../../../../api/types/autoscaling-v2.ts';
import type { TablePrinter } from '../../declaration.ts';
import { age, ageColumn, column, nameColumn, NONE, UNKNOWN } from '../cells.ts';
import { quantityOf } from '../resource-list.ts';

const SHOWN = 2;

function amount(value: string | number | undefined): string {
  if (value === undefined) return UNKNOWN;
  const quantity = quantityOf(value);
  return quantity === undefined ? String(value) : formatQuantity(quantity);
}

/** A whole, or a share of each pod. */
function totalText(target: MetricTarget, current: MetricValueStatus | undefined): string {
  if (target.averageValue === undefined) {
    return `${amount(current?.value)}/${amount(target.value)}`;
  }
  return `${amount(current?.averageValue)}/${amount(target.averageValue)} (avg)`;
}

/** "cpu: 12%/80%". */
function resourceText(
  { name, target }: { readonly name: string; readonly target: MetricTarget },
  current: MetricValueStatus | undefined,
): string {
  if (target.averageValue !== undefined) {
    return `${name}: ${amount(current?.averageValue)}/${amount(target.averageValue)}`;
  }
  const share = (value: number | undefined, absent: string): string =>
    value === undefined ? absent : `${value}%`;
  const is = share(current?.averageUtilization, UNKNOWN);
  return `${name}: ${is}/${share(target.averageUtilization, '<auto>')}`;
}

function metricText(spec: MetricSpec, status: MetricStatus | undefined): string {
  const { external, pods, object, resource, containerResource } = spec;
  if (spec.type === 'External' && external) {
    return totalText(external.target, status?.external?.current);
  }
  if (spec.type === 'Object' && object) return totalText(object.target, status?.object?.current);
  if (spec.type === 'Pods' && pods) {
    const { averageValue } = pods.target;
    return `${amount(status?.pods?.current.averageValue)}/${amount(averageValue)}`;
  }
  if (spec.type === 'Resource' && resource) {
    return resourceText(resource, status?.resource?.current);
  }
  if (spec.type === 'ContainerResource' && containerResource) {
    return resourceText(containerResource, status?.containerResource?.current);
  }
  return '<unknown type>';
}

function metricsText({ spec, status }: HorizontalPodAutoscaler): string {
  const texts = (spec.metrics ?? []).map((metric, i) =>
    metricText(metric, status?.currentMetrics?.[i]),
  );
  if (texts.length === 0) return NONE;
  const shown = texts.slice(0, SHOWN).join(', ');
  return texts.length > SHOWN ? `${shown} + ${texts.length - SHOWN} more...` : shown;
}

export const printer: TablePrinter<HorizontalPodAutoscaler> = {
  columns: [
    nameColumn,
    column('Reference'),
    column('Targets'),
    column('MinPods'),
    column('MaxPods'),
    column('Replicas'),
    ageColumn,
  ],
  cells: (autoscaler, nowMs) => {
    const { metadata, spec, status } = autoscaler;
    return [
      metadata.name ?? '',
      `${spec.scaleTargetRef?.kind}/${spec.scaleTargetRef?.name}`,
      metricsText(autoscaler),
      spec.minReplicas === undefined ? '<unset>' : String(spec.minReplicas),
      spec.maxReplicas ?? 0,
      status?.currentReplicas ?? 0,
      age(autoscaler, nowMs),
    ];
  },
};
