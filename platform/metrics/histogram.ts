/** Observations in buckets, cheap enough for every request. */
export class Histogram {
  /** Ascending. */
  readonly bounds: readonly number[];
  /** Observations at or below each bound and above the one before; the last: above all. */
  readonly buckets: Float64Array;
  sum = 0;
  count = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.buckets = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const { bounds } = this;
    let i = 0;
    while (i < bounds.length && value > bounds[i]!) i++;
    this.buckets[i]!++;
    this.sum += value;
    this.count++;
  }
}

/** As Prometheus' clients make them: `count` bounds, each `factor` times the one before. */
export const exponential = (first: number, factor: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, i) => first * factor ** i);
