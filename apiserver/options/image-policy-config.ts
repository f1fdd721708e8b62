/** What ImagePolicyWebhook is told by --admission-control-config-file. */
import { parseYaml } from '../../api/yaml.ts';
import type { ImagePolicy } from '../admission/image-policy.ts';
import { goDurationText } from '../../platform/go-duration.ts';
import { ConfigurationError, type Fields, type Shape, shapedLoosely } from './config-document.ts';

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
  retryBackoff: { unitMs: 1, defaultMs: 500, maxMs: 300_000, bounds: '1ns and 5m0s' },
  allowTTL: { ...ttl, defaultMs: 300_000 },
  denyTTL: { ...ttl, defaultMs: 30_000 },
} as const;

const SHAPE: Shape = {
  imagePolicy: {
    kubeConfigFile: 'string',
    defaultAllow: 'boolean',
    allowTTL: 'integer',
    denyTTL: 'integer',
    retryBackoff: 'integer',
  },
};

/** 0 and nothing mean the default, -1 none at all. */
function durationMs(value: number, { unitMs, defaultMs, maxMs, bounds }: Range): number {
  if (value === 0) return defaultMs;
  if (value === -1) return 0;
  const ms = value * unitMs;
  if (ms > 0 && ms <= maxMs) return ms;
  throw new ConfigurationError(`valid value is between ${bounds}, got ${goDurationText(ms)}`);
}

/** All but whom to ask, which the kubeconfig says. Kubernetes reads no kind here. */
export function imagePolicyOf(
  text: string,
): Omit<ImagePolicy, 'target'> & { readonly kubeConfigFile: string } {
  const { value } = shapedLoosely((parseYaml(text) ?? {}) as Fields, SHAPE);
  const { imagePolicy: fields = {} } = value as {
    readonly imagePolicy?: Partial<Record<keyof typeof ranges, number>> & {
      readonly kubeConfigFile?: string;
      readonly defaultAllow?: boolean;
    };
  };
  const firstRetryMs = durationMs(fields.retryBackoff ?? 0, ranges.retryBackoff);
  const allowTtlMs = durationMs(fields.allowTTL ?? 0, ranges.allowTTL);
  const denyTtlMs = durationMs(fields.denyTTL ?? 0, ranges.denyTTL);
  const { kubeConfigFile = '', defaultAllow = false } = fields;
  if (kubeConfigFile === '')
    throw new ConfigurationError(
      'invalid configuration: no configuration has been provided, ' +
        'try setting KUBERNETES_MASTER environment variable',
    );
  return { kubeConfigFile, allowTtlMs, denyTtlMs, firstRetryMs, defaultAllow };
}
