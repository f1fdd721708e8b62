/** Numbers of /metrics about requests. Kept by filters, printed by discovery/metrics. */
export class RequestCounts {
  /** By `verb|group|version|resource|subresource|code`. */
  readonly total = new Map<string, number>();
  readonly inFlight = { readOnly: 0, mutating: 0 };
  readonly waiting = { readOnly: 0, mutating: 0 };
  rejected = 0;
  longRunning = 0;

  count(key: string): void {
    this.total.set(key, (this.total.get(key) ?? 0) + 1);
  }
}
