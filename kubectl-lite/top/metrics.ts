/** What `top node` and `top pod` share: metrics.k8s.io, its amounts, sorting and tables. */
import { parseQuantity } from '../../api/quantity.ts';
import { isStatus } from '../../api/status.ts';
import { TableWriter } from '../printers/table.ts';
import { boolean, text } from '../flags/flag.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';

export interface Usage {
  readonly cpu?: string;
  readonly memory?: string;
}

export interface Amounts {
  /** In thousandths of a core. */
  readonly cpuMilli: number;
  readonly memoryBytes: number;
}

export const topFlags = {
  'no-headers': boolean('Print no headers'),
  selector: text('Label query', { shorthand: 'l' }),
  'sort-by': text('"cpu" or "memory"'),
  'use-protocol-buffers': boolean('Accepted for compatibility', { on: true }),
} as const;

const NANO = 1_000_000_000n;

export function amountsOf({ cpu = '0', memory = '0' }: Usage): Amounts {
  const ceiling = (nano: bigint, unit: bigint): number => Number((nano + unit - 1n) / unit);
  return {
    cpuMilli: ceiling(BigInt(parseQuantity(cpu).nano), NANO / 1000n),
    memoryBytes: ceiling(BigInt(parseQuantity(memory).nano), NANO),
  };
}

export const sum = (all: readonly Amounts[]): Amounts => ({
  cpuMilli: all.reduce((total, { cpuMilli }) => total + cpuMilli, 0),
  memoryBytes: all.reduce((total, { memoryBytes }) => total + memoryBytes, 0),
});

export const cpuText = ({ cpuMilli }: Amounts): string => `${cpuMilli}m`;
export const memoryText = ({ memoryBytes }: Amounts): string =>
  `${Math.trunc(memoryBytes / (1024 * 1024))}Mi`;

export const percent = (part: number, whole: number): string =>
  whole === 0 ? '<unknown>' : `${Math.trunc((part / whole) * 100)}%`;

/** Largest first; without a key by name. */
export function sortedBy<T extends { readonly name: string; readonly amounts: Amounts }>(
  rows: readonly T[],
  key: string,
): readonly T[] {
  const size = ({ amounts }: T): number =>
    key === 'cpu' ? amounts.cpuMilli : key === 'memory' ? amounts.memoryBytes : 0;
  return [...rows].sort((a, b) => size(b) - size(a) || (a.name < b.name ? -1 : 1));
}

export async function readMetrics<T>(
  session: Session,
  path: string,
  query: { readonly labelSelector: string; readonly fieldSelector?: string },
): Promise<readonly T[]> {
  const { all } = await session.resources();
  if (!all.some(({ group }) => group === 'metrics.k8s.io')) {
    throw new UsageError('Metrics API not available');
  }
  try {
    const found = (await session.api.send({
      method: 'GET',
      path: `/apis/metrics.k8s.io/v1beta1/${path}`,
      query,
    })) as { items?: readonly T[] | null; kind?: string } & T;
    return found.items === undefined && found.kind?.endsWith('List') !== true
      ? [found]
      : (found.items ?? []);
  } catch (error) {
    if (!isStatus(error, 'ServiceUnavailable')) throw error;
    throw new UsageError('Metrics API not available');
  }
}

export function printRows(
  session: Session,
  rows: readonly (readonly string[])[],
  header: readonly string[] | undefined,
): void {
  const lines = header === undefined ? rows : [header, ...rows];
  for (const line of new TableWriter().lines(lines)) session.print(line);
}

/** Before anything is asked for. */
export function checkSortKey(key: string): void {
  if (['', 'cpu', 'memory'].includes(key)) return;
  throw new UsageError('--sort-by accepts only cpu or memory');
}
