/** Prometheus' text format 0.0.4. */
import type { Histogram } from './histogram.ts';
import type { Metrics } from './metrics.ts';

export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' };

const escaped = (value: string): string => value.replace(/[\\"\n]/g, (char) => escapes[char]!);

function pairs(labels: readonly string[], values: readonly string[]): string {
  return labels.map((label, i) => `${label}="${escaped(values[i]!)}"`).join(',');
}

const braced = (text: string): string => (text === '' ? '' : `{${text}}`);

function histogramLines(name: string, labels: string, histogram: Histogram): string {
  const before = labels === '' ? '' : `${labels},`;
  let below = 0;
  let text = '';
  for (const [i, each] of histogram.buckets.entries()) {
    below += each;
    const bound = histogram.bounds[i];
    text += `${name}_bucket{${before}le="${bound === undefined ? '+Inf' : bound}"} ${below}\n`;
  }
  const sum = `${name}_sum${braced(labels)} ${histogram.sum}\n`;
  return `${text}${sum}${name}_count${braced(labels)} ${histogram.count}\n`;
}

/** Families that have no series yet are left out, as Prometheus' clients do. */
export function metricsText(metrics: Metrics): string {
  let text = '';
  for (const family of metrics.families()) {
    const { name, labels } = family;
    let lines = '';
    for (const { values, series } of family.entries()) {
      const own = pairs(labels, values);
      lines +=
        'buckets' in series
          ? histogramLines(name, own, series)
          : `${name}${braced(own)} ${series.value}\n`;
    }
    if (lines !== '')
      text += `# HELP ${name} ${family.help}\n# TYPE ${name} ${family.type}\n${lines}`;
  }
  return text;
}
