import type { Effects } from '../../platform/effects.ts';
import type { OutgoingHttp } from '../../platform/net/outgoing-http.ts';
import type { AuditFlags } from './audit-flags.ts';
import { FlagError, type FlagFiles } from './flag-files.ts';
import { kubeconfigFile } from './kubeconfig-file.ts';
import { AuditWebhook } from '../pipeline/audit/audit-webhook.ts';
import { post } from '../webhook/review-client.ts';

/** kube-apiserver's, for one attempt. */
const TIMEOUT_MS = 30_000;

export interface AuditEffects extends Effects {
  readonly http: OutgoingHttp;
}

/** What --audit-webhook-config-file names; undefined without it. */
export async function auditWebhook(
  flags: AuditFlags,
  files: FlagFiles,
  effects: AuditEffects,
): Promise<AuditWebhook | undefined> {
  const { auditWebhookConfigFile: path } = flags;
  const { auditWebhookTruncateMaxBatchSize: batchBytes } = flags;
  const { auditWebhookTruncateMaxEventSize: eventBytes } = flags;
  if (path === undefined) return undefined;
  if (batchBytes < eventBytes)
    throw new FlagError(
      `invalid audit truncate webhook max batch size ${batchBytes}, must be greater than ` +
        `max event size (${eventBytes})`,
    );
  const target = await kubeconfigFile('audit-webhook-config-file', path, files);
  const { http, clock } = effects;
  return new AuditWebhook({
    ...effects,
    send: (list) => post({ http, clock, target, timeoutMs: TIMEOUT_MS }, list),
    mode: flags.auditWebhookMode,
    initialBackoffMs: flags.auditWebhookInitialBackoff,
    batch: {
      bufferSize: flags.auditWebhookBatchBufferSize,
      maxSize: flags.auditWebhookBatchMaxSize,
      maxWaitMs: flags.auditWebhookBatchMaxWait,
      throttle: flags.auditWebhookBatchThrottleEnable
        ? { qps: flags.auditWebhookBatchThrottleQps, burst: flags.auditWebhookBatchThrottleBurst }
        : undefined,
    },
    truncate: flags.auditWebhookTruncateEnabled
      ? { maxBatchBytes: batchBytes, maxEventBytes: eventBytes }
      : undefined,
  });
}
