/** Seconds in buckets, cheap enough for every fsync. Bounds are etcd's: 1 ms doubling to 8 s. */
export const bounds: readonly number[] = Array.from({ length: 14 }, (_, i) => 0.001 * 2 ** i);

export class Histogram {
  /** Observations at or below each bound and above the one before; the last: above all. */
  readonly buckets: number[] = [...bounds.map(() => 0), 0];
  sum = 0;
  count = 0;

  observe(seconds: number): void {
    let i = 0;
    while (i < bounds.length && seconds > bounds[i]!) i++;
    this.buckets[i]!++;
    this.sum += seconds;
    this.count++;
  }
}
