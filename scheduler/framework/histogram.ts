/** "1 Too many pods, 2 Insufficient cpu": each reason with its count, sorted as text. */
export function histogram(counts: ReadonlyMap<string, number>): string {
  return Array.from(counts, ([reason, count]) => `${count} ${reason}`)
    .sort()
    .join(', ');
}
