import type {
  HorizontalPodAutoscaler,
  HPAScalingRules,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
} from '../../api/types/autoscaling-v2.ts';
import { goTime } from './go-time.ts';
import type { DescriptionWriter } from './writer.ts';

export function describeAutoscaler(
  writer: DescriptionWriter,
  scaler: HorizontalPodAutoscaler,
): void {
  const { metadata, spec, status } = scaler;
  writer.field(0, 'Name', metadata.name).field(0, 'Namespace', metadata.namespace);
  writer.map(0, 'Labels', metadata.labels).map(0, 'Annotations', metadata.annotations);
  writer.field(0, 'CreationTimestamp', goTime(metadata.creationTimestamp));
  writer.field(0, 'Reference', `${spec.scaleTargetRef.kind}/${spec.scaleTargetRef.name}`);
  writer.field(0, 'Metrics', '( current / target )');
  spec.metrics?.forEach((metric, i) => {
    writer.line(1, metricText(metric, status?.currentMetrics?.[i]));
  });
  writer.field(0, 'Min replicas', spec.minReplicas ?? '<unset>');
  writer.field(0, 'Max replicas', spec.maxReplicas);
  if (spec.behavior !== undefined) {
    writer.line(0, 'Behavior:');
    describeRules(writer, 'Scale Up', spec.behavior.scaleUp);
    describeRules(writer, 'Scale Down', spec.behavior.scaleDown);
  }
  const { currentReplicas = 0, desiredReplicas = 0, conditions = [] } = status ?? {};
  const pods = `${currentReplicas} current / ${desiredReplicas} desired`;
  writer.field(0, `${spec.scaleTargetRef.kind} pods`, pods);
  if (conditions.length === 0) return;
  writer.table(0, 'Conditions', {
    headers: ['Type', 'Status', 'Reason', 'Message'],
    rows: conditions.map((c) => [c.type, c.status, c.reason ?? '', c.message ?? '']),
  });
}

const UNKNOWN = '<unknown>';

/** "resource cpu on pods  (as a percentage of request):\t<unknown> / 50%" */
function metricText(metric: MetricSpec, status: MetricStatus | undefined): string {
  const { external, pods, object, resource, containerResource } = metric;
  if (external !== undefined) {
    return `${quoted(external)} ${valueText(external.target, status?.external?.current)}`;
  }
  if (pods !== undefined) {
    const current = status?.pods?.current.averageValue ?? UNKNOWN;
    return `${quoted(pods)} on pods:\t${current} / ${pods.target.averageValue ?? ''}`;
  }
  if (object !== undefined) {
    const { kind, name } = object.describedObject;
    const value = valueText(object.target, status?.object?.current);
    return `${quoted(object)} on ${kind}/${name} ${value}`;
  }
  if (resource !== undefined) {
    const shown = `resource ${resource.name} on pods`;
    return shown + usageText(resource.target, status?.resource?.current);
  }
  if (containerResource !== undefined) {
    const { name, container, target } = containerResource;
    const shown = `resource ${name} of container "${container}" on pods`;
    return shown + usageText(target, status?.containerResource?.current);
  }
  return `<unknown metric type ${JSON.stringify(metric.type)}>`;
}

const quoted = ({ metric }: { readonly metric: { readonly name: string } }): string =>
  JSON.stringify(metric.name);

function valueText(target: MetricTarget, current: MetricValueStatus | undefined): string {
  const average = target.averageValue !== undefined;
  const now = (average ? current?.averageValue : current?.value) ?? UNKNOWN;
  const wanted = (average ? target.averageValue : target.value) ?? '';
  return `(target ${average ? 'average ' : ''}value):\t${now} / ${wanted}`;
}

function usageText(target: MetricTarget, current: MetricValueStatus | undefined): string {
  if (target.averageValue !== undefined) {
    return `:\t${current?.averageValue ?? UNKNOWN} / ${target.averageValue}`;
  }
  const used = current?.averageUtilization;
  const now = used === undefined ? UNKNOWN : `${used}% (${current?.averageValue ?? '0'})`;
  const wanted =
    target.averageUtilization === undefined ? '<auto>' : `${target.averageUtilization}%`;
  return `  (as a percentage of request):\t${now} / ${wanted}`;
}

function describeRules(
  writer: DescriptionWriter,
  title: string,
  rules: HPAScalingRules | undefined,
): void {
  if (rules === undefined) return;
  const { stabilizationWindowSeconds: window, selectPolicy = 'Max', policies = [] } = rules;
  writer.line(1, `${title}:`);
  if (window !== undefined) writer.line(2, `Stabilization Window: ${window} seconds`);
  if (policies.length === 0) return;
  writer.line(2, `Select Policy: ${selectPolicy}`).line(2, 'Policies:');
  for (const { type, value, periodSeconds } of policies) {
    writer.line(3, `- Type: ${type}\tValue: ${value}\tPeriod: ${periodSeconds} seconds`);
  }
}
