import type { Status } from './status.ts';

/** "1 Too many pods, 2 Insufficient cpu": each reason with its count, sorted as text. */
export function histogram(counts: ReadonlyMap<string, number>): string {
  return Array.from(counts, ([reason, count]) => `${count} ${reason}`)
    .sort()
    .join(', ');
}

/** What `kubectl describe pod` and autoscalers read. */
export const noneAvailable = (nodes: number, reasons: string): string =>
  `0/${nodes} nodes are available:${reasons === '' ? '' : ` ${reasons}.`}`;

/** One node was chosen, and then said no. */
export const refusedAtLast = ({ reasons }: Status): string =>
  noneAvailable(1, histogram(new Map(reasons.map((reason) => [reason, 1]))));
