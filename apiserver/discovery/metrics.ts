import type { HttpResponse } from '../../platform/http.ts';
import type { MetricFamily } from '../flowcontrol/metrics.ts';
import type { RequestCounts } from '../pipeline/request-counts.ts';

const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
const labelNames = ['verb', 'group', 'version', 'resource', 'subresource', 'code'] as const;

const escaped = (value: string): string =>
  value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

function heading(name: string, type: 'counter' | 'gauge', help: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
}

function requestLines(counts: RequestCounts): string[] {
  const name = 'apiserver_request_total';
  const lines = heading(name, 'counter', 'Requests answered, by what they asked for and code.');
  for (const [key, count] of [...counts.total].sort()) {
    const values = key.split('|');
    const labels = labelNames.map((label, i) => `${label}="${escaped(values[i] ?? '')}"`);
    lines.push(`${name}{${labels.join(',')}} ${count}`);
  }
  return lines;
}

function inFlightLines(counts: RequestCounts): string[] {
  const lines: string[] = [];
  const pairs = [
    ['apiserver_current_inflight_requests', 'Requests at work, streams aside.', counts.inFlight],
    ['apiserver_current_inqueue_requests', 'Requests waiting for their turn.', counts.waiting],
  ] as const;
  for (const [name, help, { readOnly, mutating }] of pairs) {
    lines.push(...heading(name, 'gauge', help));
    lines.push(`${name}{request_kind="readOnly"} ${readOnly}`);
    lines.push(`${name}{request_kind="mutating"} ${mutating}`);
  }
  return lines;
}

function familyLines({ name, type, help, labels, samples }: MetricFamily): string[] {
  return [
    ...heading(name, type, help),
    ...samples.map(([values, value]) => {
      const pairs = labels.map((label, i) => `${label}="${escaped(values[i] ?? '')}"`);
      return `${name}{${pairs.join(',')}} ${value}`;
    }),
  ];
}

/** GET /metrics in Prometheus' text format, with kube-apiserver's names. */
export function answerMetrics(
  counts: RequestCounts,
  families: readonly MetricFamily[] = [],
): HttpResponse {
  const rejected = 'apiserver_rejected_requests_total';
  const longRunning = 'apiserver_longrunning_requests';
  const lines = [
    ...requestLines(counts),
    ...inFlightLines(counts),
    ...heading(rejected, 'counter', 'Requests turned away by the limits.'),
    `${rejected} ${counts.rejected}`,
    ...heading(longRunning, 'gauge', 'Streams under way.'),
    `${longRunning} ${counts.longRunning}`,
    ...families.flatMap(familyLines),
  ];
  const body = Buffer.from(`${lines.join('\n')}\n`);
  return { status: 200, headers: { 'content-type': CONTENT_TYPE }, body };
}
