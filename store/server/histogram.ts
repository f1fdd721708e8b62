/** Seconds in buckets, cheap enough for every fsync. */
export class Histogram {
  /** Ascending. */
  readonly bounds: readonly number[];
  /** Observations at or below each bound and above the one before; the last: above all. */
  readonly buckets: number[];
  sum = 0;
  count = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.buckets = [...bounds.map(() => 0), 0];
  }

  observe(seconds: number): void {
    let i = 0;
    while (i < this.bounds.length && seconds > this.bounds[i]!) i++;
    this.buckets[i]!++;
    this.sum += seconds;
    this.count++;
  }
}

/** As Prometheus' clients make them: `count` bounds, each twice the one before. */
export const doubling = (first: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, i) => first * 2 ** i);
