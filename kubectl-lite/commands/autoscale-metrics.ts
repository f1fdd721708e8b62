/** What an autoscaler aims at, by `--cpu-percent`, and `--cpu` and `--memory` of kubectl 1.34. */
import { canonicalQuantity, QuantityError } from '../../api/quantity.ts';
import type { MetricSpec } from '../../api/types/autoscaling-v2.ts';
import { UsageError } from '../usage-error.ts';

type Target = NonNullable<MetricSpec['resource']>['target'];

export interface MetricFlags {
  readonly 'cpu-percent': number;
  readonly cpu: string;
  readonly memory: string;
}

export function metricsOf(flags: MetricFlags): readonly MetricSpec[] {
  const percent = flags['cpu-percent'];
  if (percent > 0 && flags.cpu !== '') {
    throw new UsageError('--cpu-percent and --cpu are mutually exclusive');
  }
  return [
    ...(percent >= 0 ? [metric('cpu', { type: 'Utilization', averageUtilization: percent })] : []),
    ...(flags.cpu === '' ? [] : [metric('cpu', targetOf('cpu', flags.cpu.trim()))]),
    ...(flags.memory === '' ? [] : [metric('memory', targetOf('memory', flags.memory.trim()))]),
  ];
}

/** What autoscaling/v1 can say of them; undefined where it cannot. */
export function percentOnly(metrics: readonly MetricSpec[]): number | undefined {
  const [only] = metrics;
  const isCpu = metrics.length === 1 && only?.resource?.name === 'cpu';
  return isCpu ? only.resource?.target.averageUtilization : undefined;
}

const metric = (name: string, target: Target): MetricSpec => ({
  type: 'Resource',
  resource: { name, target },
});

/** A plain number has this unit. */
const units = { cpu: 'm', memory: 'Mi' } as const;

/** "70%" is of what is requested; "500m" and "200Mi" are what a pod uses by itself. */
function targetOf(resource: keyof typeof units, text: string): Target {
  if (text === '') throw new UsageError('empty input');
  const percent = /^(.*)%$/s.exec(text)?.[1];
  if (percent !== undefined) {
    if (!/^\+?\d+$/.test(percent)) throw new UsageError(`invalid percentage value: ${percent}`);
    return { type: 'Utilization', averageUtilization: Number(percent) };
  }
  const isPlain = Number.isFinite(Number(text));
  try {
    const averageValue = canonicalQuantity(isPlain ? `${Number(text)}${units[resource]}` : text);
    return { type: 'AverageValue', averageValue };
  } catch (error) {
    if (!(error instanceof QuantityError)) throw error;
    throw new UsageError(`invalid resource ${resource} value: ${text}`);
  }
}
