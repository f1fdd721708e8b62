/** `--eviction-hard`: what has to stay available: "memory.available<100Mi,nodefs.available<10%". */
import { parseQuantity, QuantityError, wholeValue } from '../../api/quantity.ts';

export type PressedResource = 'memory' | 'ephemeral-storage';

export interface Threshold {
  readonly resource: PressedResource;
  /** Bytes, or a share of the capacity. */
  readonly least: { readonly bytes: number } | { readonly share: number };
}

/** Wrong text; the message says what is wrong with it. */
export class ThresholdError extends Error {
  override readonly name = 'ThresholdError';
}

const resources: Readonly<Record<string, PressedResource>> = {
  'memory.available': 'memory',
  'nodefs.available': 'ephemeral-storage',
};

/** "memory.available" */
export const signalOf = (resource: PressedResource): string =>
  Object.keys(resources).find((signal) => resources[signal] === resource)!;

/** The kubelet's, of the signals that are simulated. */
export const defaultThresholds: readonly Threshold[] = [
  { resource: 'memory', least: { bytes: 100 * 1024 * 1024 } },
  { resource: 'ephemeral-storage', least: { share: 0.1 } },
];

export function parseThresholds(text: string): Threshold[] {
  const seen = new Set<string>();
  return text
    .split(',')
    .filter((each) => each.trim() !== '')
    .map((each) => {
      const [signal = '', value, ...more] = each.trim().split('<');
      if (value === undefined || more.length > 0)
        throw new ThresholdError(
          `invalid eviction threshold syntax ${each.trim()}, expected <signal><operator><value>`,
        );
      const resource = resources[signal];
      if (resource === undefined)
        throw new ThresholdError(
          `${signal} is not simulated; ${Object.keys(resources).join(' and ')} are`,
        );
      if (seen.has(signal))
        throw new ThresholdError(`found duplicate eviction threshold for signal ${signal}`);
      seen.add(signal);
      return { resource, least: leastOf(signal, value) };
    });
}

function leastOf(signal: string, value: string): Threshold['least'] {
  const [, percent] = /^(\d{1,3}(?:\.\d+)?)%$/.exec(value) ?? [];
  if (percent !== undefined && Number(percent) <= 100) return { share: Number(percent) / 100 };
  try {
    if (parseQuantity(value).nano >= 0n) return { bytes: wholeValue(value) };
  } catch (error) {
    if (!(error instanceof QuantityError)) throw error;
  }
  throw new ThresholdError(
    `eviction threshold ${signal} must be a positive amount or a percentage`,
  );
}

export function thresholdBytes({ least }: Threshold, capacity: number): number {
  return 'bytes' in least ? least.bytes : Math.floor(capacity * least.share);
}
