/** Numbers of /metrics about priority levels, by `level|schema` and `level|schema|reason`. */
export class FlowCounts {
  readonly dispatchedTotal = new Map<string, number>();
  readonly rejectedTotal = new Map<string, number>();

  dispatched(row: string): void {
    this.dispatchedTotal.set(row, (this.dispatchedTotal.get(row) ?? 0) + 1);
  }

  rejected(row: string, reason: string): void {
    const key = `${row}|${reason}`;
    this.rejectedTotal.set(key, (this.rejectedTotal.get(key) ?? 0) + 1);
  }
}
