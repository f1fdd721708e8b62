/** What ImagePolicyWebhook is told by --admission-control-config-file. */
import type { ImagePolicy } from '../admission/image-policy.ts';
import { ConfigurationError, type Fields } from './config-document.ts';

interface Range {
  readonly unitMs: number;
  readonly defaultMs: number;
  readonly maxMs: number;
  /** The bounds, as Go prints them. */
  readonly bounds: string;
}

const ttl: Omit<Range, 'defaultMs'> = {
  unitMs: 1000,
  maxMs: 1_800_000,
  bounds: '1s and 30m0s',
};
const ranges = {
  allowTTL: { ...ttl, defaultMs: 300_000 },
  denyTTL: { ...ttl, defaultMs: 30_000 },
  retryBackoff: { unitMs: 1, defaultMs: 500, maxMs: 300_000, bounds: '1ns and 5m0s' },
} as const;

/** 0 and nothing mean the default, -1 none at all. */
function durationMs(fields: Fields, name: keyof typeof ranges): number {
  const { unitMs, defaultMs, maxMs, bounds }: Range = ranges[name];
  const value = fields[name] ?? 0;
  if (value === 0) return defaultMs;
  if (value === -1) return 0;
  const ms = typeof value === 'number' ? value * unitMs : NaN;
  if (ms > 0 && ms <= maxMs) return ms;
  const shown = JSON.stringify(value);
  throw new ConfigurationError(
    `imagePolicy.${name}: valid value is between ${bounds}, got ${shown}`,
  );
}

/** All but whom to ask, which the kubeconfig says. Kubernetes reads no kind here. */
export function imagePolicyOf(
  document: unknown,
): Omit<ImagePolicy, 'target'> & { readonly kubeConfigFile: string } {
  const fields = ((document as Fields | null | undefined)?.['imagePolicy'] ?? {}) as Fields;
  const { kubeConfigFile, defaultAllow } = fields;
  const retryMs = durationMs(fields, 'retryBackoff');
  const allowTtlMs = durationMs(fields, 'allowTTL');
  const denyTtlMs = durationMs(fields, 'denyTTL');
  if (typeof kubeConfigFile !== 'string' || kubeConfigFile === '')
    throw new ConfigurationError('imagePolicy.kubeConfigFile: Required value');
  return {
    kubeConfigFile,
    allowTtlMs,
    denyTtlMs,
    firstRetryMs: retryMs,
    defaultAllow: defaultAllow === true,
  };
}
