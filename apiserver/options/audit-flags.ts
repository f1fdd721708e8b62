/** Flags of `wherry apiserver` about its audit log: kube-apiserver's names and defaults. */
import { type Command, Option } from 'commander';
import { boolean, count, durationFlag, positive, positiveNumber } from './flag-values.ts';
import { type AuditMode, auditModes } from '../pipeline/audit/backend.ts';

export interface AuditFlags {
  readonly auditPolicyFile?: string;
  readonly auditLogPath?: string;
  readonly auditLogMaxage: number;
  readonly auditLogMaxbackup: number;
  readonly auditLogMaxsize: number;
  readonly auditLogMode: AuditMode;
  readonly auditWebhookConfigFile?: string;
  readonly auditWebhookMode: AuditMode;
  /** Milliseconds. */
  readonly auditWebhookInitialBackoff: number;
  readonly auditWebhookBatchBufferSize: number;
  readonly auditWebhookBatchMaxSize: number;
  /** Milliseconds. */
  readonly auditWebhookBatchMaxWait: number;
  readonly auditWebhookBatchThrottleEnable: boolean;
  readonly auditWebhookBatchThrottleQps: number;
  readonly auditWebhookBatchThrottleBurst: number;
  readonly auditWebhookTruncateEnabled: boolean;
  /** Bytes. */
  readonly auditWebhookTruncateMaxBatchSize: number;
  readonly auditWebhookTruncateMaxEventSize: number;
}

export function addAuditFlags(command: Command): Command {
  const hook = '--audit-webhook';
  return command
    .option('--audit-policy-file <file>', 'how much of which requests is logged')
    .option('--audit-log-path <file>', 'where to; "-" is standard output')
    .option('--audit-log-maxage <days>', 'how long a full log is kept; 0: for ever', count, 0)
    .option('--audit-log-maxbackup <number>', 'how many full logs are kept; 0: all', count, 0)
    .option('--audit-log-maxsize <mebibytes>', 'when a log is full; 0: never', count, 0)
    .addOption(
      // kube-apiserver's is blocking: there, a disk that hangs holds up the API.
      new Option('--audit-log-mode <mode>', 'whether requests wait until their events are written')
        .choices(auditModes)
        .default('batch'),
    )
    .option(`${hook}-config-file <file>`, 'kubeconfig of a webhook that events are sent to')
    .addOption(
      new Option(`${hook}-mode <mode>`, 'whether requests wait until their events are sent')
        .choices(auditModes)
        .default('batch'),
    )
    .addOption(durationFlag(`${hook}-initial-backoff <duration>`, 'before the first retry', '10s'))
    .option(`${hook}-batch-buffer-size <number>`, 'events that may wait', positive, 10_000)
    .option(`${hook}-batch-max-size <number>`, 'events of a batch', positive, 400)
    .addOption(
      durationFlag(`${hook}-batch-max-wait <duration>`, 'how long a batch is filled', '30s'),
    )
    .option(
      `${hook}-batch-throttle-enable [bool]`,
      'batches are sent no faster than the next two flags say',
      boolean,
      true,
    )
    .option(`${hook}-batch-throttle-qps <number>`, 'batches a second', positiveNumber, 10)
    .option(`${hook}-batch-throttle-burst <number>`, 'batches at once', positive, 15)
    .option(`${hook}-truncate-enabled [bool]`, 'large events lose their objects', boolean, false)
    .option(
      `${hook}-truncate-max-batch-size <bytes>`,
      'largest batch that is sent, with truncation',
      positive,
      10_485_760,
    )
    .option(
      `${hook}-truncate-max-event-size <bytes>`,
      'largest event that is sent whole, with truncation',
      positive,
      102_400,
    );
}
