/**
 * Numbers about a process, for /metrics. One registry per process or embedded cluster, shared by
 * its parts: a family that two parts ask for by the same name is one family, as where one process
 * runs several of Kubernetes' components.
 *
 * The hot path increments fields: look series up once (`family.with(…)`) and keep them.
 */
import { assert } from '../assert.ts';
import { Histogram } from './histogram.ts';

export type MetricType = 'counter' | 'gauge' | 'histogram';

/** One series of a counter or a gauge. */
export class Sample {
  value = 0;

  add(amount = 1): void {
    this.value += amount;
  }
}

/** All series of one name: one per combination of label values. */
class Family<S> {
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
  readonly labels: readonly string[];
  readonly #make: () => S;
  readonly #series = new Map<string, { readonly values: readonly string[]; readonly series: S }>();

  constructor(about: Pick<Family<S>, 'name' | 'help' | 'type' | 'labels'>, make: () => S) {
    this.name = about.name;
    this.help = about.help;
    this.type = about.type;
    this.labels = about.labels;
    this.#make = make;
  }

  /** The series of these label values, in the order of the labels; made if it is new. */
  with(...values: readonly string[]): S {
    const key = values.length === 1 ? values[0]! : values.join('\u0000');
    let entry = this.#series.get(key);
    if (entry === undefined) {
      assert(values.length === this.labels.length, `${this.name} has other labels`);
      entry = { values, series: this.#make() };
      this.#series.set(key, entry);
    }
    return entry.series;
  }

  /** Forgets all series: of what is looked up anew at each scrape. */
  clear(): void {
    this.#series.clear();
  }

  entries(): Iterable<{ readonly values: readonly string[]; readonly series: S }> {
    return this.#series.values();
  }
}

export type Counter = Family<Sample>;
export type Gauge = Family<Sample>;
export type HistogramFamily = Family<Histogram>;
type AnyFamily = Family<Sample> | Family<Histogram>;

export class Metrics {
  readonly #families = new Map<string, AnyFamily>();
  readonly #collectors = new Set<() => void>();

  counter(name: string, help: string, labels: readonly string[] = []): Counter {
    return this.#family({ name, help, type: 'counter', labels }, () => new Sample());
  }

  gauge(name: string, help: string, labels: readonly string[] = []): Gauge {
    return this.#family({ name, help, type: 'gauge', labels }, () => new Sample());
  }

  /** `labels.bounds`: upper bounds of the buckets, ascending. */
  histogram(
    name: string,
    help: string,
    shape: { readonly bounds: readonly number[]; readonly labels?: readonly string[] },
  ): HistogramFamily {
    const { bounds, labels = [] } = shape;
    return this.#family({ name, help, type: 'histogram', labels }, () => new Histogram(bounds));
  }

  /** Called before each scrape, to set what is only looked up then. Yields how to end that. */
  collect(update: () => void): () => void {
    this.#collectors.add(update);
    return () => void this.#collectors.delete(update);
  }

  /** Everything as it is now, by name. */
  families(): readonly AnyFamily[] {
    for (const update of this.#collectors) update();
    return [...this.#families.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  #family<S extends Sample | Histogram>(
    about: Pick<Family<S>, 'name' | 'help' | 'type' | 'labels'>,
    make: () => S,
  ): Family<S> {
    const known = this.#families.get(about.name) as Family<S> | undefined;
    if (known !== undefined) {
      const same = known.type === about.type && known.labels.join() === about.labels.join();
      assert(same, `two metrics are called ${about.name}`);
      return known;
    }
    const family = new Family(about, make);
    this.#families.set(about.name, family as unknown as AnyFamily);
    return family;
  }
}
