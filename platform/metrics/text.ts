/** Prometheus' text format 0.0.4. */
import type { Histogram } from './histogram.ts';
import type { MetricType, Metrics } from './metrics.ts';

export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' };

const escaped = (value: string): string => value.replace(/[\\"\n]/g, (char) => escapes[char]!);

const pair = (label: string, value: string): string => `${label}="${escaped(value)}"`;

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

const seriesLines = (name: string, labels: string, value: number | Histogram): string =>
  typeof value === 'number'
    ? `${name}${braced(labels)} ${value}\n`
    : histogramLines(name, labels, value);

interface About {
  readonly name: string;
  readonly type: MetricType;
  readonly help: string;
}

const head = ({ name, type, help }: About): string =>
  `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;

/** One series of what is not counted in a registry but looked up at each scrape. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number | Histogram;
}

/** Said to exist even without a series: who looks for its type finds it. */
export function familyText(about: About, series: readonly Series[]): string {
  const lines = series.map(({ labels, value }) => {
    const pairs = Object.entries(labels).map(([label, text]) => pair(label, text));
    return seriesLines(about.name, pairs.join(','), value);
  });
  return head(about) + lines.join('');
}

/** Families that have no series yet are left out, as Prometheus' clients do. */
export function metricsText(metrics: Metrics): string {
  let text = '';
  for (const family of metrics.families()) {
    let lines = '';
    for (const { values, series } of family.entries()) {
      const own = family.labels.map((label, i) => pair(label, values[i]!)).join(',');
      lines += seriesLines(family.name, own, 'buckets' in series ? series : series.value);
    }
    if (lines !== '') text += head(family) + lines;
  }
  return text;
}
