/** Prometheus' text format, read back: what is served under which labels. */
export interface Scrape {
  /** Label names by metric, "le" left out; of series that exist. */
  readonly labels: ReadonlyMap<string, ReadonlySet<string>>;
  /** The declared type by family. */
  readonly types: ReadonlyMap<string, string>;
  /** Values of one label of a metric. */
  values(metric: string, label: string): ReadonlySet<string>;
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const PAIR = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

export function readScrape(text: string): Scrape {
  const labels = new Map<string, Set<string>>();
  const values = new Map<string, Set<string>>();
  const types = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, declared, type] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
    if (declared !== undefined) types.set(declared, type!);
    if (line === '' || line.startsWith('#')) continue;
    const [, name, pairs = ''] = LINE.exec(line) ?? [];
    if (name === undefined) throw new Error(`not Prometheus' format: ${line}`);
    const known = labels.get(name) ?? new Set();
    labels.set(name, known);
    for (const [, label, value] of pairs.matchAll(PAIR)) {
      known.add(label!);
      const key = `${name}/${label}`;
      values.set(key, (values.get(key) ?? new Set()).add(value!));
    }
  }
  return {
    labels,
    types,
    values: (metric, label) => values.get(`${metric}/${label}`) ?? new Set(),
  };
}
