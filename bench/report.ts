import { summarize } from './statistics.ts';

/** One line of the report: the same work measured on us and, where installed, on the peer. */
export interface Row {
  readonly work: string;
  /** "per s" rates are better high, times better low. */
  readonly unit: 'per s' | 'µs' | 'ms' | 's' | 'MiB';
  /** One figure per run. */
  readonly ours: readonly number[];
  /** Runs paired with ours (same minute, same machine). Absent: the peer is not installed. */
  readonly peer?: readonly number[];
  readonly peerName?: string;
  /** What the design asks for, as text. */
  readonly goal?: string;
}

/** A line whose figures are sentences: what a tool says of us and of the peer. */
export interface VerdictRow {
  readonly work: string;
  readonly ours: string;
  readonly peer?: string;
  readonly peerName?: string;
  readonly goal?: string;
}

/** A Markdown table; ratios say how many times better than the peer we are. */
export function report(rows: readonly (Row | VerdictRow)[]): string {
  const lines = [
    '| work | ours, median (min–max) | peer, median (min–max) | times better | goal |',
    '|---|---|---|---|---|',
  ];
  for (const row of rows) {
    if (!('unit' in row)) {
      const said = row.peer === undefined ? 'not installed' : `${row.peer} (${row.peerName})`;
      lines.push(`| ${row.work} | ${row.ours} | ${said} |  | ${row.goal ?? ''} |`);
      continue;
    }
    const peer =
      row.peer === undefined ? 'not installed' : `${shown(row.peer, row.unit)} (${row.peerName})`;
    lines.push(
      `| ${row.work} | ${shown(row.ours, row.unit)} | ${peer} | ${ratio(row)} | ${row.goal ?? ''} |`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function shown(samples: readonly number[], unit: string): string {
  const { median, min, max } = summarize(samples);
  const digits = median >= 100 ? 0 : median >= 10 ? 1 : 2;
  return `${median.toFixed(digits)} ${unit} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
}

function ratio(row: Row): string {
  if (row.peer === undefined) return '';
  const [ours, peer] = [summarize(row.ours).median, summarize(row.peer).median];
  return `${(row.unit === 'per s' ? ours / peer : peer / ours).toFixed(2)}×`;
}
